"""What a store keeps, and what every store can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from connectory.secret import Secret

if TYPE_CHECKING:
    from connectory.dialects.kept import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A connection as it is to be kept.

    `document` is in our own words and holds what JSON can hold; what it holds of secrets stands in `secrets` by its
    place, as text or as sealed: a sealed one stays in the store as it is.
    """

    space: str = "default"
    id: str
    document: Mapping[str, Any]
    secrets: Mapping[Place, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Draft):
    """A connection as it is kept.

    `revision` is 1 for the first of its id, and one more for every change, its removal included: what was made from an
    old revision never meets a new connection. Times are seconds since 1970. `notes` are sentences that a save has for
    people. A secret that cannot be opened is sealed here too.
    """

    revision: int
    created_at: float
    updated_at: float
    updated_by: str
    notes: tuple[str, ...] = field(default=(), compare=False)


class ChangeKind(StrEnum):
    """What was done to a connection."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a connection's history: the revision that came of it, when (seconds since 1970), and by whom.

    `changed` are the dotted paths in the document, secrets included, that a change of kind `changed` touched.
    """

    revision: int
    at: float
    by: str
    kind: ChangeKind
    changed: tuple[str, ...] = ()


LARGEST_PAGE = 1_000
"""Records of a page, however many are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which connections to list: those of a space that have `text` in them and all of these labels.

    `text` is looked for in id, name, description, provider, url, model and labels, in upper or lower case; the first
    1,000 characters count. `after` is the `next` of the page before.
    """

    space: str = "default"
    text: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    after: str | None = None
    size: int = 100

    @property
    def page_size(self) -> int:
        return min(max(self.size, 1), LARGEST_PAGE)


@dataclass(frozen=True, slots=True)
class Page:
    """Some connections, by id, and what to ask for the rest with: None if there is none."""

    records: tuple[Record, ...]
    next: str | None = None


class Store(Protocol):
    """Keeps connections, by id in a space. It may be called from many threads.

    Every method raises StoreUnavailable where the store, or a master key that it takes, cannot be used.
    """

    @property
    def place(self) -> str:
        """The store in messages: `store /path/connectory.db`. It never holds a password."""
        ...

    def get(self, id: str, *, space: str = "default") -> Record | None:
        """The connection `id`; None if there is none."""
        ...

    def page(self, query: Query) -> Page:
        """The connections that are asked for, in the order of their ids as bytes."""
        ...

    def ids(self, *, space: str = "default") -> list[str]:
        """Every id of a space, in order."""
        ...

    def save(self, draft: Draft, *, expected: int | None, by: str) -> Record:
        """Keeps a new connection (`expected` is None), or the next revision of one that is at revision `expected`.

        A save that changes nothing keeps the revision. Raises ConnectionExists, ConnectionNotFound, StaleRevision,
        ReadOnly, and StoreRefused for what is larger than a limit.
        """
        ...

    def remove(self, id: str, *, space: str = "default", expected: int | None = None, by: str) -> None:
        """Removes a connection, whatever its revision if `expected` is None. Its history stays.

        Raises ConnectionNotFound, StaleRevision, ReadOnly.
        """
        ...

    def history(self, id: str, *, space: str = "default") -> list[Change]:
        """What was done to a connection, oldest first; it may be removed by now."""
        ...

    def spaces(self) -> list[str]:
        """Spaces that have connections in them, in order."""
        ...

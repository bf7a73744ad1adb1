"""The text of a connection that is searched, the same in every store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.stores.protocol import Draft, Query

_PARTS = ("name", "description", "provider", "url", "model")
_LONGEST = 1_000


def searched(draft: Draft) -> str:
    """Everything of a connection that a search looks at, on lines of its own."""
    document = draft.document
    parts = [draft.id, *(str(document.get(part) or "") for part in _PARTS)]
    for name, value in labels_of(document).items():
        parts += [name, value]
    return folded("\n".join(parts))


def labels_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a document, as text that every database can hold."""
    labels = document.get("labels")
    given = labels.items() if isinstance(labels, Mapping) else ()
    return {storable(str(name)): storable(str(value)) for name, value in given}


def wanted(query: Query) -> str:
    """What to look for in `searched`."""
    return folded(query.text[:_LONGEST])


def matches(draft: Draft, query: Query) -> bool:
    """Whether a connection is one that a query asks for, its space and page aside."""
    labels = labels_of(draft.document)
    asked = ((storable(name), storable(value)) for name, value in query.labels.items())
    return wanted(query) in searched(draft) and all(labels.get(name) == value for name, value in asked)


def folded(text: str) -> str:
    """Text as it is compared: without upper and lower case."""
    return storable(text).casefold()


def storable(text: str) -> str:
    """Text that every database can hold: PostgreSQL takes no NUL, and nothing takes half of a character."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")

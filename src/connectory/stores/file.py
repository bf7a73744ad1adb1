"""The connections of a configuration file as a store that is only read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

from connectory.dialects.configuration import Configuration
from connectory.errors import DocumentError, ReadOnly
from connectory.stores.connections import draft_of
from connectory.stores.memory import page_of
from connectory.stores.protocol import Change, Draft, Page, Query, Record


class FileStore:
    """Every space sees the connections that stand in the file in our own words. See Store.

    They are at revision 1, from when the file was last changed. `get` raises DocumentError for a wrong document, which
    `page` leaves out and `ids` names.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    @property
    def place(self) -> str:
        return f"file {self._configuration.path}"

    def get(self, id: str, *, space: str = "default") -> Record | None:
        if id not in self._configuration.ours:
            return None
        draft, at = draft_of(self._configuration.connection(id, space=space)), self._changed_at()
        return Record(
            space=space,
            id=id,
            document=draft.document,
            secrets=draft.secrets,
            revision=1,
            created_at=at,
            updated_at=at,
            updated_by="",
        )

    def page(self, query: Query) -> Page:
        return page_of(self._readable(query.space), query)

    def ids(self, *, space: str = "default") -> list[str]:
        return sorted(self._configuration.ours)

    def save(self, draft: Draft, *, expected: int | None, by: str) -> NoReturn:
        """Raises ReadOnly."""
        raise ReadOnly(draft.id, place=self.place)

    def remove(self, id: str, *, space: str = "default", expected: int | None = None, by: str) -> NoReturn:
        """Raises ReadOnly."""
        raise ReadOnly(id, place=self.place)

    def history(self, id: str, *, space: str = "default") -> list[Change]:
        """Nobody writes down what people do to a file."""
        return []

    def spaces(self) -> list[str]:
        return ["default"] if self._configuration.ours else []

    def _readable(self, space: str) -> Iterator[Record]:
        for id in self._configuration.ours:
            with suppress(DocumentError):
                record = self.get(id, space=space)
                if record is not None:
                    yield record

    def _changed_at(self) -> float:
        """Seconds since 1970; 0 for a file that is gone."""
        with suppress(OSError):
            return os.stat(self._configuration.path).st_mtime
        return 0.0

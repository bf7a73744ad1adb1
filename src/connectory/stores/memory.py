"""A store in memory: it is gone with the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from connectory.stores.limits import Limits
from connectory.stores.protocol import Change, Draft, Page, Query, Record
from connectory.stores.revisions import Attempt, record_of, removing, saving
from connectory.stores.searching import matches


class MemoryStore:
    """Keeps connections, and does not seal their secrets. `clock` gives seconds since 1970. See Store."""

    place = "memory"

    def __init__(self, *, limits: Limits | None = None, clock: Callable[[], float] = time.time) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._records: dict[tuple[str, str], Record] = {}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        self._lock = threading.RLock()

    def get(self, id: str, *, space: str = "default") -> Record | None:
        return self._records.get((space, id))

    def page(self, query: Query) -> Page:
        with self._lock:
            return page_of((record for record in self._records.values() if record.space == query.space), query)

    def ids(self, *, space: str = "default") -> list[str]:
        with self._lock:
            return sorted(id for of, id in self._records if of == space)

    def save(self, draft: Draft, *, expected: int | None, by: str) -> Record:
        draft = self._limits.admitted(draft)
        with self._lock:
            before = self.get(draft.id, space=draft.space)
            change = saving(draft, before, self._attempt(draft.id, draft.space, expected=expected, by=by))
            if before and change.revision == before.revision:
                return before
            self._changes.setdefault((draft.space, draft.id), []).append(change)
            return self._keep(record_of(draft, before, change, notes=() if before else self._notes(draft.space)))

    def remove(self, id: str, *, space: str = "default", expected: int | None = None, by: str) -> None:
        with self._lock:
            attempt = self._attempt(id, space, expected=expected, by=by)
            change = removing(id, self.get(id, space=space), attempt)
            self._changes[space, id].append(change)
            del self._records[space, id]

    def history(self, id: str, *, space: str = "default") -> list[Change]:
        return list(self._changes.get((space, id), ()))

    def spaces(self) -> list[str]:
        with self._lock:
            return sorted({space for space, _ in self._records})

    def _attempt(self, id: str, space: str, *, expected: int | None, by: str) -> Attempt:
        return Attempt(
            expected=expected,
            by=by,
            at=self._clock(),
            place=self.place,
            history=lambda: self.history(id, space=space),
        )

    def _keep(self, record: Record) -> Record:
        self._records[record.space, record.id] = record
        return record

    def _notes(self, space: str) -> tuple[str, ...]:
        """What to say once one more is in a space."""
        return self._limits.notes(space, len(self.ids(space=space)) + 1)


def page_of(records: Iterable[Record], query: Query) -> Page:
    """The page of these records that a query asks for."""
    found = sorted((record for record in records if matches(record, query)), key=lambda record: record.id)
    left = [record for record in found if query.after is None or record.id > query.after]
    page = tuple(left[: query.page_size])
    return Page(page, page[-1].id if len(left) > len(page) else None)

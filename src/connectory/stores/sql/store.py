"""The store in a database."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from connectory.errors import ConnectionExists
from connectory.stores.limits import Limits
from connectory.stores.protocol import Change, Draft, Page, Query, Record
from connectory.stores.revisions import Attempt, record_of, removing, saving
from connectory.stores.sealing import Sealer
from connectory.stores.searching import storable
from connectory.stores.sql import reading, writing
from connectory.stores.sql.contents import SQLContents
from connectory.stores.sql.database import Database
from connectory.stores.sql.sealed_rows import SQLSealedRows
from connectory.stores.sql.tables import connections


class SQLStore:
    """Keeps connections in a database, and their secrets sealed. `clock` gives seconds since 1970. See Store.

    The database is at the newest schema. What is open is closed by `close`, at the end of a `with`, or with the last
    reference to the store; it may be shared by threads, and used on after a fork.
    """

    def __init__(
        self, database: Database, sealer: Sealer, *, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.sealer = sealer
        self._limits = limits
        self._clock = clock
        weakref.finalize(self, database.close)

    def __enter__(self) -> SQLStore:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes what is open of the database."""
        self.database.close()

    @property
    def place(self) -> str:
        return self.database.place

    @property
    def sealed_rows(self) -> SQLSealedRows:
        """The sealed values, for rotation."""
        return SQLSealedRows(self.database)

    @property
    def contents(self) -> SQLContents:
        """All of it, for backups."""
        return SQLContents(self.database)

    def get(self, id: str, *, space: str = "default") -> Record | None:
        with self.database.reading() as connection:
            return self._record(connection, storable(space), storable(id))

    def page(self, query: Query) -> Page:
        with self.database.reading() as connection:
            rows = connection.execute(reading.page(query)).all()
            records = reading.records(connection, rows[: query.page_size], self.sealer)
        return Page(tuple(records), records[-1].id if len(rows) > len(records) else None)

    def ids(self, *, space: str = "default") -> list[str]:
        c = connections.c
        with self.database.reading() as connection:
            return list(connection.scalars(select(c.id).where(c.space == storable(space)).order_by(c.id)))

    def save(self, draft: Draft, *, expected: int | None, by: str) -> Record:
        draft = self._limits.admitted(draft)
        try:
            with self.database.writing() as connection:
                return self._save(connection, draft, expected=expected, by=storable(by))
        except _TakenMeanwhile:
            raise ConnectionExists(draft.id, space=draft.space) from None

    def remove(self, id: str, *, space: str = "default", expected: int | None = None, by: str) -> None:
        space, id = storable(space), storable(id)
        with self.database.writing() as connection:
            before = self._record(connection, space, id, to_change=True)
            attempt = self._attempt(connection, id, space, expected=expected, by=storable(by))
            writing.write_down(connection, space, id, removing(id, before, attempt))
            writing.remove(connection, space, id)

    def history(self, id: str, *, space: str = "default") -> list[Change]:
        with self.database.reading() as connection:
            return reading.history(connection, storable(space), storable(id))

    def spaces(self) -> list[str]:
        c = connections.c
        with self.database.reading() as connection:
            return list(connection.scalars(select(c.space).distinct().order_by(c.space)))

    def _save(self, connection: Connection, draft: Draft, *, expected: int | None, by: str) -> Record:
        before = self._record(connection, draft.space, draft.id, to_change=True)
        attempt = self._attempt(connection, draft.id, draft.space, expected=expected, by=by)
        change = saving(draft, before, attempt)
        if before and change.revision == before.revision:
            return before
        notes = () if before else self._notes(connection, draft.space)
        record = record_of(draft, before, change, notes=notes)
        try:
            writing.write_down(connection, draft.space, draft.id, change)
            writing.keep(connection, record, before, self.sealer)
        except IntegrityError:
            raise _TakenMeanwhile from None
        return record

    def _record(self, connection: Connection, space: str, id: str, *, to_change: bool = False) -> Record | None:
        wanted = reading.one(space, id)
        rows = connection.execute(wanted.with_for_update() if to_change else wanted).all()
        return next(iter(reading.records(connection, rows, self.sealer)), None)

    def _attempt(self, connection: Connection, id: str, space: str, *, expected: int | None, by: str) -> Attempt:
        return Attempt(
            expected=expected,
            by=by,
            at=self._clock(),
            place=self.place,
            history=lambda: reading.history(connection, space, id),
        )

    def _notes(self, connection: Connection, space: str) -> tuple[str, ...]:
        """What to say once one more is in a space."""
        counted = select(func.count()).select_from(connections).where(connections.c.space == space)
        return self._limits.notes(space, (connection.scalar(counted) or 0) + 1)


class _TakenMeanwhile(Exception):
    """Somebody made a connection of the same id between our look and our writing, as they can in PostgreSQL."""

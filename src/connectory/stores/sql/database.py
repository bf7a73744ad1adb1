"""A database: how it is read and written in transactions, and its errors in our words."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import Pool

from connectory.errors import StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Two views of one engine, and what each kind of database does in its own way.

    A reading sees one state, a writing is done whole or not at all. `lock_schema` holds up all others who want to
    change the schema until the transaction ends. `reason` says what went wrong, and what to do, by the driver's error.
    """

    place: str
    reader: Engine
    writer: Engine
    lock_schema: Callable[[Connection], object]
    reason: Callable[[BaseException], str]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises StoreUnavailable."""
        with self.told(), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on the disk when it ends. Raises StoreUnavailable."""
        with self.told(), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors of the database in our words. Its own may hold what was written, so they are not even the cause."""
        try:
            yield
        except DBAPIError as error:
            reason = self.reason(error.orig or error)
        except SQLAlchemyError as error:
            reason = f"it failed ({type(error).__name__})"
        else:
            return
        raise StoreUnavailable(f"The {self.place} cannot be used: {reason}.")

    def close(self) -> None:
        """Closes what is open; it opens again when it is used."""
        self.reader.dispose()


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_inherited: list[Pool] = []


def with_own_connections(engine: Engine) -> Engine:
    """An engine that a forked child may use too: what the parent has open is not the child's."""
    _engines.add(engine)
    return engine


def _leave_to_the_parent() -> None:
    for engine in list(_engines):
        _inherited.append(engine.pool)  # never closed here: that would be seen by the parent
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)

"""SQLite: one file in the home."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from connectory.errors import StoreUnavailable
from connectory.stores.private_file import make_private_folder
from connectory.stores.sql.database import Database, with_own_connections

_REASONS = {
    "BUSY": "another program is writing in it and did not end in time; try again, or end that program",
    "LOCKED": "another program is writing in it and did not end in time; try again, or end that program",
    "READONLY": "it cannot be written; let this user write the file and in its folder",
    "PERM": "it cannot be written; let this user write the file and in its folder",
    "CANTOPEN": "it cannot be opened; look whether its folder is there, and let this user write in it",
    "FULL": "the disk is full; make room and try again",
    "IOERR": "the disk does not read or write it; look whether it is full or broken, and try again",
    "NOTADB": "it is no SQLite database; move it away, or name another file",
    "CORRUPT": "it is damaged; put it away and restore the last backup",
    "TOOBIG": "something in it is larger than SQLite can hold",
}
"""By the first word of SQLite's result code (https://sqlite.org/rescode.html)."""


def database(path: Path, *, patience: float) -> Database:
    """The database in a file, made with mode 0600 if it is not there. `patience` is how long it waits for others
    who write, in seconds. Raises StoreUnavailable.
    """
    path = Path(os.path.abspath(path))
    place = f"store {path}"
    _make(path, place)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        connect_args={"timeout": patience, "isolation_level": None},  # no transactions but those that we begin
    )
    event.listen(engine, "connect", _opened)
    event.listen(engine, "begin", _begun)
    with_own_connections(engine)
    return Database(
        place=place,
        reader=engine,
        writer=engine.execution_options(writes=True),
        lock_schema=lambda connection: None,  # whoever writes is alone
        reason=_reason,
    )


def _make(path: Path, place: str) -> None:
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it has no name that a file can have").lower()
        raise StoreUnavailable(
            f"The {place} cannot be opened: {reason}. Look whether its folder is there, and let this user write in it."
        ) from error


def _opened(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was saved outlives a power cut
    with suppress(sqlite3.OperationalError):  # somebody is just writing; then the file is as good, only slower
        connection.execute("PRAGMA journal_mode = WAL")


def _begun(connection: Connection) -> None:
    """Whoever is going to write waits for the others before looking, and so never writes what is out of date."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _reason(error: BaseException) -> str:
    name: Any = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return _REASONS.get(name.removeprefix("SQLITE_").partition("_")[0], f"it failed ({name})")

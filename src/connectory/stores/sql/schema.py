"""The schema of a store, brought up to date when it is opened. Alembic is imported only if there is something to do."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from connectory.errors import StoreUnavailable
from connectory.stores.sql.database import Database
from connectory.stores.sql.tables import VERSION_TABLE

HEAD = "0001"
"""The newest revision of the schema, which this version works with. Revisions are numbered."""

MIGRATIONS = Path(__file__).with_name("migrations")

_alone = threading.Lock()
"""Alembic keeps what it works on in global variables."""


def bring_up_to_date(database: Database) -> None:
    """Makes the tables, or changes them to what this version works with, in one transaction.

    Of many who do so at once, one does it and the others wait. Raises StoreUnavailable for what is newer, and for a
    database that is somebody else's.
    """
    with database.reading() as connection:
        if _revision_of(connection, database.place) == HEAD:
            return
    _require_alembic(database.place)
    with _alone, database.writing() as connection:
        database.lock_schema(connection)
        if _revision_of(connection, database.place) != HEAD:
            _migrate(connection)


def _revision_of(connection: Connection, place: str) -> str | None:
    """The revision that a database is at; None for an empty one."""
    tables = inspect(connection)
    if not tables.has_table(VERSION_TABLE):
        if strangers := tables.get_table_names():
            raise StoreUnavailable(
                f"The {place} cannot be used: there are tables of something else in it (`{min(strangers)}`). Name a "
                "database of its own for connectory."
            )
        return None
    revision = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    if revision is not None and (not re.fullmatch(r"\d{4}", revision) or revision > HEAD):
        raise StoreUnavailable(
            f"The {place} was last used by a newer connectory: its schema is {revision[:32]}, and this version knows "
            f"{HEAD}. Use that version here too."
        )
    return str(revision) if revision else None


def _require_alembic(place: str) -> None:
    """Loads what takes long before anything is locked."""
    try:
        import alembic.command  # noqa: F401
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            f"The {place} has no tables of this version yet, and making them takes Alembic, which comes with "
            "`pip install 'connectory[store]'`."
        ) from error


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, HEAD)

"""All rows of a database, on their way into a backup and out of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError

from connectory.errors import StoreRefused, StoreUnavailable
from connectory.stores.contents import TABLES, Contents, Row, columns_of
from connectory.stores.protocol import Draft
from connectory.stores.searching import searched
from connectory.stores.sql.database import Database
from connectory.stores.sql.schema import HEAD
from connectory.stores.sql.tables import connection_labels, connection_secrets, connections, metadata
from connectory.stores.sql.writing import label_rows

_AT_ONCE = 500
"""Rows that are held in memory."""


class SQLContents:
    """See Archivable."""

    schema = HEAD

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def read(self) -> Iterator[Contents]:
        with self._database.reading() as connection:
            counts = {table: _count(connection, table) for table in TABLES}
            key_ids = connection.scalars(select(connection_secrets.c.key_id).distinct().order_by("key_id"))
            yield Contents(counts, tuple(key_ids), _rows(connection))

    def refill(self, rows: Iterable[Row], *, replace: bool) -> None:
        with self._database.writing() as connection:
            if not replace and any(connection.scalar(select(exists().select_from(metadata.tables[t]))) for t in TABLES):
                raise StoreRefused(
                    f"The {self._database.place} is not empty: add --replace if all that is in it may go."
                )
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            try:
                _fill(connection, rows)
            except IntegrityError:
                fits = False
            else:
                fits = True
            if not fits:
                raise StoreUnavailable("The backup cannot be used: there are rows in it that do not fit together.")


def _count(connection: Connection, table: str) -> int:
    return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0


def _rows(connection: Connection) -> Iterator[Row]:
    for table in TABLES:
        columns = [metadata.tables[table].c[name] for name in columns_of(table)]
        found = connection.execution_options(yield_per=_AT_ONCE).execute(
            select(*columns).order_by(*metadata.tables[table].primary_key)
        )
        yield from ((table, dict(row)) for row in found.mappings())


def _fill(connection: Connection, rows: Iterable[Row]) -> None:
    for table, of_table in groupby(rows, key=lambda row: row[0]):
        while some := [row for _, row in islice(of_table, _AT_ONCE)]:
            if table == connections.name:
                _fill_connections(connection, some)
            else:
                connection.execute(insert(metadata.tables[table]), some)


def _fill_connections(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """What is made of a document is made anew."""
    drafts = [(row, Draft(space=row["space"], id=row["id"], document=json.loads(row["document"]))) for row in rows]
    connection.execute(insert(connections), [{**row, "searched": searched(draft)} for row, draft in drafts])
    if labels := [label for _, draft in drafts for label in label_rows(draft)]:
        connection.execute(insert(connection_labels), labels)

"""The sealed values of a database, whichever tables they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Update, func, select, tuple_, update

from connectory.stores.sealed_rows import SealedRow
from connectory.stores.sealing import SEALED_COLUMNS, SealedPlace, SealedValue
from connectory.stores.sql.database import Database
from connectory.stores.sql.tables import metadata


class SQLSealedRows:
    """See SealedRows. Every table in SEALED_COLUMNS has the columns space, id, field and key_id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for table, _ in SEALED_COLUMNS:
                key_id = metadata.tables[table].c.key_id
                for id, count in connection.execute(select(key_id, func.count()).group_by(key_id)):
                    found[id] = found.get(id, 0) + count
        return found

    def batch(
        self, table: str, column: str, *, after: SealedPlace | None, but: str | None, size: int
    ) -> Sequence[SealedRow]:
        c = metadata.tables[table].c
        order = (c.space, c.id, c.field)
        wanted = select(*order, c[column], c.key_id).order_by(*order).limit(size)
        if after is not None:
            wanted = wanted.where(tuple_(*order) > (after.space, after.id, after.field))
        if but is not None:
            wanted = wanted.where(c.key_id != but)
        with self._database.reading() as connection:
            return [
                SealedRow(
                    SealedPlace(table=table, column=column, space=space, id=id, field=field), SealedValue(data, key_id)
                )
                for space, id, field, data, key_id in connection.execute(wanted)
            ]

    def swap(self, pairs: Sequence[tuple[SealedRow, SealedValue]]) -> int:
        with self._database.writing() as connection:
            return sum(connection.execute(_swapped(row, new)).rowcount for row, new in pairs)


def _swapped(row: SealedRow, new: SealedValue) -> Update:
    place, table = row.place, metadata.tables[row.place.table]
    c = table.c
    here = (c.space == place.space, c.id == place.id, c.field == place.field)
    unchanged = c[place.column] == row.value.data
    return update(table).where(*here, unchanged).values({place.column: new.data, "key_id": new.key_id})

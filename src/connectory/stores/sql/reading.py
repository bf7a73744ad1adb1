"""What is read of a store: connections with their secrets opened, page by page, and their history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, select

from connectory.dialects.kept import Place
from connectory.errors import StoreUnavailable
from connectory.secret import Secret
from connectory.stores.pointers import place_of
from connectory.stores.protocol import Change, ChangeKind, Query, Record
from connectory.stores.sealing import SealedPlace, SealedValue, Sealer
from connectory.stores.searching import storable, wanted
from connectory.stores.sql.tables import connection_changes, connection_labels, connection_secrets, connections


def one(space: str, id: str) -> Select[Any]:
    """The row of a connection."""
    return select(connections).where(connections.c.space == space, connections.c.id == id)


def page(query: Query) -> Select[Any]:
    """The rows that a query asks for, and one more if there are more."""
    asked = [connections.c.space == storable(query.space)]
    if query.after is not None:
        asked.append(connections.c.id > storable(query.after))
    if text := wanted(query):
        asked.append(connections.c.searched.contains(text, autoescape=True))
    asked += [_has_label(storable(name), storable(value)) for name, value in query.labels.items()]
    return select(connections).where(*asked).order_by(connections.c.id).limit(query.page_size + 1)


def records(connection: Connection, rows: Sequence[Row[Any]], sealer: Sealer) -> list[Record]:
    """The connections in these rows, which are all of one space. Their secrets are read at once."""
    secrets = _secrets(connection, rows, sealer)
    return [
        Record(
            space=row.space,
            id=row.id,
            document=_document(row),
            secrets=secrets.get(row.id, {}),
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )
        for row in rows
    ]


def history(connection: Connection, space: str, id: str) -> list[Change]:
    """Every change of a connection, oldest first."""
    c = connection_changes.c
    wanted = select(c.revision, c.at, c.by, c.kind, c.changed).where(c.space == space, c.id == id).order_by(c.revision)
    return [
        Change(row.revision, row.at, row.by, ChangeKind(row.kind), tuple(json.loads(row.changed)))
        for row in connection.execute(wanted)
    ]


def _secrets(connection: Connection, rows: Sequence[Row[Any]], sealer: Sealer) -> Mapping[str, dict[Place, Secret]]:
    found: dict[str, dict[Place, Secret]] = {}
    if not rows:
        return found
    c = connection_secrets.c
    wanted = select(c.id, c.field, c.sealed, c.key_id).where(c.space == rows[0].space, c.id.in_([r.id for r in rows]))
    for id, field, sealed, key_id in connection.execute(wanted):
        place = SealedPlace(table="connection_secrets", column="sealed", space=rows[0].space, id=id, field=field)
        found.setdefault(id, {})[place_of(field)] = sealer.secret(SealedValue(sealed, key_id), place)
    return found


def _has_label(name: str, value: str) -> ColumnElement[bool]:
    c = connection_labels.c
    same = (c.space == connections.c.space, c.id == connections.c.id)
    return exists().where(*same, c.name == name, c.value == value)


def _document(row: Row[Any]) -> Mapping[str, Any]:
    try:
        document = json.loads(row.document)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    raise StoreUnavailable(
        f"The document of the connection {row.id!r} in the store is damaged: remove that connection, or restore the "
        "last backup."
    )

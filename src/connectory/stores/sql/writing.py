"""What is written into a store: a connection's row, its labels, its sealed secrets, and a line of history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from connectory.dialects.kept import Place
from connectory.errors import StoreUnavailable
from connectory.secret import Secret
from connectory.stores.pointers import pointer_of
from connectory.stores.protocol import Change, Draft, Record
from connectory.stores.revisions import changed_secrets
from connectory.stores.sealing import SealedPlace, Sealer
from connectory.stores.searching import labels_of, searched, storable
from connectory.stores.sql.tables import connection_changes, connection_labels, connection_secrets, connections


def keep(connection: Connection, record: Record, before: Record | None, sealer: Sealer) -> None:
    """Writes a connection over what is there of it. Secrets that stayed the same are not touched."""
    _keep_row(connection, record, new=before is None)
    _keep_labels(connection, record)
    _keep_secrets(connection, record, before.secrets if before else {}, sealer)


def remove(connection: Connection, space: str, id: str) -> None:
    """Removes a connection, whose labels and secrets go with it."""
    connection.execute(delete(connections).where(connections.c.space == space, connections.c.id == id))


def write_down(connection: Connection, space: str, id: str, change: Change) -> None:
    """Adds a line of history."""
    row = {"space": space, "id": id, "revision": change.revision, "at": change.at, "by": change.by}
    connection.execute(
        insert(connection_changes).values({**row, "kind": change.kind.value, "changed": json.dumps(change.changed)})
    )


def label_rows(draft: Draft) -> list[dict[str, str]]:
    """The rows of a connection's labels."""
    labels = labels_of(draft.document)
    return [{"space": draft.space, "id": draft.id, "name": name, "value": value} for name, value in labels.items()]


def _keep_row(connection: Connection, record: Record, *, new: bool) -> None:
    row = {
        "revision": record.revision,
        "document": json.dumps(record.document),
        "searched": searched(record),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "updated_by": storable(record.updated_by),
    }
    if new:
        connection.execute(insert(connections).values(space=record.space, id=record.id, **row))
        return
    here = (connections.c.space == record.space, connections.c.id == record.id)
    connection.execute(update(connections).where(*here).values(row))


def _keep_labels(connection: Connection, record: Record) -> None:
    c = connection_labels.c
    connection.execute(delete(connection_labels).where(c.space == record.space, c.id == record.id))
    if rows := label_rows(record):
        connection.execute(insert(connection_labels), rows)


def _keep_secrets(connection: Connection, record: Record, before: Mapping[Place, Secret], sealer: Sealer) -> None:
    changed = changed_secrets(before, record.secrets)
    _forget(connection, record, changed & before.keys())
    fresh = {place: record.secrets[place] for place in changed & record.secrets.keys()}
    if fresh:
        _refuse_second_first_key(connection, sealer)
        connection.execute(insert(connection_secrets), [_sealed(record, *item, sealer) for item in fresh.items()])


def _forget(connection: Connection, record: Record, places: Iterable[Place]) -> None:
    c = connection_secrets.c
    if fields := [pointer_of(place) for place in places]:
        here = (c.space == record.space, c.id == record.id, c.field.in_(fields))
        connection.execute(delete(connection_secrets).where(*here))


def _sealed(record: Record, place: Place, secret: Secret, sealer: Sealer) -> dict[str, str | bytes]:
    field = pointer_of(place)
    where = SealedPlace(table="connection_secrets", column="sealed", space=record.space, id=record.id, field=field)
    value = sealer.seal(secret.reveal(), where)
    return {"space": record.space, "id": record.id, "field": field, "sealed": value.data, "key_id": value.key_id}


def _refuse_second_first_key(connection: Connection, sealer: Sealer) -> None:
    """A key is made at first need, but not where the store was sealed with one that must be somewhere else."""
    if sealer.keys.all():
        return
    key_id = connection.scalar(select(connection_secrets.c.key_id).limit(1))
    if key_id is not None:
        raise StoreUnavailable(
            f"There are no master keys in {sealer.keys.place}, but secrets in the store are sealed with the key "
            f"{key_id}: put it there. If it is lost, make a new one with `openssl rand -base64 32`, and give the "
            "secrets again."
        )

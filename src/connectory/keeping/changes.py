"""Making and changing one connection of a store."""

from __future__ import annotations

from dataclasses import dataclass

from connectory.connection import Connection, secret_places
from connectory.dialects import own
from connectory.dialects.kept import apart, together
from connectory.errors import ConnectionNotFound, DocumentError
from connectory.keeping.binding import moved, without_moved
from connectory.keeping.edits import Edit
from connectory.secret import Secret
from connectory.stores.connections import connection_of, draft_of
from connectory.stores.protocol import Record, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A connection as it is in the store now.

    `moved` names what changed of where its secrets go; `dropped` are the secrets that were lost by that.
    """

    record: Record
    connection: Connection
    changed: bool = True
    moved: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def add(store: Store, id: str, edit: Edit, *, by: str, space: str = "default") -> Saved:
    """A new connection. `by` is who makes it. Raises DocumentError, ConnectionExists, StoreUnavailable."""
    connection = own.read(id, edit.of({}), space=space)
    return Saved(record=store.save(draft_of(connection), expected=None, by=by), connection=connection)


def update(store: Store, id: str, edit: Edit, *, by: str, space: str = "default", revision: int | None = None) -> Saved:
    """A connection with some of its parts changed; with `revision` only if it still is at that one.

    A change of where the secrets go drops those that are not given again.
    Raises ConnectionNotFound, DocumentError, StaleRevision, StoreUnavailable.
    """
    record = store.get(id, space=space)
    if record is None:
        raise ConnectionNotFound(id, looked_in=[store.place])
    wanted = own.read(id, edit.of(together(record.document, record.secrets)), space=space)
    before = _as_it_was(store, record)
    bound = _bound(before, wanted, edit)
    expected = record.revision if revision is None else revision
    saved = store.save(draft_of(bound), expected=expected, by=by)
    return Saved(
        record=saved,
        connection=bound,
        changed=saved.revision != record.revision,
        moved=tuple(moved(before, wanted)) if before else (),
        dropped=tuple(_lost(wanted, bound)),
    )


def _bound(before: Connection | None, wanted: Connection, edit: Edit) -> Connection:
    document, secrets = apart(wanted)
    if before is None:  # nobody knows where its secrets went, so all go that are not given
        secrets = {place: secret if place in edit.secrets else Secret.missing() for place, secret in secrets.items()}
    else:
        secrets = without_moved(secrets, before, wanted, given=edit.secrets.keys())
    return own.read(wanted.id, together(document, secrets), space=wanted.space)


def _as_it_was(store: Store, record: Record) -> Connection | None:
    """None for one that is wrong by the rules of today."""
    try:
        return connection_of(record, place=store.place)
    except DocumentError:
        return None


def _lost(wanted: Connection, bound: Connection) -> list[str]:
    was = dict(secret_places(wanted))
    return [".".join(place) for place, secret in secret_places(bound) if secret != was[place]]

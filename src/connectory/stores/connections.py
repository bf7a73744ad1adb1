"""Connections on their way into a store and out of it."""

from __future__ import annotations

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.kept import apart, together
from connectory.stores.protocol import Draft, Record


def draft_of(connection: Connection) -> Draft:
    """A connection as a store takes it: what it holds of secrets stands beside the document."""
    document, secrets = apart(connection)
    return Draft(space=connection.space, id=connection.id, document=document, secrets=secrets)


def connection_of(record: Record, *, place: str) -> Connection:
    """The connection that a store keeps; `place` is the store's. Raises DocumentError."""
    return own.read(record.id, together(record.document, record.secrets), space=record.space, source=place)

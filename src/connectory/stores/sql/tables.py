"""The tables of a store. What changes here takes a migration beside it."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

VERSION_TABLE = "connectory_schema"
"""Where Alembic keeps the revision of the schema. The name tells our databases from those of others."""

metadata = MetaData()


def _name() -> String:
    """Text of a key, in the order of its bytes in every database: PostgreSQL's own order is that of its locale."""
    return String(500).with_variant(String(500, collation="C"), "postgresql")


connections = Table(
    "connections",
    metadata,
    Column("space", _name(), primary_key=True),
    Column("id", _name(), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("updated_by", Text, nullable=False),
)

connection_secrets = Table(
    "connection_secrets",
    metadata,
    Column("space", _name(), primary_key=True),
    Column("id", _name(), primary_key=True),
    Column("field", _name(), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", String(8), nullable=False),
    ForeignKeyConstraint(["space", "id"], ["connections.space", "connections.id"], ondelete="CASCADE"),
    Index("connection_secrets_by_key", "key_id"),
)

connection_labels = Table(
    "connection_labels",
    metadata,
    Column("space", _name(), primary_key=True),
    Column("id", _name(), primary_key=True),
    Column("name", _name(), primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["space", "id"], ["connections.space", "connections.id"], ondelete="CASCADE"),
    Index("connection_labels_by_name", "space", "name"),
)

connection_changes = Table(
    "connection_changes",
    metadata,
    Column("space", _name(), primary_key=True),
    Column("id", _name(), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("changed", Text, nullable=False),
)
"""The history of connections, those that are removed included."""

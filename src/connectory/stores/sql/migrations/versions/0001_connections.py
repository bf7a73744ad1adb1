"""Connections, their sealed secrets, their labels and their history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("space", _name(), primary_key=True),
        sa.Column("id", _name(), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
    )
    op.create_table(
        "connection_secrets",
        sa.Column("space", _name(), primary_key=True),
        sa.Column("id", _name(), primary_key=True),
        sa.Column("field", _name(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        _of_a_connection(),
    )
    op.create_index("connection_secrets_by_key", "connection_secrets", ["key_id"])
    op.create_table(
        "connection_labels",
        sa.Column("space", _name(), primary_key=True),
        sa.Column("id", _name(), primary_key=True),
        sa.Column("name", _name(), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        _of_a_connection(),
    )
    op.create_index("connection_labels_by_name", "connection_labels", ["space", "name"])
    op.create_table(
        "connection_changes",
        sa.Column("space", _name(), primary_key=True),
        sa.Column("id", _name(), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("changed", sa.Text, nullable=False),
    )


def _name() -> sa.String:
    return sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")


def _of_a_connection() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["space", "id"], ["connections.space", "connections.id"], ondelete="CASCADE")

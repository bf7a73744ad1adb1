"""What Alembic runs: the migrations, in the transaction that `schema.py` holds."""

from alembic import context

from connectory.stores.sql.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()

"""The schema of a store: made once, brought up to date, and what tables hold is what migrations make."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from connectory.errors import StoreUnavailable
from connectory.stores.sql.schema import HEAD, MIGRATIONS
from connectory.stores.sql.store import SQLStore
from connectory.stores.sql.tables import VERSION_TABLE, metadata
from tests.unit.stores.keeping import environment, opened


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_the_newest_migration_is_the_one_that_this_version_knows() -> None:
    assert script().get_heads() == [HEAD]


def test_migrations_are_numbered_one_after_the_other() -> None:
    revisions = [revision.revision for revision in script().walk_revisions()]
    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]


def test_migrations_make_the_tables_that_the_program_knows(store: SQLStore) -> None:
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_and_tables_are_the_same_to_the_letter(store: SQLStore, home: Path) -> None:
    with closing(sqlite3.connect(home / "connectory.db")) as connection:
        sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != ? AND name NOT LIKE 'sqlite%'"
        made = {_flat(statement) for (statement,) in connection.execute(sql, [VERSION_TABLE])}
    assert made == {_flat(statement) for statement in _of_tables(store)}


def _of_tables(store: SQLStore) -> Iterator[str]:
    dialect = store.database.reader.dialect
    for table in metadata.tables.values():
        yield str(CreateTable(table).compile(dialect=dialect))
        yield from (str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)


def _flat(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def test_a_store_that_is_up_to_date_is_opened_without_alembic(store: SQLStore, home: Path) -> None:
    assert _loaded(home) == {"sqlalchemy"}


def test_a_new_store_takes_alembic(home: Path) -> None:
    assert _loaded(home) == {"sqlalchemy", "alembic"}


def _loaded(home: Path) -> set[str]:
    """Which of the two a program loads that opens the store in a home."""
    program = (
        "import sys; from pathlib import Path; from tests.unit.stores.keeping import opened\n"
        "with opened(Path(sys.argv[1])) as store: store.ids()\n"
        "print(*[name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], env=environment(), capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_database_of_a_newer_version_is_left_alone(store: SQLStore, home: Path) -> None:
    _change(home, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=f"schema is 9999, and this version knows {HEAD}"):
        opened(home)


def test_a_database_at_a_revision_that_is_none_of_ours_is_left_alone(store: SQLStore, home: Path) -> None:
    _change(home, f"UPDATE {VERSION_TABLE} SET version_num = 'ae1027a6acf'")
    with pytest.raises(StoreUnavailable, match="last used by a newer connectory"):
        opened(home)


def test_a_database_with_tables_of_something_else_is_left_alone(home: Path) -> None:
    home.mkdir()
    _change(home, "CREATE TABLE dag_run (id INTEGER)")
    with pytest.raises(StoreUnavailable, match="tables of something else in it \\(`dag_run`\\)"):
        opened(home)
    with closing(sqlite3.connect(home / "connectory.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("dag_run",)]


def test_a_file_that_is_empty_is_a_new_store(home: Path) -> None:
    home.mkdir()
    (home / "connectory.db").touch(0o600)
    with opened(home) as store:
        assert store.ids() == []


def _change(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "connectory.db")) as connection, connection:
        connection.execute(statement)


def test_names_are_in_the_order_of_their_bytes_in_postgresql() -> None:
    table = str(CreateTable(metadata.tables["connections"]).compile(dialect=make_url("postgresql://").get_dialect()()))
    assert table.count('VARCHAR(500) COLLATE "C"') == 2

"""A store that cannot be used says why, and what to do, in one sentence without a secret in it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectory.errors import StoreUnavailable, causes_of
from connectory.stores.opening import open_store
from connectory.stores.protocol import Query
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import CANARY, draft, environment, opened, ring


def run(program: str, *arguments: str | Path) -> str:
    """What a program prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_store_that_somebody_else_holds_is_given_up(store: SQLStore, home: Path) -> None:
    with opened(home, patience=0.05) as hasty, closing(sqlite3.connect(home / "connectory.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program is writing in it"):
            hasty.save(draft(), expected=None, by="ada")
        assert hasty.ids() == []  # others may read
        other.rollback()
        hasty.save(draft(), expected=None, by="ada")


def test_a_new_store_that_somebody_else_holds_is_given_up(home: Path) -> None:
    home.mkdir()
    with closing(sqlite3.connect(home / "connectory.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="another program is writing in it"):
            opened(home, patience=0.05)


def test_a_file_of_something_else_is_no_store(home: Path) -> None:
    home.mkdir()
    (home / "connectory.db").write_text("connections:\n" * 1000)
    with pytest.raises(StoreUnavailable, match="it is no SQLite database; move it away"):
        opened(home)


def test_a_damaged_file_says_so(store: SQLStore, home: Path) -> None:
    for at in range(200):
        store.save(draft(f"gpt-{at}"), expected=None, by="ada")
    store.close()
    with open(home / "connectory.db", "r+b") as file:
        file.seek(4096)
        file.write(os.urandom((home / "connectory.db").stat().st_size - 4096))
    with pytest.raises(StoreUnavailable, match="damaged; put it away and restore the last backup"):
        opened(home)


@pytest.mark.usefixtures("no_collection")
def test_a_damaged_document_names_its_connection(store: SQLStore, home: Path) -> None:
    store.save(draft(), expected=None, by="ada")
    for damage in (CANARY, "[]", "[" * 100_000):
        with closing(sqlite3.connect(home / "connectory.db")) as connection, connection:
            connection.execute("UPDATE connections SET document = ?", [damage])
        with pytest.raises(StoreUnavailable, match="document of the connection 'gpt'") as raised:
            store.page(Query())
        assert CANARY not in str(raised.value)


def test_a_folder_where_a_file_belongs_is_told_of(home: Path) -> None:
    (home / "connectory.db").mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="is a directory"):
        opened(home)


def test_a_place_that_no_file_can_have_is_told_of(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 300):
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            open_store(tmp_path / name, ring())


AS_NOBODY = """
import os, sys
from pathlib import Path
import connectory.stores.sql.opening, alembic.command
from connectory.errors import StoreUnavailable
from tests.unit.stores.keeping import draft, opened, ring
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    with opened(Path(sys.argv[1]), ring(), patience=0.1) as store:
        store.save(draft("b"), expected=None, by="ada")
except StoreUnavailable as error:
    print(error)
"""


@pytest.fixture
def others_home() -> Iterator[Path]:
    """A home with a store, in a folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        home = Path(folder) / "home"
        with opened(home, ring()) as store:
            store.save(draft("a"), expected=None, by="ada")
        yield home
        os.chmod(home, 0o700)


@pytest.mark.parametrize(("of_file", "of_folder"), [(0o444, 0o555), (0o444, 0o777)])
def test_a_store_that_may_not_be_written_says_what_is_needed(others_home: Path, of_file: int, of_folder: int) -> None:
    os.chmod(others_home / "connectory.db", of_file)
    os.chmod(others_home, of_folder)
    assert "let this user write" in run(AS_NOBODY, others_home)


WITH_A_SMALL_DISK = """
import resource, sys
from pathlib import Path
from connectory.errors import StoreUnavailable
from tests.unit.stores.keeping import CANARY, draft, opened
with opened(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        for at in range(100):
            store.save(draft(f"gpt-{at}", description="x" * 20_000), expected=None, by="ada")
    except StoreUnavailable as error:
        print(error)
    print(len(store.ids()) == at)
"""


def test_a_disk_that_is_full_is_told_of_and_nothing_is_lost(home: Path) -> None:
    message, whole = run(WITH_A_SMALL_DISK, home).splitlines()
    assert "disk" in message
    assert whole == "True"


def test_an_error_of_the_database_shows_nothing_that_was_written(store: SQLStore, home: Path) -> None:
    with closing(sqlite3.connect(home / "connectory.db")) as connection:
        connection.execute("DROP TABLE connection_secrets")
    with pytest.raises(StoreUnavailable) as raised:
        store.save(draft(description="telltale"), expected=None, by="ada")
    told = [f"{error!s} {error!r} {vars(error)}" for error in causes_of(raised.value)]
    assert [text for text in told if CANARY in text or "telltale" in text] == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://ada:canary@db/connectory", "cannot be kept in 'mysql'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://ada:canary@db/x", "names no file"),
        ("postgresql://ada:canary@db:port/x", "none that can be read"),
        ("://canary", "none that can be read"),
        ("postgresql://ada:canary@127.0.0.1:1/connectory", "store connectory of PostgreSQL at 127.0.0.1"),
        ("postgres://ada@127.0.0.1:1/connectory?password=canary", "store connectory of PostgreSQL at 127.0.0.1"),
    ],
)
def test_a_url_that_leads_to_no_store_is_told_of_without_its_password(url: str, problem: str) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        open_store(url, ring(), patience=1)
    assert problem in str(raised.value)
    assert "canary" not in " ".join(map(str, causes_of(raised.value)))


def test_a_url_of_a_file_is_that_file(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/my store.db", ring()) as store:
        assert store.place == f"store {tmp_path}/my store.db"


@pytest.mark.parametrize("missing", ["sqlalchemy", "alembic"])
def test_what_is_not_installed_is_named(home: Path, missing: str) -> None:
    program = (
        "import sys; sys.modules[sys.argv[2]] = None\n"
        "from pathlib import Path\n"
        "from connectory.errors import StoreUnavailable\n"
        "from connectory.stores.master_keys import KeyRing\n"
        "from connectory.stores.opening import open_store\n"
        "try: open_store(Path(sys.argv[1]) / 'connectory.db', KeyRing.of())\n"
        "except StoreUnavailable as error: print(error)"
    )
    assert "pip install 'connectory[store]'" in run(program, home, missing)


def test_what_stores_are_is_known_without_loading_anything() -> None:
    heavy = "sqlalchemy alembic cryptography yaml connectory.dialects.kept connectory.connection"
    program = "import sys, connectory.stores.protocol; print(sorted(set(sys.argv[1].split()) & set(sys.modules)))"
    assert run(program, heavy) == "[]\n"


def test_a_store_is_a_file_that_nobody_else_reads(store: SQLStore, home: Path) -> None:
    store.save(draft(), expected=None, by="ada")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"connectory.db", "connectory.db-wal", "master.key"} <= set(modes)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_what_was_saved_outlives_a_power_cut(store: SQLStore) -> None:
    with store.database.reading() as connection:
        settings = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in SETTINGS}
    assert settings == SETTINGS


SETTINGS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
"""SQLite's: a log that is written ahead, and put on the disk with every transaction."""


def test_a_store_that_was_closed_opens_again_when_it_is_used(store: SQLStore) -> None:
    store.save(draft(), expected=None, by="ada")
    store.close()
    assert store.ids() == ["gpt"]

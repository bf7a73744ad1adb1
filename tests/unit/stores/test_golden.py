"""Stores that were written by earlier versions open and read as they did."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connectory.dialects import own
from connectory.stores.backup import backup
from connectory.stores.connections import connection_of
from connectory.stores.protocol import ChangeKind, Query
from connectory.stores.rotation import rotate
from tests.unit.stores.golden import CHANGED, CONNECTIONS, make
from tests.unit.stores.keeping import opened

GOLDEN = Path(__file__).parents[2] / "golden" / "store"
RELEASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())

EXPECTED = {**CONNECTIONS, ("default", "openai_default"): CHANGED}


@pytest.fixture(params=RELEASES)
def written_by(request: pytest.FixtureRequest, home: Path) -> Path:
    """A home as a release left it."""
    home.mkdir()
    for name in ("connectory.db", "master.key"):
        shutil.copyfile(GOLDEN / str(request.param) / name, home / name)
    (home / "master.key").chmod(0o600)  # git does not keep it
    return home


def test_every_connection_reads_as_it_did(written_by: Path) -> None:
    with opened(written_by) as store:
        assert store.spaces() == ["default", "lab"]
        records = [record for space in store.spaces() for record in store.page(Query(space=space)).records]
        read = {(record.space, record.id): connection_of(record, place=store.place) for record in records}
    assert read == {(space, id): own.read(id, given, space=space) for (space, id), given in EXPECTED.items()}


def test_history_reads_as_it_did(written_by: Path) -> None:
    with opened(written_by) as store:
        told = [(c.revision, c.by, c.kind, c.changed) for c in store.history("openai_default")]
        gone = [(c.revision, c.by, c.kind) for c in store.history("gone")]
    assert told == [(1, "ada", ChangeKind.ADDED, ()), (2, "bob", ChangeKind.CHANGED, ("labels.stage", "model"))]
    assert gone == [(1, "ada", ChangeKind.ADDED), (2, "bob", ChangeKind.REMOVED)]


def test_it_can_be_searched_changed_rotated_and_backed_up(written_by: Path, tmp_path: Path) -> None:
    with opened(written_by) as store:
        assert [record.id for record in store.page(Query(text="MAIN", labels={"team": "blue"})).records] == [
            "openai_default"
        ]
        store.remove("azure", expected=1, by="eve")
        store.sealer.keys.add_key()
        assert (rotate(store, store.sealer.keys).resealed, backup(store, tmp_path / "b").counts["connections"]) == (
            2,
            2,
        )


def test_the_program_that_made_them_still_makes_the_same(tmp_path: Path) -> None:
    make(tmp_path / "made")
    with opened(tmp_path / "made") as store:
        assert (store.ids(), store.ids(space="lab")) == (["azure", "openai_default"], ["local"])

"""Backups: whole, sealed, and never the way in for anything a store has not written."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectory.errors import StoreRefused, StoreUnavailable
from connectory.secret import Secret
from connectory.stores.backup import backup, restore
from connectory.stores.contents import TABLES
from connectory.stores.protocol import Query
from connectory.stores.sql.schema import HEAD
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import CANARY, draft, key_of, opened, ring

Lines = list[dict[str, Any]]


@pytest.fixture
def filled(store: SQLStore) -> SQLStore:
    store.save(draft("a", labels={"team": "blue"}, name="Ä\0"), expected=None, by="ada")
    store.save(draft("a", labels={"team": "red"}), expected=1, by="bob")
    store.save(draft("b", space="lab", headers={"X-Api-Key": "k"}), expected=None, by="ada")
    store.save(draft("gone"), expected=None, by="ada")
    store.remove("gone", by="ada")
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "connectory.backup"


@pytest.fixture
def empty(tmp_path: Path, store: SQLStore) -> Iterator[SQLStore]:
    """Another store with the same keys."""
    with opened(tmp_path / "other", store.sealer.keys) as other:
        yield other


def everything(store: SQLStore) -> object:
    spaces = [store.page(Query(space=space)).records for space in store.spaces()]
    return spaces, [
        store.history(id, space=space) for id, space in (("a", "default"), ("b", "lab"), ("gone", "default"))
    ]


def test_what_is_restored_is_what_was_there(filled: SQLStore, empty: SQLStore, path: Path) -> None:
    made = backup(filled, path)
    restored = restore(empty, path)
    assert restored.backup == made
    assert (restored.unopenable, restored.missing_keys) == ((), ())
    assert everything(empty) == everything(filled)
    assert [r.id for r in empty.page(Query(text="gpt-TEST", labels={"team": "red"})).records] == ["a"]


def test_a_backup_says_what_is_in_it(filled: SQLStore, path: Path) -> None:
    made = backup(filled, path)
    assert made.counts == {"connections": 2, "connection_secrets": 3, "connection_changes": 5}
    assert made.key_ids == (filled.sealer.keys.newest().id,)


def test_a_backup_is_private_and_holds_neither_secret_nor_key(filled: SQLStore, path: Path) -> None:
    backup(filled, path)
    text = gzip.decompress(path.read_bytes()).decode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert CANARY not in text
    assert filled.sealer.keys.newest().text() not in text
    assert os.listdir(path.parent).count(path.name) == 1
    assert [name for name in os.listdir(path.parent) if name.startswith(".")] == []


def test_a_file_is_replaced_only_if_told_so(filled: SQLStore, path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(StoreRefused, match="already"):
        backup(filled, path)
    assert path.read_text() == "mine"
    backup(filled, path, replace=True)
    assert path.read_bytes()[:2] == b"\x1f\x8b"


def test_a_store_is_replaced_only_if_told_so(filled: SQLStore, empty: SQLStore, path: Path) -> None:
    backup(filled, path)
    empty.save(draft("mine"), expected=None, by="ada")
    with pytest.raises(StoreRefused, match="not empty"):
        restore(empty, path)
    assert empty.ids() == ["mine"]
    restore(empty, path, replace=True)
    assert everything(empty) == everything(filled)
    assert empty.history("mine") == []


def test_secrets_whose_keys_are_not_here_are_told_of(filled: SQLStore, path: Path, tmp_path: Path) -> None:
    backup(filled, path)
    with opened(tmp_path / "elsewhere", ring()) as elsewhere:
        restored = restore(elsewhere, path)
        assert restored.missing_keys == (filled.sealer.keys.newest().id,)
        assert len(restored.unopenable) == 3
        assert key_of(elsewhere, "a") == Secret.sealed(restored.missing_keys[0])


def test_a_backup_of_an_empty_store_is_one(empty: SQLStore, path: Path, tmp_path: Path) -> None:
    assert backup(empty, path).key_ids == ()
    assert restore(empty, path).backup.counts == dict.fromkeys(TABLES, 0)


def test_what_is_saved_during_a_backup_is_in_the_next(filled: SQLStore, path: Path) -> None:
    with filled.contents.read() as contents:
        filled.save(draft("late"), expected=None, by="ada")
        assert [row["id"] for table, row in contents.rows if table == "connections"] == ["a", "b"]


def test_more_than_is_held_in_memory_at_once_comes_back(store: SQLStore, empty: SQLStore, path: Path) -> None:
    for at in range(510):
        store.save(draft(f"gpt-{at}", labels={"at": str(at)}), expected=None, by="ada")
    backup(store, path)
    restore(empty, path)
    assert everything(empty) == everything(store)


def lines_of(path: Path) -> Lines:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def write(path: Path, lines: Lines, *, signed: bool = True) -> None:
    """Writes an archive, with a last line that fits the others, as a forger would."""
    encoded = [json.dumps(line).encode() + b"\n" for line in lines]
    if signed:
        digest = hashlib.sha256(b"".join(encoded[:-1])).hexdigest()
        encoded[-1] = json.dumps({"rows": len(lines) - 2, "sha256": digest}).encode() + b"\n"
    path.write_bytes(gzip.compress(b"".join(encoded)))


def refused(store: SQLStore, path: Path) -> str:
    """What is said of an archive that is not taken; nothing of it is in the store then."""
    with pytest.raises(StoreUnavailable) as raised:
        restore(store, path)
    assert (store.spaces(), store.history("a")) == ([], [])
    message = str(raised.value)
    assert CANARY not in message
    return message


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_an_archive_that_was_cut_off_is_refused(filled: SQLStore, empty: SQLStore, path: Path, part: float) -> None:
    backup(filled, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert "cut off or" in refused(empty, path)


def test_an_archive_whose_last_lines_are_gone_is_refused(filled: SQLStore, empty: SQLStore, path: Path) -> None:
    backup(filled, path)
    for left in range(len(lines_of(path))):
        write(path, lines_of(path)[:left], signed=False)
        refused(empty, path)
        backup(filled, path, replace=True)


def test_an_archive_that_was_changed_is_refused(filled: SQLStore, empty: SQLStore, path: Path) -> None:
    backup(filled, path)
    lines = lines_of(path)
    lines[1]["row"]["updated_by"] = "eve"
    write(path, lines, signed=False)
    assert "changed since it was made" in refused(empty, path)


def test_an_archive_with_something_after_its_end_is_refused(filled: SQLStore, empty: SQLStore, path: Path) -> None:
    backup(filled, path)
    path.write_bytes(path.read_bytes() + gzip.compress(b"more\n"))
    assert "changed since it was made" in refused(empty, path)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ({"connectory_backup": 2}, "a newer connectory made it, in format 2"),
        ({"schema": f"{int(HEAD) + 1:04}"}, "a newer connectory made it, with another schema"),
        ({"connectory_backup": "1"}, "no backup of connectory"),
        ({"counts": []}, "no backup of connectory"),
        ({"counts": {"connections": "many"}}, "no backup of connectory"),
        ({"created_at": None}, "no backup of connectory"),
        ({"created_at": float("nan")}, "no backup of connectory"),
    ],
)
def test_an_archive_that_this_version_does_not_know_is_refused(
    filled: SQLStore, empty: SQLStore, path: Path, header: dict[str, Any], problem: str
) -> None:
    backup(filled, path)
    [first, *rest] = lines_of(path)
    write(path, [{**first, **header}, *rest])
    assert problem in refused(empty, path)


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"no json\n"), gzip.compress(b"[" * 100_000 + b"\n")]
)
def test_a_file_of_something_else_is_refused(empty: SQLStore, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "it is no backup" in refused(empty, path)


def test_a_file_that_is_not_there_is_told_of(empty: SQLStore, path: Path) -> None:
    assert "no such file" in refused(empty, path)


def test_a_folder_that_is_not_there_is_told_of(filled: SQLStore, path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no such file"):
        backup(filled, path.parent / "missing" / "backup")


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda row: row.pop(key)


HOSTILE: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "other column": ("connections", lambda row: row.update(searched="x")),
    "missing column": ("connections", without("document")),
    "odd id": ("connections", lambda row: row.update(id="a b")),
    "id of another kind": ("connections", lambda row: row.update(id=["a"])),
    "huge name": ("connection_secrets", lambda row: row.update(field="/" * 501)),
    "NUL": ("connections", lambda row: row.update(updated_by="a\0")),
    "half a character": ("connections", lambda row: row.update(updated_by="\ud800")),
    "revision 0": ("connections", lambda row: row.update(revision=0)),
    "huge revision": ("connections", lambda row: row.update(revision=2**63)),
    "true revision": ("connections", lambda row: row.update(revision=True)),
    "no time": ("connections", lambda row: row.update(created_at=float("nan"))),
    "endless time": ("connections", lambda row: row.update(created_at=float("inf"))),
    "document that is none": ("connections", lambda row: row.update(document="[]")),
    "document that is no JSON": ("connections", lambda row: row.update(document=CANARY)),
    "endless document": ("connections", lambda row: row.update(document="[" * 100_000)),
    "number without end": ("connections", lambda row: row.update(document="9" * 5_000)),
    "no base64": ("connection_secrets", lambda row: row.update(sealed="ä")),
    "odd key id": ("connection_secrets", lambda row: row.update(key_id="' OR 1")),
    "odd kind": ("connection_changes", lambda row: row.update(kind="stolen")),
    "odd paths": ("connection_changes", lambda row: row.update(changed="[1]")),
    "secret of nobody": ("connection_secrets", lambda row: row.update(id="nobody")),
    "connection twice": ("connections", lambda row: row.update(space="lab", id="b")),
}


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(("table", "spoil"), HOSTILE.values(), ids=HOSTILE)
def test_a_row_that_no_store_has_written_is_refused(
    filled: SQLStore, empty: SQLStore, path: Path, table: str, spoil: Callable[[dict[str, Any]], object]
) -> None:
    backup(filled, path)
    lines = lines_of(path)
    spoil(next(line["row"] for line in lines if line.get("table") == table))
    write(path, lines)
    assert "cannot be used" in refused(empty, path)


@pytest.mark.parametrize(
    "line", [{"table": "alembic"}, {"table": ["connections"]}, {"table": "connections", "row": []}]
)
def test_a_line_that_is_no_row_is_refused(filled: SQLStore, empty: SQLStore, path: Path, line: dict[str, Any]) -> None:
    backup(filled, path)
    lines = lines_of(path)
    write(path, [lines[0], line, *lines[1:]])
    assert "row 1 is none that a store has written" in refused(empty, path)


@pytest.mark.parametrize("labels", ["x", ["x"], {"x": ["y"]}, {"x" * 501: "y"}, 7])
def test_a_document_that_reads_as_nothing_is_restored_and_breaks_no_list(
    filled: SQLStore, empty: SQLStore, path: Path, labels: object
) -> None:
    backup(filled, path)
    lines = lines_of(path)
    row = next(line["row"] for line in lines if line.get("table") == "connections")
    row["document"] = json.dumps({"labels": labels, "name": 7})
    write(path, lines)
    restore(empty, path)
    assert [record.id for record in empty.page(Query()).records] == ["a"]

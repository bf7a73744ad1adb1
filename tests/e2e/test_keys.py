"""connectory keys, backup, restore: master keys are changed, and a store is carried away and back."""

from __future__ import annotations

import base64
import os
import secrets
import stat

import pytest

from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

KEY = "sk-canary-0123456789abcdef"


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A shell whose store has two connections with a key."""
    for id in ("a", "b"):
        assert shell("connection", "add", id, "--secret-from", "-", input=KEY.encode()).code == 0
    return shell


def readable(shell: Shell) -> bool:
    return all(not entry["missing_secrets"] for entry in shell("connection", "list", "--json").json())


def test_a_rotation_makes_a_key_and_seals_everything_with_it(kept: Shell) -> None:
    [before] = kept("keys", "list", "--json").json()
    rotated = kept("keys", "rotate", "--json").json()
    assert (rotated["before"], rotated["resealed"], rotated["left"]) == ({before["id"]: 2}, 2, 0)
    assert [(key["id"], key["secrets"]) for key in kept("keys", "list", "--json").json()] == [
        (rotated["newest"], 2),
        (before["id"], 0),
    ]
    assert readable(kept)
    assert stat.S_IMODE((kept.home / "master.key").stat().st_mode) == 0o600


def test_a_dry_run_changes_nothing(kept: Shell) -> None:
    before = kept("keys", "list").out
    assert kept("keys", "rotate", "--dry-run").code == 0
    assert kept("keys", "list").out == before


def test_keys_in_the_variable_are_rotated_by_putting_one_before_the_others(shell: Shell) -> None:
    old, new = new_key(), new_key()
    shell.variables["CONNECTORY_MASTER_KEYS"] = old
    shell("connection", "add", "a", "--secret-from", "-", input=KEY.encode())
    done = shell("keys", "rotate")
    assert (done.code, "put a new key before the others" in done.err) == (0, True)
    shell.variables["CONNECTORY_MASTER_KEYS"] = f"{new},{old}"
    assert shell("keys", "rotate", "--json").json()["resealed"] == 1
    shell.variables["CONNECTORY_MASTER_KEYS"] = new
    assert readable(shell)
    assert not (shell.home / "master.key").exists()


def test_a_secret_whose_key_is_not_here_says_which_it_wants_and_stands_in_nobodys_way(kept: Shell) -> None:
    [key] = kept("keys", "list", "--json").json()
    (kept.home / "master.key").unlink()
    kept.variables["CONNECTORY_MASTER_KEYS"] = new_key()
    listing = kept("connection", "list")
    assert (listing.code, key["id"] in listing.out) == (0, True)
    used = kept("chat", "a", "Hello")
    assert (used.code, key["id"] in used.err, "master.key" in used.err) == (4, True, True)
    assert kept("keys", "rotate").code == 4
    assert kept("connection", "add", "c", "--auth-type", "none").code == 0


@pytest.mark.parametrize("value", ["abc", "AAAA", base64.b64encode(bytes(32)).decode()])
def test_a_master_key_that_is_none_is_told_and_not_repeated(kept: Shell, value: str) -> None:
    kept.variables["CONNECTORY_MASTER_KEYS"] = value
    told = kept("keys", "list", "--json")
    assert (told.code, told.error()["code"]) == (3, "store_unavailable")
    assert value not in told.err


def test_a_master_key_that_others_can_read_is_refused(kept: Shell) -> None:
    os.chmod(kept.home / "master.key", 0o644)
    told = kept("connection", "list")
    assert "chmod 600" in told.out + told.err


def test_a_backup_comes_back_as_it_was(kept: Shell) -> None:
    assert kept("backup", "b.backup", "--json").json()["connections"] == 2
    assert stat.S_IMODE((kept.home / "b.backup").stat().st_mode) == 0o600
    kept("connection", "remove", "a")
    assert kept("restore", "b.backup").code == 1
    assert kept("restore", "b.backup", "--replace").code == 0
    assert [entry["id"] for entry in kept("connection", "list", "--json").json()] == ["a", "b"]
    assert readable(kept)


def test_a_backup_is_not_overwritten_unless_it_is_asked_for(kept: Shell) -> None:
    kept("backup", "b.backup")
    assert kept("backup", "b.backup").code == 1
    assert kept("backup", "b.backup", "--replace").code == 0


def test_a_cut_backup_is_refused_and_nothing_is_changed(kept: Shell) -> None:
    kept("backup", "b.backup")
    data = (kept.home / "b.backup").read_bytes()
    (kept.home / "b.backup").write_bytes(data[:-20])
    told = kept("restore", "b.backup", "--replace", "--json")
    assert (told.code, told.error()["code"]) == (3, "store_unavailable")
    assert readable(kept)


def test_a_damaged_store_stands_in_nobodys_way(shell: Shell) -> None:
    (shell.home / "connectory.db").write_bytes(b"no database at all" * 100)
    shell.knows("llm", credential={"api_key": "k"})
    assert shell("connection", "show", "llm").code == 0
    told = shell("connection", "show", "other", "--json")
    assert (told.code, told.error()["code"]) == (3, "store_unavailable")
    listing = shell("connection", "list", "--json")
    assert ([entry["id"] for entry in listing.json()], listing.code) == (["llm"], 3)
    assert listing.error()["code"] == "store_unavailable"


def test_without_a_store_it_says_how_to_make_one(shell: Shell) -> None:
    for command in (["keys", "list"], ["keys", "rotate"], ["backup", "b"]):
        told = shell(*command)
        assert (told.code, "`connectory connection add` makes one" in told.err) == (3, True)

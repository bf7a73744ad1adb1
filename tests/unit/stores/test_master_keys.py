"""Master keys: read from a variable or a file, made once, and never seen."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from connectory.errors import StoreUnavailable
from connectory.stores.master_keys import KeyRing, MasterKey

ONE = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()


def of_variable(value: str) -> KeyRing:
    return KeyRing.of_environment({"CONNECTORY_MASTER_KEYS": value}, Path("/nowhere"))


def of_file(home: Path, text: str | None = None, *, mode: int = 0o600) -> KeyRing:
    if text is not None:
        home.mkdir(exist_ok=True)
        (home / "master.key").write_text(text)
        (home / "master.key").chmod(mode)
    return KeyRing.of_environment({}, home)


def test_the_id_of_a_key_does_not_lead_back_to_it() -> None:
    key = MasterKey.read(ONE, at="here")
    assert key.id == "24d7e111"
    hashes = {hashlib.new(name, bytes(range(32))).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
    assert not any(key.id in value for value in hashes)


def test_keys_for_two_purposes_have_nothing_in_common() -> None:
    key = MasterKey.new()
    assert len({key.derived("a"), key.derived("b"), key.derived("a", size=16), base64.b64decode(key.text())}) == 4


def test_a_key_is_never_seen(home: Path) -> None:
    assert ONE not in repr(MasterKey.read(ONE, at="here")) + str(vars(of_variable(ONE)))


def test_the_variable_wins_and_the_file_is_not_even_read(home: Path) -> None:
    of_file(home, "nonsense")
    keys = KeyRing.of_environment({"CONNECTORY_MASTER_KEYS": f" {ONE} , {OTHER}"}, home)
    assert [key.text() for key in keys.all()] == [ONE, OTHER]
    assert keys.newest().text() == ONE


def test_a_variable_that_is_empty_is_not_set(home: Path) -> None:
    assert KeyRing.of_environment({"CONNECTORY_MASTER_KEYS": ""}, home).place == f"the file {home}/master.key"


def test_a_file_has_a_key_a_line_newest_first_and_comments(home: Path) -> None:
    keys = of_file(home, f"# newest\n{ONE} # since June\n\n  {OTHER}\n")
    assert [key.text() for key in keys.all()] == [ONE, OTHER]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("canary", "is no base64"),
        ("canäry==", "is no base64"),
        (base64.b64encode(b"canary" * 4).decode(), "has 24 bytes"),
        (base64.b64encode(bytes(32)).decode(), "is one byte over and over"),
        (base64.b64encode(b"a" * 32).decode(), "is one byte over and over"),
        (ONE.replace("/", "_").replace("+", "-")[:-1], "is no base64"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_by_its_place(home: Path, text: str, problem: str) -> None:
    with pytest.raises(StoreUnavailable) as of_variable_:
        of_variable(f"{OTHER},{text}").newest()
    with pytest.raises(StoreUnavailable) as of_file_:
        of_file(home, f"# newest first\n{OTHER}\n{text}").newest()
    for raised, place in ((of_variable_, "place 2 of CONNECTORY_MASTER_KEYS"), (of_file_, f"line 3 of {home}")):
        message = str(raised.value)
        assert problem in message
        assert place in message
        assert text not in message


def test_a_key_that_stands_twice_is_refused(home: Path) -> None:
    with pytest.raises(StoreUnavailable, match="stands twice"):
        of_variable(f"{ONE},{OTHER},{ONE}").all()


def test_nothing_is_read_or_made_before_a_key_is_needed(home: Path) -> None:
    of_variable("nonsense")
    keys = of_file(home)
    assert (keys.all(), keys.find("1a2b3c4d"), home.exists()) == ((), None, False)


def test_a_key_is_made_at_first_need_where_only_its_owner_reads_it(home: Path) -> None:
    key = of_file(home / "deep").newest()
    path = home / "deep" / "master.key"
    assert path.read_text() == f"{key.text()}\n"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert os.listdir(path.parent) == ["master.key"]
    assert of_file(home / "deep").newest().id == key.id


def test_a_file_without_a_key_in_it_is_left_to_its_author(home: Path) -> None:
    with pytest.raises(StoreUnavailable, match="There is no master key in the file"):
        of_file(home, "# to come\n").newest()


def test_a_file_that_others_can_read_is_refused(home: Path) -> None:
    with pytest.raises(StoreUnavailable, match=f"chmod 600 {home}/master.key"):
        of_file(home, ONE, mode=0o640).newest()


def test_a_file_that_cannot_be_read_is_told_of(home: Path) -> None:
    (home / "master.key").mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="cannot be used: is a directory"):
        of_file(home).newest()


def test_all_who_need_a_first_key_at_once_get_the_same(home: Path) -> None:
    rings = [of_file(home) for _ in range(16)]
    found: list[str] = []
    start = threading.Barrier(len(rings))

    def need(keys: KeyRing) -> None:
        start.wait()
        found.append(keys.newest().id)

    _all_at_once([threading.Thread(target=need, args=[keys]) for keys in rings])
    assert len(found) == 16
    assert set(found) == {of_file(home).newest().id}


def test_a_new_key_goes_before_the_others_and_comments_stay(home: Path) -> None:
    new = of_file(home, f"# old\n{ONE}\n").add_key()
    assert (home / "master.key").read_text() == f"{new.text()}\n# old\n{ONE}\n"
    assert stat.S_IMODE((home / "master.key").stat().st_mode) == 0o600


def test_keys_that_are_added_at_once_are_all_there(home: Path) -> None:
    rings = [of_file(home, ONE if at == 0 else None) for at in range(8)]
    added: list[str] = []
    _all_at_once([threading.Thread(target=lambda keys=keys: added.append(keys.add_key().id)) for keys in rings])
    assert {key.id for key in of_file(home).all()} == {*added, MasterKey.read(ONE, at="").id}


def test_a_file_behind_a_link_is_changed_where_it_is(home: Path, tmp_path: Path) -> None:
    of_file(home, ONE)
    link = tmp_path / "linked"
    link.mkdir()
    (link / "master.key").symlink_to(home / "master.key")
    new = of_file(link).add_key()
    assert (link / "master.key").is_symlink()
    assert of_file(home).newest().id == new.id


def test_a_key_that_somebody_else_added_is_found_and_used(home: Path) -> None:
    mine = of_file(home, ONE)
    assert mine.newest().text() == ONE
    new = of_file(home).add_key()
    assert mine.find(new.id) is not None
    assert mine.newest().id == new.id


def test_keys_of_a_variable_are_added_by_its_author(home: Path) -> None:
    with pytest.raises(StoreUnavailable, match="put a new key before the others"):
        of_variable(ONE).add_key()


def _all_at_once(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

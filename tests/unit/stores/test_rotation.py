"""Rotation: everything is sealed with the newest key in the end, whatever happens meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectory.errors import StoreUnavailable
from connectory.secret import Secret
from connectory.stores.master_keys import KeyRing, MasterKey
from connectory.stores.protocol import Query
from connectory.stores.rotation import Pending, pending, rotate
from connectory.stores.sealed_rows import Unopened
from connectory.stores.sealing import Unopenable
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import API_KEY, CANARY, draft, key_of, opened, ring


@pytest.fixture
def keys(store: SQLStore, home: Path) -> KeyRing:
    """The keys of the home: an old one, with which five secrets are sealed, and a new one."""
    for id in "abcde":
        store.save(draft(id, key=f"{CANARY}-{id}"), expected=None, by="ada")
    keys = KeyRing.of_environment({}, home)
    keys.add_key()
    return keys


def secrets(store: SQLStore) -> list[Secret]:
    return [record.secrets[API_KEY] for record in store.page(Query()).records]


ALL = [Secret(f"{CANARY}-{id}") for id in "abcde"]


def test_everything_is_sealed_with_the_newest_key(store: SQLStore, keys: KeyRing, home: Path) -> None:
    new, old = keys.all()
    done = rotate(store, keys, batch_size=2)
    assert (done.newest, done.before, done.resealed, done.left, done.unopenable) == (new.id, {old.id: 5}, 5, 0, ())
    with opened(home, KeyRing.of(new)) as with_the_new_key_only:
        assert secrets(with_the_new_key_only) == ALL


def test_rotation_changes_no_revision_and_no_history(store: SQLStore, keys: KeyRing) -> None:
    before = store.page(Query()), store.history("a")
    rotate(store, keys)
    assert (store.page(Query()), store.history("a")) == before


def test_a_second_rotation_finds_nothing_to_do(store: SQLStore, keys: KeyRing) -> None:
    rotate(store, keys)
    assert (rotate(store, keys).resealed, pending(store, keys).left) == (0, 0)


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(store: SQLStore, keys: KeyRing) -> None:
    old = keys.all()[1]
    dry = rotate(store, keys, dry_run=True)
    assert (dry.resealed, dry.left, dry.dry_run) == (5, 5, True)
    assert store.sealed_rows.counts() == {old.id: 5}


def test_what_is_pending_is_told_by_key(store: SQLStore, keys: KeyRing) -> None:
    new, old = keys.all()
    store.save(draft("f"), expected=None, by="ada")
    assert pending(store, keys) == Pending(
        newest=new.id, counts={old.id: 5, new.id: 1}, known=frozenset({new.id, old.id})
    )
    assert (pending(store, keys).left, pending(store, keys).unknown) == (5, ())
    assert pending(store, KeyRing.of(new)).unknown == (old.id,)


def test_progress_is_told_after_every_batch(store: SQLStore, keys: KeyRing) -> None:
    told: list[tuple[int, int]] = []
    rotate(store, keys, batch_size=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_secrets_that_cannot_be_opened_are_listed_and_left_as_they_are(
    store: SQLStore, keys: KeyRing, home: Path
) -> None:
    _change(home, "UPDATE connection_secrets SET sealed = x'0102' WHERE id = 'b'")
    _change(home, "UPDATE connection_secrets SET key_id = '1a2b3c4d' WHERE id = 'd'")
    old = keys.all()[1]
    done = rotate(store, keys, batch_size=1)
    assert (done.resealed, done.left) == (3, 0)
    assert done.unopenable == (
        _unopened("b", old.id, Unopenable.DAMAGED),
        _unopened("d", "1a2b3c4d", Unopenable.NO_KEY),
    )
    assert [secret.at_hand for secret in secrets(store)] == [True, False, True, False, True]


def _unopened(id: str, key_id: str, reason: Unopenable) -> Unopened:
    return Unopened(space="default", id=id, field="/credential/api_key", key_id=key_id, reason=reason)


def _change(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "connectory.db")) as connection, connection:
        connection.execute(statement)


def test_a_secret_that_is_saved_meanwhile_is_never_overwritten(store: SQLStore, keys: KeyRing) -> None:
    [[row]] = [store.sealed_rows.batch("connection_secrets", "sealed", after=None, but=None, size=1)]
    value = store.sealer.seal("what it was when rotation looked", row.place)
    store.save(draft("a", key="sk-newer-0123456789"), expected=1, by="bob")
    assert store.sealed_rows.swap([(row, value)]) == 0
    assert key_of(store, "a") == Secret("sk-newer-0123456789")


def test_a_connection_that_is_removed_meanwhile_stays_away(store: SQLStore, keys: KeyRing) -> None:
    rotate(store, keys, batch_size=1, progress=_once(lambda: store.remove("c", by="bob")))
    assert store.ids() == ["a", "b", "d", "e"]
    assert secrets(store) == [secret for secret in ALL if secret != ALL[2]]


def _once(act: Callable[[], None]) -> Callable[[int, int], None]:
    def when_one_is_done(done: int, total: int) -> None:
        if done == 1:
            act()

    return when_one_is_done


def test_a_rotation_that_broke_off_is_finished_by_the_next(store: SQLStore, keys: KeyRing) -> None:
    def break_off(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(store, keys, batch_size=2, progress=break_off)
    assert (pending(store, keys).left, secrets(store)) == (3, ALL)
    assert rotate(store, keys).resealed == 3


def test_a_store_that_is_open_seals_with_the_new_key_at_once(store: SQLStore, keys: KeyRing) -> None:
    store.save(draft("f"), expected=None, by="ada")
    assert store.sealed_rows.counts()[keys.newest().id] == 1


def test_without_any_key_everything_is_listed(store: SQLStore, keys: KeyRing, tmp_path: Path) -> None:
    nothing = KeyRing.of_environment({}, tmp_path / "elsewhere")
    done = rotate(store, nothing)
    assert (done.newest, done.resealed, len(done.unopenable)) == (None, 0, 5)
    assert not (tmp_path / "elsewhere").exists()


def test_keys_that_cannot_be_used_stop_a_rotation(store: SQLStore, keys: KeyRing) -> None:
    with pytest.raises(StoreUnavailable):
        rotate(store, KeyRing.of_environment({"CONNECTORY_MASTER_KEYS": "nonsense"}, Path("/")))


def test_rotation_between_homes_takes_both_keys(store: SQLStore, keys: KeyRing) -> None:
    new = MasterKey.new()
    assert rotate(store, ring()).resealed == 0
    assert rotate(store, KeyRing.of(new, *keys.all())).resealed == 5
    assert store.sealed_rows.counts() == {new.id: 5}

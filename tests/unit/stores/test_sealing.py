"""Secrets at rest: sealed by purpose, bound to their place, and never in the way of others."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary

from connectory.errors import SecretUnavailable
from connectory.secret import Secret
from connectory.stores.master_keys import KeyRing, MasterKey
from connectory.stores.pointers import place_of, pointer_of
from connectory.stores.protocol import Query
from connectory.stores.sealing import LAYOUT, SEALED_COLUMNS, SealedPlace, SealedValue, Sealer, Unopenable
from connectory.stores.sql.store import SQLStore
from connectory.stores.sql.tables import metadata
from tests.unit.stores.keeping import API_KEY, CANARY, draft, key_of, opened, ring

PLACE = SealedPlace(table="connection_secrets", column="sealed", space="default", id="gpt", field="/credential/api_key")


def test_what_is_sealed_opens_at_its_place() -> None:
    sealer = Sealer(ring())
    assert sealer.open(sealer.seal(CANARY, PLACE), PLACE) == CANARY


@given(st.text())
def test_any_text_can_be_sealed(text: str) -> None:
    sealer = Sealer(KeyRing.of(MasterKey(bytes(range(32)))))
    assert sealer.open(sealer.seal(text, PLACE), PLACE) == text


def test_a_sealed_value_says_its_layout_and_nothing_twice() -> None:
    sealer = Sealer(ring())
    first, second = sealer.seal(CANARY, PLACE), sealer.seal(CANARY, PLACE)
    assert (first.data[0], len(first.data)) == (LAYOUT, 1 + 12 + len(CANARY) + 16)
    assert first.data[1:13] != second.data[1:13]
    assert CANARY.encode() not in first.data


@pytest.mark.parametrize(
    "part", [field.name for field in dataclasses.fields(SealedPlace) if field.name in PLACE.__slots__]
)
def test_a_value_that_was_moved_cannot_be_opened(part: str) -> None:
    sealer = Sealer(ring())
    value, moved = sealer.seal(CANARY, PLACE), dataclasses.replace(PLACE, **{part: "other"})
    if part in ("table", "column"):  # there is one column yet: two places must not give the same bytes
        assert moved.bound(value.key_id) != PLACE.bound(value.key_id)
    else:
        assert sealer.open(value, moved) is Unopenable.DAMAGED


@given(st.lists(st.text(max_size=3), min_size=5, max_size=5), st.lists(st.text(max_size=3), min_size=5, max_size=5))
def test_no_two_places_are_bound_alike(one: list[str], other: list[str]) -> None:
    names = ("table", "column", "space", "id", "field")
    bound = [SealedPlace(**dict(zip(names, parts, strict=True))).bound("1a2b3c4d") for parts in (one, other)]
    assert (bound[0] == bound[1]) == (one == other)


def test_a_value_is_bound_to_its_key_and_its_layout() -> None:
    key = MasterKey.new()
    value = Sealer(KeyRing.of(key)).seal(CANARY, PLACE)
    assert PLACE.bound(key.id) != PLACE.bound("1a2b3c4d")
    assert Sealer(KeyRing.of(key)).open(SealedValue(b"\x02" + value.data[1:], key.id), PLACE) is Unopenable.DAMAGED


@pytest.mark.parametrize("at", [0, 1, 12, 13, -17, -1])
def test_a_byte_that_was_changed_is_found(at: int) -> None:
    sealer = Sealer(ring())
    value = sealer.seal(CANARY, PLACE)
    changed = bytearray(value.data)
    changed[at] ^= 1
    assert sealer.open(SealedValue(bytes(changed), value.key_id), PLACE) is Unopenable.DAMAGED


@pytest.mark.parametrize("size", [0, 1, 12, 13, 20, 28])
def test_a_value_that_was_cut_off_is_found(size: int) -> None:
    sealer = Sealer(ring())
    value = sealer.seal(CANARY, PLACE)
    assert sealer.open(SealedValue(value.data[:size], value.key_id), PLACE) is Unopenable.DAMAGED


def test_another_key_opens_nothing() -> None:
    value = Sealer(ring()).seal(CANARY, PLACE)
    assert Sealer(ring()).open(value, PLACE) is Unopenable.NO_KEY
    assert Sealer(ring()).secret(value, PLACE) == Secret.sealed(value.key_id)


def test_sealing_takes_the_newest_key_and_opening_whichever_it_was() -> None:
    old, new = MasterKey.new(), MasterKey.new()
    before, sealer = Sealer(KeyRing.of(old)).seal(CANARY, PLACE), Sealer(KeyRing.of(new, old))
    assert (sealer.open(before, PLACE), sealer.seal(CANARY, PLACE).key_id) == (CANARY, new.id)


@given(st.lists(st.text(), min_size=1).map(tuple))
def test_the_path_of_a_secret_can_be_read_back(place: tuple[str, ...]) -> None:
    pointer = pointer_of(place)
    assert place_of(pointer) == place
    assert "\0" not in pointer


def test_every_binary_column_is_sealed_and_known_to_rotation() -> None:
    binary = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary == set(SEALED_COLUMNS)


@pytest.mark.parametrize("table", sorted({table for table, _ in SEALED_COLUMNS}))
def test_a_table_with_sealed_values_has_the_columns_of_a_place(table: str) -> None:
    assert {"space", "id", "field", "key_id"} <= set(metadata.tables[table].c.keys())


def test_no_two_columns_share_a_purpose() -> None:
    assert len(set(SEALED_COLUMNS.values())) == len(SEALED_COLUMNS)


def test_no_secret_is_in_the_file_of_a_store(store: SQLStore, home: Path) -> None:
    store.save(draft(headers={"X-Api-Key": f"{CANARY}-2"}), expected=None, by="ada")
    store.save(draft(headers={"X-Api-Key": f"{CANARY}-3"}), expected=1, by="ada")
    store.close()
    assert [path.name for path in home.iterdir() if CANARY.encode() in path.read_bytes()] == []


def test_a_secret_whose_key_is_not_here_stays_sealed_and_hides_nothing_else(store: SQLStore, home: Path) -> None:
    store.save(draft("a"), expected=None, by="ada")
    with opened(home, ring()) as elsewhere:
        elsewhere.save(draft("b"), expected=None, by="bob")
        assert elsewhere.page(Query()).records[1].secrets == draft("b").secrets
        with pytest.raises(SecretUnavailable, match="it wants the master key"):
            key_of(elsewhere, "a").reveal()


def test_a_secret_that_was_changed_in_the_file_stays_sealed_and_hides_nothing_else(store: SQLStore, home: Path) -> None:
    for id in "ab":
        store.save(draft(id), expected=None, by="ada")
    key_id = store.sealer.keys.newest().id
    with closing(sqlite3.connect(home / "connectory.db")) as connection, connection:
        connection.execute("UPDATE connection_secrets SET sealed = x'0102' WHERE id = 'a'")
    assert [record.secrets[API_KEY] for record in store.page(Query()).records] == [
        Secret.sealed(key_id),
        Secret(CANARY),
    ]


def test_a_secret_that_was_moved_to_another_connection_stays_sealed(store: SQLStore, home: Path) -> None:
    for id in "ab":
        store.save(draft(id), expected=None, by="ada")
    with closing(sqlite3.connect(home / "connectory.db")) as connection, connection:
        [(sealed,)] = connection.execute("SELECT sealed FROM connection_secrets WHERE id = 'a'")
        connection.execute("UPDATE connection_secrets SET sealed = ? WHERE id = 'b'", [sealed])
    assert not key_of(store, "b").at_hand


def test_a_secret_that_cannot_be_opened_is_kept_when_the_rest_is_changed(store: SQLStore, home: Path) -> None:
    store.save(draft(), expected=None, by="ada")
    with opened(home, ring()) as elsewhere:
        record = elsewhere.get("gpt")
        assert record is not None
        elsewhere.save(draft(model="b", key=record.secrets[API_KEY]), expected=1, by="bob")
    assert key_of(store) == Secret(CANARY)


def test_a_secret_that_cannot_be_opened_can_be_given_again(store: SQLStore, home: Path) -> None:
    store.save(draft(), expected=None, by="ada")
    with opened(home, ring()) as elsewhere:
        assert elsewhere.save(draft(), expected=1, by="bob").revision == 2
        assert key_of(elsewhere) == Secret(CANARY)


def test_a_store_without_secrets_takes_no_master_key(home: Path) -> None:
    keys = KeyRing.of_environment({"CONNECTORY_MASTER_KEYS": "nonsense"}, home)
    with opened(home, keys) as store:
        store.save(draft(key=Secret.env("KEY")), expected=None, by="ada")
        assert store.ids() == ["gpt"]
    assert not (home / "master.key").exists()

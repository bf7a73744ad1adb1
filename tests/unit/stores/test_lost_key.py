"""A master key that is lost: nothing is sealed with one that splits the store, and there is a way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectory.errors import StoreUnavailable
from connectory.secret import Secret
from connectory.stores.master_keys import MasterKey
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import draft, key_of, opened


def test_no_first_key_is_made_beside_secrets_that_are_sealed_with_another(store: SQLStore, home: Path) -> None:
    store.save(draft("a"), expected=None, by="ada")
    key_id = store.sealer.keys.newest().id
    (home / "master.key").rename(home / "elsewhere")
    with opened(home) as without, pytest.raises(StoreUnavailable, match=f"sealed with the key {key_id}: put it there"):
        without.save(draft("b"), expected=None, by="ada")
    assert not (home / "master.key").exists()


def test_with_a_new_key_the_secrets_can_be_given_again(store: SQLStore, home: Path) -> None:
    store.save(draft("a"), expected=None, by="ada")
    (home / "master.key").write_text(MasterKey.new().text())
    with opened(home) as anew:
        assert not key_of(anew, "a").at_hand
        anew.save(draft("a"), expected=1, by="ada")
        assert key_of(anew, "a") == key_of(store, "a") == Secret("sk-canary-0123456789abcdef")


def test_the_only_connection_with_a_secret_can_be_given_it_again(store: SQLStore, home: Path) -> None:
    store.save(draft("a"), expected=None, by="ada")
    (home / "master.key").unlink()
    with opened(home) as anew:
        anew.save(draft("a"), expected=1, by="ada")
        assert key_of(anew, "a").at_hand

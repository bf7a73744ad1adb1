"""Connections to keep, keys to seal them with, and stores to keep them in."""

from __future__ import annotations

import os
from pathlib import Path

from connectory.dialects import own
from connectory.dialects.kept import Place
from connectory.secret import Secret
from connectory.stores.connections import draft_of
from connectory.stores.master_keys import KeyRing, MasterKey
from connectory.stores.opening import open_store
from connectory.stores.protocol import Draft
from connectory.stores.sql.store import SQLStore

API_KEY: Place = ("credential", "api_key")
CANARY = "sk-canary-0123456789abcdef"


def draft(id: str = "gpt", *, space: str = "default", key: str | Secret = CANARY, **settings: object) -> Draft:
    """A connection with an API key, as a store takes it."""
    return draft_of(own.read(id, {"credential": {"api_key": key}, "model": "gpt-test", **settings}, space=space))


def ring() -> KeyRing:
    """One new master key."""
    return KeyRing.of(MasterKey.new())


def opened(folder: Path, keys: KeyRing | None = None, *, patience: float = 30.0) -> SQLStore:
    """The store in a home; its keys are those of the home if no others are given."""
    keys = keys or KeyRing.of_environment({}, folder)
    return open_store(folder / "connectory.db", keys, patience=patience)


def key_of(store: SQLStore, id: str = "gpt") -> Secret:
    """The API key of a connection in a store."""
    record = store.get(id)
    assert record is not None
    return record.secrets[API_KEY]


def environment(**variables: str) -> dict[str, str]:
    """The environment of another program of these tests."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths()), **variables}


def paths() -> list[str]:
    """Where other programs find what these tests import."""
    root = Path(__file__).parents[3]
    return [str(root / "src"), str(root), *filter(None, [os.environ.get("PYTHONPATH")])]

"""The store that a home has, or that a URL names, opened once a process."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectory.home import Home
from connectory.stores.opening import open_store

if TYPE_CHECKING:
    from connectory.stores.master_keys import KeyRing
    from connectory.stores.sql.store import SQLStore

_KEYS = "CONNECTORY_MASTER_KEYS"


def opened(home: Home, environ: Mapping[str, str]) -> SQLStore:
    """The store, which is made if it is not there. Raises StoreUnavailable."""
    place = home.database_url or str(home.database)
    return _opened(place, str(home.folder), environ.get(_KEYS), _state_of(place))


def keys_of(home: Home, environ: Mapping[str, str]) -> KeyRing:
    """The master keys that seal in it. Raises StoreUnavailable."""
    return _ring(str(home.folder), environ.get(_KEYS))


@functools.lru_cache(maxsize=8)
def _opened(place: str, folder: str, keys: str | None, state: object) -> SQLStore:
    """`state` is of the file: one that took the place of another is opened anew."""
    return open_store(place, _ring(folder, keys))


def _ring(folder: str, keys: str | None) -> KeyRing:
    from connectory.stores.master_keys import KeyRing  # it brings cryptography

    return KeyRing.of_environment({_KEYS: keys} if keys else {}, Path(folder))


def _state_of(place: str) -> object:
    try:
        found = os.stat(place)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino

"""Opens the store that a path or a URL names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from connectory.errors import StoreUnavailable
from connectory.stores.limits import Limits

if TYPE_CHECKING:
    from connectory.stores.master_keys import KeyRing
    from connectory.stores.sql.store import SQLStore

PATIENCE = 30.0
"""Seconds to wait for others who write in the same store."""


def open_store(
    place: str | os.PathLike[str], keys: KeyRing, *, limits: Limits | None = None, patience: float = PATIENCE
) -> SQLStore:
    """The store in an SQLite file, or in the database that a URL (`sqlite:///...`, `postgresql://...`) names.

    What is not there is made, and an older schema brought up to date. The keys are read when there is a secret to seal
    or to open. `patience` is in seconds. Raises StoreUnavailable.
    """
    try:
        from connectory.stores.sql.opening import opened
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "The store takes SQLAlchemy, which comes with `pip install 'connectory[store]'`."
        ) from error
    named = place if isinstance(place, str) and "://" in place else Path(place)
    return opened(named, keys, limits=limits or Limits(), patience=patience)

"""Which database a path or a URL names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from connectory.errors import StoreUnavailable
from connectory.stores.limits import Limits
from connectory.stores.master_keys import KeyRing
from connectory.stores.sealing import Sealer
from connectory.stores.sql import postgres, schema, sqlite
from connectory.stores.sql.database import Database
from connectory.stores.sql.store import SQLStore

_WHAT_IS_MEANT = "Give the path of a file, `sqlite:////path/to/file`, or `postgresql://user@host/database`."


def opened(place: str | Path, keys: KeyRing, *, limits: Limits, patience: float) -> SQLStore:
    """The store at a path or a URL, at the newest schema. Raises StoreUnavailable."""
    if isinstance(place, Path):
        database = sqlite.database(place, patience=patience)
    else:
        database = _named_by(_url(place), patience=patience)
    try:
        schema.bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return SQLStore(database, Sealer(keys), limits=limits)


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        pass
    raise StoreUnavailable(f"The URL of the store is none that can be read. {_WHAT_IS_MEANT}")


def _named_by(url: URL, *, patience: float) -> Database:
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite":
        if not url.database or url.database == ":memory:" or url.host:
            raise StoreUnavailable(f"The URL of the store names no file. {_WHAT_IS_MEANT}")
        return sqlite.database(Path(url.database), patience=patience)
    if backend in ("postgresql", "postgres"):
        return postgres.database(url, patience=patience)
    raise StoreUnavailable(f"A store cannot be kept in {backend!r}. {_WHAT_IS_MEANT}")

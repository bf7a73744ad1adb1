"""PostgreSQL: where many processes share one store."""

from __future__ import annotations

from sqlalchemy import URL, Connection, create_engine, text

from connectory.errors import StoreUnavailable
from connectory.stores.sql.database import Database, with_own_connections

DRIVER = "postgresql+psycopg"

_REASONS = {
    "08": "the server cannot be reached; look whether it runs, and whether the URL is right",
    "28": "the server does not take the user or the password of the URL",
    "3D": "the server has no database of this name; make it, or correct the URL",
    "25": "it can only be read at the moment; name the server that takes writes",
    "40": "others changed the same at the same time; try again",
    "42501": "the user of the URL may not do this there; grant it the schema",
    "53": "the server has no room left, on its disk or for connections; make some and try again",
    "55": "others held it for too long; try again",
    "57": "the server is being shut down or gave up; try again",
    "58": "the server's disk does not read or write it",
    "XX": "it is damaged; restore the last backup",
}
"""By SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

_SCHEMA_LOCK = 7_226_154_903
"""Any number that nobody else locks."""


def database(url: URL, *, patience: float) -> Database:
    """The database that a URL names. `patience` is how long to wait for the server, and for others who write, in
    seconds. Raises StoreUnavailable.
    """
    place = f"store {url.database} of PostgreSQL at {url.host or 'this machine'}"
    try:
        engine = create_engine(
            url.set(drivername=DRIVER),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(int(patience), 2), "options": _options(url, patience)},
        )
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            f"The {place} cannot be used: that takes psycopg, which comes with `pip install 'connectory[postgres]'`."
        ) from error
    with_own_connections(engine)
    return Database(
        place=place,
        reader=engine.execution_options(isolation_level="REPEATABLE READ"),
        writer=engine,
        lock_schema=_lock_schema,
        reason=_reason,
    )


def _options(url: URL, patience: float) -> str:
    given = url.query.get("options", "")
    return f"-c lock_timeout={int(patience * 1000)} {given if isinstance(given, str) else ' '.join(given)}".strip()


def _lock_schema(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})


def _reason(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)
    if state is None:  # psycopg has none for what goes wrong before there is a connection
        return "there is no connection; look whether the server runs, and whether host, user, password and database fit"
    reason = _REASONS.get(state) or _REASONS.get(state[:2])
    return reason or f"it failed ({type(error).__name__}, SQLSTATE {state})"

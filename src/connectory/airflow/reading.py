"""An Airflow connection, wherever Airflow found it, becomes one of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from connectory.connection import Connection

_FIELDS = ("host", "login", "password", "schema", "port", "extra", "description")


def connection_of(found: Any) -> Connection:
    """The connection that a `Connection` of Airflow's (of its task SDK, or its core's) describes.

    It is under the operator's rules of the network, as every other one is, and its secrets are masked in logs from here
    on. Raises DocumentError.
    """
    from connectory.catalog import Catalog
    from connectory.dialects import airflow

    read = airflow.read(found.conn_id, fields_of(found), source="the Airflow connection")
    connection = Catalog.open().completed(read)
    _mask(connection)
    return connection


def fields_of(found: Any) -> Mapping[str, Any]:
    """Its fields as a document; of what type it is does not matter to who asks for it by its id."""
    given = {name: getattr(found, name, None) for name in _FIELDS}
    return {"conn_type": "openai", **{name: value for name, value in given.items() if value not in (None, "")}}


@contextmanager
def explained(conn_id: str) -> Iterator[None]:
    """Airflow takes a variable that it cannot read for none, and says that nobody knows the connection: here, why."""
    from airflow.exceptions import AirflowNotFoundException  # type: ignore[attr-defined]  # where 3.0 has it too

    try:
        yield
    except AirflowNotFoundException as error:
        if reason := _wrong_with_variable(conn_id):
            raise AirflowNotFoundException(f"{error}: {reason}") from None
        raise


def _wrong_with_variable(conn_id: str) -> str | None:
    from connectory.dialects import airflow
    from connectory.dialects.airflow_env import PREFIX
    from connectory.errors import DocumentError

    name = PREFIX + conn_id.upper()
    try:
        if value := os.environ.get(name):
            airflow.read(conn_id, value, source=f"variable {name}")
    except DocumentError as error:
        return str(error)
    return None


def _mask(connection: Connection) -> None:
    """Airflow masks by the names of keys, and knows neither certificates nor headers for secrets."""
    from airflow.sdk.log import mask_secret

    from connectory.connection import secrets_of
    from connectory.errors import SecretUnavailable

    for _, secret in secrets_of(connection):
        with suppress(SecretUnavailable):
            for spelled in _spellings(secret.reveal()):
                mask_secret(spelled)


def _spellings(secret: str) -> Iterator[str]:
    """As it is, as it stands in a URL, and without the word before it (`Bearer`)."""
    yield secret
    if not secret.isalnum():
        yield from (quote(secret, safe=""), quote_plus(secret))
    if len(words := secret.split()) == 2:
        yield words[1]

"""An Airflow connection, wherever Airflow found it, becomes one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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


def _mask(connection: Connection) -> None:
    """Airflow masks by the names of keys, and knows neither certificates nor headers for secrets."""
    from airflow.sdk.log import mask_secret

    from connectory.connection import secrets_of

    for _, secret in secrets_of(connection):
        if secret.at_hand:
            mask_secret(secret.reveal())

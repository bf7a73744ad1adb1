"""Elastic's words in Kibana's API: the body that makes a connector (`POST /api/actions/connector`), and the same with
what the API adds when it gives the connector out.

Source: https://www.elastic.co/docs/api/doc/kibana/group/endpoint-connectors
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from connectory.connection import Connection
from connectory.dialects import kibana_reading, kibana_secretless, kibana_writing, own
from connectory.dialects.kibana_words import Envelope
from connectory.dialects.plain_values import is_given
from connectory.secret import may_be_a_key

_GIVEN_OUT = (
    *("id", "is_preconfigured", "is_deprecated", "is_missing_secrets", "is_system_action"),
    *("is_connector_type_deprecated", "referenced_by_count", "auth_mode"),
)
"""What the API adds. Such a body never has secrets."""

_BODY = Envelope(type_key="connector_type_id", ignored=_GIVEN_OUT)
_LENGTH = 64
"""Characters that Kibana takes in the id of a connector."""


def read(
    id: str, body: object, *, default_model: str | None = None, space: str = "default", source: str = ""
) -> Connection:
    """The connection that a body (`name`, `connector_type_id`, `config`, `secrets`) describes.

    In one that Kibana's API has given out, without secrets, these are missing, with a warning at `secrets`.
    `default_model` is written into an OpenAI connector that names none. Raises DocumentError.
    """
    read_with = kibana_secretless.read if _is_given_out(body) else kibana_reading.read
    return read_with(id, body, _BODY, default_model=default_model, space=space, source=source)


def write(connection: Connection, *, public: bool = False) -> dict[str, Any]:
    """The body that makes this connection. No secret stands outside `secrets`; with `public` that is left out.

    Raises DialectError with the path of everything that has no words there, and of secrets that cannot be had.
    """
    return kibana_writing.write(connection, _BODY, public=public)


def is_other_type(body: object) -> bool:
    """Whether it is a connector that has nothing to do with OpenAI (`.slack`, `.email`, ...)."""
    return kibana_reading.is_other_type(body, _BODY)


def id_from_name(name: str) -> str:
    """An id for a connector that has none: the same for the same name each time (`My connector` -> `my-connector`)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:_LENGTH].strip("-_")
    if own.is_id(words) and not may_be_a_key(name):
        return words
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"connector-{digest[:12]}"


def _is_given_out(body: object) -> bool:
    if not isinstance(body, Mapping) or is_given(body.get("secrets")):
        return False
    return any(key in body for key in _GIVEN_OUT)

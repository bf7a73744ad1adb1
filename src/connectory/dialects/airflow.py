"""Airflow's words: the OpenAI connection of Apache Airflow, with the keys of ours that may stand in its `extra`.

Source: apache-airflow-providers-openai 2.2.0, `connections.rst` and `hooks/openai.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.airflow_keys import PATHS
from connectory.dialects.airflow_translation import CONNECTION_TYPES, Translation
from connectory.dialects.airflow_value import NO_URI, AirflowFields, from_mapping, parse
from connectory.dialects.airflow_wording import Wording, public_wording, unsayable
from connectory.dialects.json_text import BOM
from connectory.dialects.loss import require_same
from connectory.dialects.plain_values import Gathering, Wrong
from connectory.dialects.reading import Reader
from connectory.errors import DialectError, DocumentError

DEFAULT_ID = "openai_default"
WORDS = "Airflow's words"

_REASONS = {
    "foreign.airflow": "does not go with what the connection says now; remove it there",
    "client.organization": "is what `credential.organization` says already; leave one of the two out",
    "client.project": "is what `credential.project` says already; leave one of the two out",
}


def read(id: str, value: str | Mapping[str, Any], *, space: str = "default", source: str = "") -> Connection:
    """The connection that an Airflow value (URI text, JSON text, or an object) describes. Raises DocumentError."""
    kept = Gathering()
    fields = kept.read("", _parsed, value)
    if fields is None:
        raise DocumentError(own.subject(id, source), kept.problems)
    translation = Translation(id, fields)
    try:
        return own.read(
            id,
            translation.document,
            space=space,
            source=source,
            paths={**PATHS, **translation.paths},
            problems=translation.problems,
            warnings=tuple(translation.warnings()),
        )
    except DocumentError as error:
        slips = [found for found in translation.unknown() if "did you mean" in found.message]
        problems = [*error.problems, *slips]
    raise DocumentError(own.subject(id, source), problems)


def write(connection: Connection, *, public: bool = False) -> dict[str, Any]:
    """The fields of the Airflow connection that reads as this one. Raises DialectError for what they cannot say.

    `public`: without the secrets, whatever it holds, and then it need not read at all.
    """
    if public:
        return public_wording(connection).fields
    wording = Wording(connection, own.write(connection), connection.foreign.airflow)
    told = Reader()
    told.problems += [*unsayable(connection), *wording.problems]
    try:
        require_sayable(connection, wording.fields)
    except DialectError as error:
        told.judged(error.problems)
    if told.problems:
        raise DialectError(f"{own.subject(connection.id, connection.source)} in {WORDS}", told.problems)
    return wording.fields


def require_sayable(
    connection: Connection,
    value: str | Mapping[str, Any],
    *,
    words: str = WORDS,
    reasons: Mapping[str, str] = _REASONS,
) -> None:
    """Raises DialectError unless an Airflow value reads as this connection."""

    def again() -> Connection:
        same = read(connection.id, value, space=connection.space)
        return dataclasses.replace(same, identity_endpoints=connection.identity_endpoints)

    require_same(connection, again, words=words, reasons=reasons)


def is_other_type(value: str | Mapping[str, Any]) -> bool:
    """Whether a connection is of a type that has nothing to do with OpenAI (`postgres`, `http`, ...).

    One that names no type, or that cannot be read, may be ours.
    """
    if not isinstance(value, str):
        named = value.get("conn_type")
        return isinstance(named, str) and bool(named) and named not in CONNECTION_TYPES
    is_json = value.lstrip().startswith("{")
    fields = Gathering().read("", parse, value)
    if fields is None:
        return not is_json and not value.lstrip().startswith(CONNECTION_TYPES)
    return fields.conn_type not in CONNECTION_TYPES and not (is_json and not fields.conn_type)


def is_no_connection(text: str) -> bool:
    """Whether text is neither a URI nor an object: Airflow makes a connection without a key of it all the same."""
    return "://" not in text and not text.lstrip(f"{BOM} \t\r\n").startswith("{")


def _parsed(value: str | Mapping[str, Any]) -> AirflowFields:
    """Airflow takes any text for a URI and then finds no key in it; we say so."""
    if not isinstance(value, str):
        return from_mapping(value)
    fields = parse(value)
    if not fields.conn_type and is_no_connection(value):
        raise Wrong.because(NO_URI)
    return fields

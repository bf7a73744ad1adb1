"""Files of connections as `airflow connections export` writes them and `airflow connections import` reads them.

Source: apache-airflow 3.3.2, `airflow/secrets/local_filesystem.py` and `airflow/cli/commands/connection_command.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Literal

from connectory.connection import Connection
from connectory.dialects import airflow, own, yaml_file
from connectory.dialects.airflow_env import from_env
from connectory.dialects.airflow_uri import for_uri, to_uri
from connectory.dialects.airflow_value import NAMES, strangers
from connectory.dialects.json_text import doubled_keys, from_json
from connectory.dialects.plain_values import Gathering, Wrong, an_object, is_given
from connectory.dialects.words import a_kind_of, below, key_of
from connectory.errors import DialectError, DocumentError, Problem

Format = Literal["json", "yaml", "env"]

SUBJECT = "the file of Airflow connections"

_URI_WORDS = "an Airflow URI"
_REASONS = {"foreign.airflow": f"cannot be said in {_URI_WORDS}; write JSON or YAML"}

_FILE_NAMES = ("conn_id", "extra_dejson")
"""Keys of a connection that only files have."""


def read(text: str, format: Format, *, subject: str = SUBJECT) -> Mapping[str, Any]:
    """What `airflow.read` takes, by id: URI text, JSON text, or an object. `subject` is the file's name for messages.

    Raises DocumentError with everything that is wrong with the file itself, each with its line or path.
    """
    kept = Gathering()
    found = kept.read("", lambda given: _found(given, format, subject), text) or {}
    if format == "json" and found:
        kept.problems += doubled_keys(text)
    values = {id: kept.read(key_of(id), partial(value_of, id), value) for id, value in found.items()}
    if kept.problems:
        raise DocumentError(subject, kept.problems)
    return values


def write(connections: Iterable[Connection], format: Format, *, public: bool = False) -> str:
    """A file that Airflow imports. Raises DialectError with all that cannot be said, by id; with `public` nothing is
    refused, and no secret stands in it."""
    kept: list[Problem] = []
    written: dict[str, Any] = {}
    for connection in connections:
        if connection.id in written:
            kept.append(Problem(connection.id, "stands here twice, and a file has one place for an id"))
        try:
            written[connection.id] = written_of(connection, format, public=public)
        except DialectError as error:
            kept += [Problem(below(connection.id, found.path), found.message) for found in error.problems]
    if kept:
        raise DialectError(SUBJECT, kept)
    return text_of(written, format)


def written_of(connection: Connection, format: Format, *, public: bool) -> Any:
    """One connection as a file has it: an object, or the text of a URI. Raises DialectError."""
    fields = airflow.write(connection, public=public)
    if format != "env":
        return fields
    uri = to_uri(for_uri(fields))
    if not public:
        _require_line(connection, uri)
    return uri


def _require_line(connection: Connection, uri: str) -> None:
    """A line says less than an object: an id, or a type that was kept, may get in its way."""
    line = Gathering().read("", from_env, _env({connection.id: uri})) or {}
    if connection.id in line:
        airflow.require_sayable(connection, line[connection.id], words=_URI_WORDS, reasons=_REASONS)
    else:
        problem = Problem("", "has an id or a type that cannot stand in a line of such a file; write JSON or YAML")
        raise DialectError(own.subject(connection.id, connection.source), [problem])


def value_of(id: Any, value: Any) -> Any:
    """One connection of a file, as `airflow.read` takes it. Raises Wrong."""
    if not isinstance(id, str):
        raise Wrong.because("has an id that is no text; put it in quotes")
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, Mapping):
        given = a_kind_of(value) if is_given(value) else "nothing"
        raise Wrong.because(f"must be the text of a URI, or an object, not {given}")
    if problems := [*strangers(value, (*NAMES, *_FILE_NAMES)), *_contradictions(id, value)]:
        raise Wrong(*problems)
    return _fields(value)


def _contradictions(id: str, value: Mapping[str, Any]) -> Iterable[Problem]:
    if is_given(named := value.get("conn_id")) and named != id:
        yield Problem("conn_id", "is another id than the one that the connection stands under")
    if is_given(value.get("extra")) and is_given(value.get("extra_dejson")):
        yield Problem("extra_dejson", "stands beside `extra`, which says the same; leave one of the two out")


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: given for name, given in value.items() if name not in _FILE_NAMES}
    return {**fields, "extra": value["extra_dejson"]} if is_given(value.get("extra_dejson")) else fields


def _found(text: str, format: Format, subject: str) -> Mapping[Any, Any]:
    """Values by id, as they stand in the file. Raises Wrong, or DocumentError."""
    if format == "env":
        return from_env(text)
    if format == "yaml":
        return an_object(yaml_file.loads(text, subject=subject))
    return an_object(from_json(text))


def text_of(written: Mapping[str, Any], format: Format) -> str:
    """A file of connections, by id."""
    if format == "env":
        return _env(written)
    return yaml_file.dump(written) if format == "yaml" else json.dumps(written, indent=2) + "\n"


def _env(written: Mapping[str, str]) -> str:
    return "".join(f"{id}={uri}\n" for id, uri in written.items())

"""The text of an Airflow connection (JSON or URI) as its fields, as Airflow's task SDK reads it.

Source: apache-airflow-task-sdk 1.3.2, `airflow.sdk.definitions.connection`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from connectory.dialects.json_text import BOM, doubled_keys, from_json
from connectory.dialects.limits import ONE, within
from connectory.dialects.plain_values import Gathering, Wrong, a_text, a_whole_number, an_object, is_given
from connectory.dialects.words import below, choose, key_of
from connectory.errors import Problem
from connectory.urls import escape_reason, parts_of

NO_URI = "is no Airflow URI: it looks like `openai://:KEY@HOST`, with `/`, `#`, `?` and `@` in the key percent-encoded"
_TEAM = "team_name"
"""A field of core's connection, which the task SDK does not have; it says nothing of the service."""
_NO_AT = "has no `@`, so its key was read as a port; it looks like `openai://:KEY@` or `openai://:KEY@HOST`"


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowFields:
    """The fields of an Airflow connection, and what is wrong with them, with its path. `doubled` are keys of its JSON
    that stand there twice.

    `password` and `extra` hold secrets and are left out of the repr.
    """

    conn_type: str | None = None
    description: str | None = None
    host: str | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    port: int | None = None
    team_name: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()
    doubled: tuple[Problem, ...] = ()


def parse(text: str) -> AirflowFields:
    """Fields of the text of an `AIRFLOW_CONN_...` variable. Raises Wrong for text that is neither JSON nor a URI."""
    text = text.removeprefix(BOM).strip()
    within(ONE, text)
    if not text.startswith("{"):
        return _from_uri(text)
    fields = from_mapping(from_json(text, limits=ONE))
    return replace(fields, doubled=(*_doubled("", text), *fields.doubled))


def from_mapping(document: Mapping[str, Any]) -> AirflowFields:
    """Fields of a connection that is written as an object. Raises Wrong for one that is too large."""
    within(ONE, document)
    kept = Gathering()
    kept.problems += strangers(document, NAMES)
    if is_given(document.get("uri")):
        return _with_uri(document, kept)
    given = {name: kept.read(name, read, document.get(name)) for name, read in _READERS.items()}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    extra = document.get("extra")
    doubled = _doubled("extra", extra) if isinstance(extra, str) and fields.get("extra") else ()
    return AirflowFields(**fields, problems=tuple(kept.problems), doubled=tuple(doubled))


def strangers(document: Mapping[Any, Any], known: Iterable[str]) -> Iterator[Problem]:
    """A problem for every key that is no `known` field of a connection."""
    names = tuple(known)
    for key in document:
        if key not in names:
            yield Problem(key_of(key), f"is no field of an Airflow connection{choose(key, names)}")


def _with_uri(document: Mapping[str, Any], kept: Gathering) -> AirflowFields:
    for name in _READERS:
        if document.get(name) and name != _TEAM:
            kept.problem(name, "stands beside `uri`, which says everything; leave one of the two out")
    fields = kept.read("uri", lambda uri: _from_uri(a_text(uri)), document["uri"]) or AirflowFields()
    team = kept.read(_TEAM, _text, document.get(_TEAM))
    return replace(fields, team_name=team, problems=(*kept.problems, *fields.problems))


def _from_uri(text: str) -> AirflowFields:
    """`type://[scheme://][login][:password]@host[:port]/schema?query`, every part percent-encoded."""
    if reason := escape_reason(text):
        raise Wrong.because(reason)
    schemes = text.count("://")
    conn_type, _, rest = text.partition("://")
    inner = rest.partition("://")[0] if schemes == 2 else ""
    if schemes > 2 or "@" in inner or ":" in inner:
        raise Wrong.because(NO_URI)
    if not schemes:
        return AirflowFields(conn_type="", host="", schema=text[1:])
    parts = parts_of(rest if inner else "//" + rest, longest=ONE.text)
    if parts is None:
        raise Wrong.because(NO_URI if "@" in text else _NO_AT)
    kept, host = Gathering(), _host_of(parts)
    extra = kept.read("extra", _extra_of_query, parts.query)
    return AirflowFields(
        conn_type=_type_name(conn_type.lower()),
        host=f"{inner}://{host}" if inner else host,
        login=_decoded(parts.username),
        password=_decoded(parts.password),
        schema=unquote(parts.path[1:]),
        port=parts.port or None,
        extra=extra or {},
        problems=tuple(kept.problems),
    )


def _decoded(part: str | None) -> str | None:
    return part and unquote(part)


def _host_of(parts: SplitResult) -> str:
    """A plain host is lower-cased; one with an encoded path in it keeps its case."""
    host = unquote(parts.hostname or "")
    if "/" not in host:
        return host
    return unquote(parts.netloc.rpartition("@")[2].partition(":")[0])


def _extra_of_query(query: str) -> Mapping[str, Any]:
    if query.count("&") > ONE.values:
        raise Wrong.because(ONE.too_many)
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    return _extra(parameters["__extra__"]) if "__extra__" in parameters else parameters


def _extra(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and value.strip():
        value = from_json(value, limits=ONE)
        within(ONE, value)
    return an_object(value) if is_given(value) else {}


def _doubled(path: str, text: str) -> list[Problem]:
    """Of two equal keys Airflow lets the last one win."""
    return [
        Problem(below(path, found.path), "stands here twice; the last one counts, as in Airflow")
        for found in doubled_keys(text)
    ]


def _port(value: Any) -> int | None:
    """0 is none: Airflow's form has it for an empty field (https://github.com/apache/airflow/pull/73298)."""
    if not is_given(value):
        return None
    port = a_whole_number(value)
    if not 0 <= port < 65536:
        raise Wrong.because("must be from 1 to 65535")
    return port or None


def _text(value: Any) -> str | None:
    return None if value is None else a_text(value)


def _type(value: Any) -> str | None:
    return None if value is None else _type_name(a_text(value))


def _type_name(conn_type: str) -> str:
    name = conn_type.replace("-", "_")
    return "postgres" if name == "postgresql" else name


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "conn_type": _type,
    "description": _text,
    "host": _text,
    "login": _text,
    "password": _text,
    "schema": _text,
    "port": _port,
    "extra": _extra,
    _TEAM: _text,
}
"""The fields of a connection and how each is read."""

NAMES = (*_READERS, "uri")

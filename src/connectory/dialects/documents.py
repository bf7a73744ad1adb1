"""Text that holds connections in anybody's words: which words these are, and one connection after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectory.connection import Connection
from connectory.dialects import (
    airflow,
    airflow_files,
    configuration,
    kibana,
    kibana_api,
    kibana_saved_objects,
    own,
    variable,
    yaml_file,
)
from connectory.dialects.airflow_env import from_env
from connectory.dialects.airflow_stumbles import stumbles
from connectory.dialects.airflow_talk import without_talk
from connectory.dialects.json_text import doubled_keys, from_json
from connectory.dialects.plain_values import Gathering, Wrong
from connectory.dialects.words import a_kind_of, key_of
from connectory.errors import DocumentError, Problem
from connectory.provider import PROVIDERS
from connectory.setting import settings_of

AIRFLOW, ELASTIC, OURS = "Airflow", "Elastic", "connectory"

_AIRFLOWS = ("conn_type", "uri", "host", "password", "extra", "extra_dejson", "login", "schema", "port")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One connection in a text: whose words it is in, where it stands, and how it is read in a space.

    `without_secrets`: the words never carry any, so those that are kept already stay. `stumbles`: what others than we
    stumble over in it.
    """

    id: str
    words: str
    place: str
    read: Callable[[str], Connection]
    without_secrets: bool = False
    stumbles: Callable[[], Iterator[Problem]] = lambda: iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something in a text that is no connection to OpenAI: where, and what it is."""

    place: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a text is called in messages, the id of the single document that it is, and the operator's model.

    `unnamed` is the id for a document that stands alone and has none.
    """

    name: str
    id: str | None = None
    unnamed: str | None = None
    default_model: str | None = None


def found_in(text: str, source: Source) -> Iterator[Found | Skipped]:
    """Everything in a text. Raises DocumentError if the text as a whole cannot be read."""
    text = without_talk(text.removeprefix("\ufeff"))
    if source.id is not None:
        yield _single(_loaded(text, source), source)
    elif kibana_saved_objects.is_export(text):
        yield from _saved_objects(text, source)
    elif _sets_a_variable(text):
        yield from _by_id(_lines(text, source), source)
    else:
        yield from _found(_loaded(text, source), source)


def _sets_a_variable(text: str) -> bool:
    """Whether the first line that says something does."""
    saying = (line.group() for line in re.finditer(r"^[^\S\n]*[^\s#].*", text, re.MULTILINE))
    return re.match(r"\s*(?:export\s+)?[\w.-]{1,1000}\s*=", next(saying, "")) is not None


def _lines(text: str, source: Source) -> Mapping[str, Any]:
    kept = Gathering()
    values = kept.read("", from_env, text)
    if values is None:
        raise DocumentError(source.name, kept.problems)
    return values


def _loaded(text: str, source: Source) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return yaml_file.loads(text, subject=source.name)
    try:
        document = from_json(text)
        problems = doubled_keys(text)
    except Wrong as wrong:
        problems = list(wrong.problems)
    if problems:
        raise DocumentError(source.name, problems)
    return document


def _found(document: Any, source: Source) -> Iterator[Found | Skipped]:
    if isinstance(document, list):
        yield from _listed(document, source)
        return
    if _is_uri(document) and source.unnamed:
        yield _single(document, source)
        return
    if not isinstance(document, Mapping):
        raise DocumentError(source.name, [Problem("", f"holds no connections, but {a_kind_of(document)}")])
    heads = {str(key).partition(".")[0] for key in document}
    if heads & {"connectory", "xpack"}:
        yield from in_configuration(document, source)
    elif _is_document(document):
        yield _single(document, source)
    else:
        yield from _by_id(document, source)


def in_configuration(document: Mapping[Any, Any], source: Source) -> Iterator[Found | Skipped]:
    """The connections of a configuration file or a kibana.yml, whose other settings are left alone."""
    file = configuration.connections_in(document, subject=source.name, default_model=source.default_model)
    for id in [*file.ours, *(id for id in file.elastics if id not in file.ours)]:
        if id not in file.ours and kibana.is_other_type(file.elastics[id]):
            yield Skipped(place=file.source_of(id), what="a connector of another type")
        else:
            words = OURS if id in file.ours else ELASTIC
            yield _in_file(id, words, file)


def _in_file(id: str, words: str, file: configuration.Configuration) -> Found:
    return Found(id=id, words=words, place=file.source_of(id), read=lambda space: file.connection(id, space=space))


def _by_id(documents: Mapping[Any, Any], source: Source) -> Iterator[Found | Skipped]:
    """Documents by their ids, each in words of its own."""
    for key, document in documents.items():
        id = str(key) if own.is_id(str(key)) else key_of(key)
        place = f"{source.name}: {key_of(key)}"
        if id.startswith(variable.PREFIX) and isinstance(document, str):
            yield _variable(id.removeprefix(variable.PREFIX).lower(), document, place)
        elif isinstance(document, str) or (isinstance(document, Mapping) and _is_airflows(document)):
            yield _airflows(id, document, place)
        elif isinstance(document, Mapping) and "actionTypeId" in document:
            yield _entry(id, document, place, source)
        elif isinstance(document, Mapping) and "connector_type_id" in document:
            yield _body(id, document, place, source)
        else:
            yield _ours(id, document, place)


def _listed(documents: list[Any], source: Source) -> Iterator[Found | Skipped]:
    """What Kibana's API and Airflow's shell give out: a list of connections that say their ids themselves."""
    for number, document in enumerate(documents, start=1):
        place = f"{source.name}: {number}."
        if isinstance(document, Mapping) and "connector_type_id" in document:
            yield _body(_id_of(document), document, place, source)
        elif isinstance(document, Mapping) and isinstance(document.get("conn_id"), str):
            fields = {name: value for name, value in document.items() if name in (*_AIRFLOWS, "description")}
            yield _airflows(document["conn_id"], fields, place)
        else:
            raise DocumentError(source.name, [Problem(str(number), _NO_CONNECTION)])


_NO_CONNECTION = "is no connection of Kibana's API (`connector_type_id`) or of Airflow's (`conn_id`)"


def _single(document: Any, source: Source) -> Found | Skipped:
    """A document that stands alone."""
    if _is_uri(document) and (named := source.id or source.unnamed):
        return _airflows(named, document, source.name)
    if not isinstance(document, Mapping):
        told = f"is to be one connection, and holds {a_kind_of(document)}; leave --id away"
        raise DocumentError(source.name, [Problem("", told)])
    is_body = "connector_type_id" in document
    id = source.id or (_id_of(document) if is_body else source.unnamed)
    if id is None:
        raise DocumentError(source.name, [Problem("", "is one connection without an id: say which with --id")])
    if is_body:
        return _body(id, document, source.name, source)
    if "actionTypeId" in document:
        return _entry(id, document, source.name, source)
    return _airflows(id, document, source.name) if _is_airflows(document) else _ours(id, document, source.name)


def _is_document(document: Mapping[Any, Any]) -> bool:
    """Whether it is one connection, and no objects by their ids."""
    marks = ("connector_type_id", "actionTypeId", "conn_type", "uri")
    is_marked = any(isinstance(document.get(mark), str) for mark in marks) or str(document.get("provider")) in PROVIDERS
    return is_marked or (bool(document) and document.keys() <= settings_of(Connection).keys())


def _is_uri(document: Any) -> bool:
    """Whether it is an Airflow connection as one line of text (`openai://:KEY@`)."""
    return isinstance(document, str) and re.match(r"[A-Za-z][\w+.-]*://", document) is not None


def _is_airflows(document: Mapping[Any, Any]) -> bool:
    return any(name in document for name in _AIRFLOWS)


def _id_of(body: Mapping[Any, Any]) -> str:
    """The id that a connector has, or one made from its name: the same document is the same connection each time."""
    given = body.get("id")
    return given if isinstance(given, str) and given else kibana_api.id_from_name(str(body.get("name") or ""))


def _ours(id: str, document: Any, place: str) -> Found:
    return Found(id=id, words=OURS, place=place, read=lambda space: own.read(id, document, space=space, source=place))


def _variable(id: str, text: str, place: str) -> Found:
    return Found(id=id, words=OURS, place=place, read=lambda space: variable.read(id, text, space=space, source=place))


def _airflows(id: str, value: Any, place: str) -> Found | Skipped:
    if airflow.is_other_type(value) and not (isinstance(value, str) and airflow.is_no_connection(value)):
        return Skipped(place=place, what="a connection of another type")

    def read(space: str) -> Connection:
        kept = Gathering()
        fields = kept.read("", partial(airflow_files.value_of, id), value)
        if fields is None:
            raise DocumentError(own.subject(id, place), kept.problems)
        return airflow.read(id, fields, space=space, source=place)

    return Found(id=id, words=AIRFLOW, place=place, read=read, stumbles=lambda: stumbles(value))


def _entry(id: str, entry: Mapping[Any, Any], place: str, source: Source) -> Found | Skipped:
    if kibana.is_other_type(entry):
        return Skipped(place=place, what="a connector of another type")

    def read(space: str) -> Connection:
        return kibana.read(id, entry, default_model=source.default_model, space=space, source=place)

    return Found(id=id, words=ELASTIC, place=place, read=read)


def _body(id: str, body: Mapping[Any, Any], place: str, source: Source) -> Found | Skipped:
    if kibana_api.is_other_type(body):
        return Skipped(place=place, what="a connector of another type")

    def read(space: str) -> Connection:
        return kibana_api.read(id, body, default_model=source.default_model, space=space, source=place)

    return Found(id=id, words=ELASTIC, place=place, read=read, without_secrets="is_missing_secrets" in body)


def _saved_objects(text: str, source: Source) -> Iterator[Found | Skipped]:
    export = kibana_saved_objects.read_lines(text)
    if export.problems:
        raise DocumentError(source.name, export.problems)
    for line in export.found:
        yield _saved(line, source)
    for number, what in export.others.items():
        yield Skipped(place=f"{source.name}: line {number}", what=what)


def _saved(line: kibana_saved_objects.Line, source: Source) -> Found:
    place = f"{source.name}: line {line.number}"

    def read(space: str) -> Connection:
        return kibana_saved_objects.read(
            line.id, line.object, default_model=source.default_model, space=space, source=place
        )

    return Found(id=line.id, words=ELASTIC, place=place, read=read, without_secrets=True)

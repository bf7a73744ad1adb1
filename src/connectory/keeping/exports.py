"""Giving connections out, in the words of those who are to read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectory.connection import Connection, secret_places
from connectory.dialects import airflow_files, kibana, kibana_api, kibana_saved_objects, own, yaml_file
from connectory.dialects.kept import together, with_missing
from connectory.errors import DocumentError, Problem, SecretUnavailable
from connectory.secret import Secret

Documents = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form of text: how a connection is written in it, and how all of them become one text.

    `secrets`: whether it can carry any. `references`: whether secrets that are kept elsewhere may stay there.
    """

    document: Callable[[Connection, bool], Any]
    text: Callable[[Documents], str]
    secrets: bool = True
    references: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A text, the ids of the connections in it, those that could not be said with the reasons, and how many secrets
    were left out."""

    text: str
    ids: tuple[str, ...]
    refused: Mapping[str, tuple[Problem, ...]]
    left_out: int


def exported(connections: Iterable[Connection], form: Format, *, with_secrets: bool) -> Export:
    """All connections that can be said in a form, as one text."""
    documents: dict[str, Any] = {}
    refused: dict[str, tuple[Problem, ...]] = {}
    left_out = 0
    for connection in connections:
        try:
            documents[connection.id] = _document(connection, form, with_secrets)
        except DocumentError as error:
            refused[connection.id] = error.problems
        else:
            held = [secret for _, secret in secret_places(connection) if secret.at_hand or not form.references]
            left_out += 0 if with_secrets else len(held)
    return Export(text=form.text(documents), ids=tuple(documents), refused=refused, left_out=left_out)


def _document(connection: Connection, form: Format, with_secrets: bool) -> Any:
    if with_secrets:
        connection = at_hand(connection, all_of_them=not form.references)
    return form.document(connection, not with_secrets)


def at_hand(connection: Connection, *, all_of_them: bool) -> Connection:
    """The connection with every secret that is kept elsewhere in its place, or as it is where none is out of reach.

    Raises DocumentError.
    """
    if not all_of_them and not any(secret.is_sealed for _, secret in secret_places(connection)):
        return connection
    read: dict[tuple[str, ...], Secret] = {}
    problems = []
    for place, secret in secret_places(connection):
        try:
            read[place] = Secret(secret.reveal())
        except SecretUnavailable as error:
            problems.append(Problem(".".join(place), f"{error.reference} cannot be read: {error.reason}"))
    if problems:
        raise DocumentError(own.subject(connection.id, connection.source), problems)
    document = together(own.write(connection, public=True), read)
    return own.read(connection.id, document, space=connection.space, source=connection.source)


def _ours(connection: Connection, public: bool) -> Any:
    return with_missing(connection) if public else own.write(connection)


def _configuration(documents: Documents) -> str:
    return yaml_file.dump({"connectory": {"connections": dict(documents)}})


def _preconfigured(documents: Documents) -> str:
    return yaml_file.dump({"xpack.actions.preconfigured": dict(documents)})


def _configuration_as_json(documents: Documents) -> str:
    return _json({"connectory": {"connections": dict(documents)}})


def _body(connection: Connection, public: bool) -> Any:
    """Without its secrets as Kibana gives it out, by which everybody knows that there are some."""
    missing = {"is_missing_secrets": True} if public and any(secret_places(connection)) else {}
    return {**kibana_api.write(connection, public=public), **missing}


def _bodies(documents: Documents) -> str:
    return _json([{"id": id, **body} for id, body in documents.items()])


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _in_airflow(form: airflow_files.Format) -> Format:
    return Format(
        document=lambda connection, public: airflow_files.written_of(connection, form, public=public),
        text=lambda documents: airflow_files.text_of(documents, form),
    )


FORMATS: Mapping[str, Mapping[str, Format]] = {
    "connectory": {
        "yaml": Format(document=_ours, text=_configuration, references=True),
        "json": Format(document=_ours, text=_configuration_as_json, references=True),
    },
    "airflow": {"json": _in_airflow("json"), "yaml": _in_airflow("yaml"), "env": _in_airflow("env")},
    "kibana": {
        "ndjson": Format(
            document=lambda connection, public: kibana_saved_objects.saved_object(connection),
            text=kibana_saved_objects.text_of,
            secrets=False,
        ),
        "yaml": Format(
            document=lambda connection, public: kibana.write(connection, public=public), text=_preconfigured
        ),
        "json": Format(document=_body, text=_bodies),
    },
}
"""Whose words, and in which forms; the first is taken where none is named (of Elastic's that carries secrets, if they
are asked for)."""

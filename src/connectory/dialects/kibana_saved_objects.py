"""Elastic's words in an export of Kibana's saved objects: one JSON object a line. Those of the type `action` are
connectors, and secrets never travel in one.

Source: https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-export and Kibana's own
migrations of the type `action`, the last of which (8.3.0) every release that knows `.gen-ai` takes up from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectory.connection import Connection
from connectory.dialects import kibana_reading, kibana_secretless, kibana_writing, own
from connectory.dialects.json_text import doubled_keys, from_json
from connectory.dialects.kibana_api import id_from_name
from connectory.dialects.kibana_words import Envelope
from connectory.dialects.plain_values import Gathering, Wrong, an_object
from connectory.dialects.words import a_kind_of, below
from connectory.errors import DialectError, DocumentError, Problem

_ATTRIBUTES = Envelope(type_key="actionTypeId")
_TYPE = "action"
_SUMMARY = "exportedCount"
_VERSIONS = {"coreMigrationVersion": "8.8.0", "typeMigrationVersion": "8.3.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A connector in an export: the number of its line, its id, and the saved object."""

    number: int
    id: str
    object: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedObjects:
    """What an export holds. `found` can be read; `others` are connectors of other types, by the numbers of their lines;
    `skipped` counts the lines of other saved objects and the summary; `problems` are of lines that cannot be read.
    """

    found: tuple[Line, ...] = ()
    others: Mapping[int, str] = field(default_factory=dict)
    skipped: int = 0
    problems: tuple[Problem, ...] = ()


def is_export(text: str) -> bool:
    """Whether a text is such an export: its first line is a JSON object that is a saved object, or the summary."""
    first = text.lstrip().partition("\n")[0]
    try:
        line = an_object(from_json(first))
    except Wrong:
        return False
    return _SUMMARY in line or ("attributes" in line and "type" in line)


def read_lines(text: str) -> SavedObjects:
    """Every line of an export, none of which stands in another's way; blank ones count for nothing."""
    export = _Export()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            export.line(number, line)
    return SavedObjects(
        found=tuple(export.found), others=export.others, skipped=export.skipped, problems=tuple(export.problems)
    )


def _no_object(value: object) -> str:
    return f"must be an object, not {a_kind_of(value)}"


class _Export(Gathering):
    """Takes one line after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Line] = []
        self.others: dict[int, str] = {}
        self.skipped = 0

    def line(self, number: int, text: str) -> None:
        saved = self.read(f"line {number}", _object, text)
        if saved is None:
            return
        if saved.get("type") != _TYPE:
            self.skipped += 1
        elif kibana_reading.is_other_type(saved["attributes"], _ATTRIBUTES):
            self.others[number] = kibana_reading.type_for_people(saved["attributes"]["actionTypeId"])
        else:
            self.found.append(Line(number=number, id=_id(saved), object=saved))


def _object(text: str) -> Mapping[str, Any]:
    """The saved object of a line, or the summary. Raises Wrong."""
    saved = an_object(_json(text))
    if twice := doubled_keys(text):
        raise Wrong(*twice)
    if _SUMMARY not in saved and not isinstance(saved.get("type"), str):
        raise Wrong(Problem("type", "is required: a saved object says what it is"))
    if saved.get("type") == _TYPE and not isinstance(saved.get("attributes"), Mapping):
        raise Wrong(Problem("attributes", _no_object(saved.get("attributes"))))
    return saved


def _json(text: str) -> Any:
    """JSON whose faults are said by their columns, for it is one line."""
    try:
        return from_json(text)
    except Wrong as wrong:
        message = wrong.problems[0].message.replace("line 1, ", "")
    raise Wrong.because(message)


def _id(saved: Mapping[str, Any]) -> str:
    given = saved.get("id")
    return given if isinstance(given, str) and given else id_from_name(str(saved["attributes"].get("name") or ""))


def read(
    id: str,
    object: Mapping[str, Any],
    *,
    default_model: str | None = None,
    space: str = "default",
    source: str = "",
) -> Connection:
    """The connection in a saved object of the type `action`. Its secrets are missing, with a warning at `secrets`.

    `default_model` is written into an OpenAI connector that names none. Raises DocumentError, with paths below
    `attributes`.
    """
    attributes = object.get("attributes")
    if not isinstance(attributes, Mapping):
        raise DocumentError(own.subject(id, source), [Problem("attributes", _no_object(attributes))])
    entry = {key: attributes[key] for key in ("name", "actionTypeId", "config") if key in attributes}
    return kibana_secretless.read(id, entry, _ATTRIBUTES, default_model=default_model, space=space, source=source)


def saved_object(connection: Connection) -> dict[str, Any]:
    """The saved object of one connection, without its secrets.

    Raises DialectError with the path of everything else that has no words there.
    """
    entry = kibana_writing.write(connection, _ATTRIBUTES, public=True)
    return {
        "type": _TYPE,
        "id": connection.id,
        "attributes": {**entry, "isMissingSecrets": True, "secrets": {}},
        "references": [],
        "managed": False,
        **_VERSIONS,
    }


def text_of(objects: Mapping[str, Any]) -> str:
    """Saved objects, by the ids of their connections, as an export: a line each, and the summary at the end."""
    lines = list(objects.values())
    summary = {
        "excludedObjects": [],
        "excludedObjectsCount": 0,
        _SUMMARY: len(lines),
        "missingRefCount": 0,
        "missingReferences": [],
    }
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in [*lines, summary])


def write(connections: Iterable[Connection]) -> str:
    """An export that Kibana's import takes, without any secret.

    Raises DialectError with everything that has no words there, by the connections' ids.
    """
    objects: dict[str, Any] = {}
    problems: list[Problem] = []
    for connection in connections:
        try:
            objects[connection.id] = saved_object(connection)
        except DialectError as error:
            problems += [Problem(below(connection.id, problem.path), problem.message) for problem in error.problems]
    if problems:
        raise DialectError("the export of saved objects", problems)
    return text_of(objects)

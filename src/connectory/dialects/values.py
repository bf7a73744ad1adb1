"""The types that a setting can have: how each is read from a document, written back, and described by JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from connectory.connection import Headers, Query, SecretTexts
from connectory.dialects.measures import (
    LONGEST_WAIT,
    MEASURE_SCHEMA,
    ByteSize,
    Duration,
    OneOrMany,
    a_duration,
    a_size,
    one_or_many,
)
from connectory.dialects.plain_values import Gathering, Wrong, a_boolean, a_number, a_text, a_whole_number, each, texts
from connectory.dialects.secret_values import read_headers, read_secret, sendable, write_headers, write_secret
from connectory.dialects.words import choose, key_of, listed, refused
from connectory.errors import Problem
from connectory.provider import PROVIDERS, Provider
from connectory.secret import Secret, is_credential_parameter, looks_like_a_key
from connectory.setting import Setting
from connectory.transport import Timeouts

N = TypeVar("N", int, float)

_PHASES = ("connect", "read", "write", "pool")
_TEXT = {"type": "string"}
_SECONDS = {"type": ["number", "string", "null"]}


def _only(name: str) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: _TEXT}, "additionalProperties": False}


_MISSING = {
    "type": "object",
    "required": ["missing"],
    "properties": {"missing": {"const": True}},
    "additionalProperties": False,
}
SECRET_SCHEMA: dict[str, Any] = {
    "anyOf": [_TEXT, _only("env"), _only("file"), _MISSING],
    "description": "The secret itself, or the variable or file that holds it.",
}
_HEADER_SCHEMA: dict[str, Any] = {
    "anyOf": [_TEXT, _only("secret"), _only("env"), _only("file"), _MISSING],
    "description": "Text; a secret, or the variable or file that holds it.",
}


@dataclass(frozen=True, slots=True)
class ValueType:
    """How one type of setting is read, written back, and described. `read` raises Wrong.

    `takes_null`: null is a value of it, and does not mean that the setting was left out.
    """

    read: Callable[[Setting, Any], Any]
    schema: Callable[[Setting], dict[str, Any]]
    write: Callable[[Any], Any] = lambda value: value
    takes_null: bool = False


def _text(setting: Setting, value: Any) -> str:
    text = a_text(_as_a_choice(setting, value))
    if setting.choices and text not in setting.choices:
        raise Wrong.because(refused(text, "not one of the choices", setting.choices))
    return sendable(text) if setting.in_header else text


def _as_a_choice(setting: Setting, value: Any) -> Any:
    """YAML takes some choices for numbers: `minimum_version: 1.2`."""
    is_number = isinstance(value, float) or (
        isinstance(value, int) and abs(value) < 1e9 and not isinstance(value, bool)
    )
    return f"{value:g}" if is_number and any(map(_is_number, setting.choices)) else value


def _text_schema(setting: Setting) -> dict[str, Any]:
    if not setting.choices:
        return _TEXT
    return {"enum": [*setting.choices, *(float(choice) for choice in setting.choices if _is_number(choice))]}


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def _integer(setting: Setting, value: Any) -> int:
    return _enough(setting, a_whole_number(value))


def _number(setting: Setting, value: Any) -> float:
    return _enough(setting, a_number(value))


def _enough(setting: Setting, number: N) -> N:
    if setting.minimum is not None and number < setting.minimum:
        raise Wrong.because(f"must be {setting.minimum:g} or more")
    if setting.maximum is not None and number > setting.maximum:
        raise Wrong.because(f"must be {setting.maximum:g} or less")
    return number


def _number_schema(kind: str) -> Callable[[Setting], dict[str, Any]]:
    return lambda setting: {
        "type": [kind, "string"],
        **({} if setting.minimum is None else {"minimum": setting.minimum}),
        **({} if setting.maximum is None else {"maximum": setting.maximum}),
    }


def _secret(setting: Setting, value: Any) -> Secret:
    secret = read_secret(value)
    if setting.in_header and secret.at_hand:
        return Secret(sendable(secret.reveal()))
    return secret


def _seconds(value: Any) -> float | None:
    kept = Gathering()
    seconds = None if value is None else kept.read("", a_number, value)
    if kept.problems:
        raise Wrong.because(f"{kept.problems[0].message}; give seconds, or null for no limit")
    if seconds is not None and seconds <= 0:
        raise Wrong.because("must be more than 0 seconds; null means no limit")
    if seconds is not None and seconds > LONGEST_WAIT:
        raise Wrong.because(f"must be {LONGEST_WAIT:,} seconds (a year) at most; null means no limit")
    return seconds


def _timeouts(setting: Setting, value: Any) -> Timeouts:
    if not isinstance(value, Mapping):
        return Timeouts.all(_seconds(value))
    kept = Gathering()
    limits = {
        phase: kept.read(key_of(phase), partial(_phase, value), phase) for phase in dict.fromkeys([*_PHASES, *value])
    }
    if kept.problems:
        raise Wrong(*kept.problems)
    return Timeouts(**limits)


def _phase(limits: Mapping[Any, Any], phase: Any) -> float | None:
    if phase not in _PHASES:
        raise Wrong.because(f"is no phase of a request{choose(phase, _PHASES)}")
    if limits.get(phase, "") == "":
        raise Wrong.because(f"is left out; name all of {listed(_PHASES)}, or give one number for all")
    return _seconds(limits[phase])


def _write_timeouts(value: Timeouts) -> Any:
    phases = {phase: getattr(value, phase) for phase in _PHASES}
    return value.read if len(set(phases.values())) == 1 else phases


def _timeouts_schema(setting: Setting) -> dict[str, Any]:
    phases = {"properties": dict.fromkeys(_PHASES, _SECONDS), "required": list(_PHASES)}
    return {"anyOf": [_SECONDS, {"type": "object", **phases, "additionalProperties": False}]}


def _query(setting: Setting, value: Any) -> dict[str, Any]:
    each(value, lambda name, given: given)
    if not _is_json({name: given for name, given in value.items() if not isinstance(given, Secret)}):
        raise Wrong.because("must be made of what JSON can hold")
    if nested := next(
        (name for name, given in value.items() if not isinstance(given, str) and _hides_a_key(given)), None
    ):
        raise Wrong(Problem(key_of(nested), "holds a key inside an object, where it could not be kept secret"))
    return {name: _parameter(name, given) for name, given in value.items()}


def _hides_a_key(value: Any) -> bool:
    """Whether there is a credential, by its name or by its looks, somewhere in what a parameter holds."""
    if isinstance(value, Mapping):
        if _is_reference(value) or value == {"missing": True}:
            return False
        named = (
            isinstance(inner, str) and inner and is_credential_parameter(name, inner) for name, inner in value.items()
        )
        return any(named) or any(_hides_a_key(inner) for inner in value.values())
    return isinstance(value, list) and any(
        _hides_a_key(inner) or (isinstance(inner, str) and looks_like_a_key(inner)) for inner in value
    )


def _is_json(value: Any) -> bool:
    try:
        return bool(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError):
        return False


def _parameter(name: str, value: Any) -> Any:
    """Text is a secret if it is a credential, by its name or by its looks."""
    if value == {"missing": True} or (is_credential_parameter(name, "") and _is_reference(value)):
        return read_secret(value)
    return Secret(value) if isinstance(value, str) and value and is_credential_parameter(name, value) else value


def _is_reference(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("env", value.get("file")), str)


def _write_query(query: Query) -> Any:
    return {name: write_secret(value) if isinstance(value, Secret) else value for name, value in query.items()}


def _provider(setting: Setting, value: Any) -> Provider:
    if not isinstance(value, str) or value not in PROVIDERS:
        raise Wrong.because(refused(value, "no provider", PROVIDERS))
    return PROVIDERS[value]


def _map_of(schema: dict[str, Any]) -> Callable[[Setting], dict[str, Any]]:
    """An object whose parts may also be null, which means that they are left out."""
    return lambda setting: {"type": "object", "additionalProperties": {"anyOf": [schema, {"type": "null"}]}}


VALUE_TYPES: Mapping[Any, ValueType] = {
    str: ValueType(_text, _text_schema),
    bool: ValueType(lambda setting, value: a_boolean(value), lambda setting: {"type": ["boolean", "string"]}),
    int: ValueType(_integer, _number_schema("integer")),
    float: ValueType(_number, _number_schema("number")),
    Secret: ValueType(_secret, lambda setting: SECRET_SCHEMA, write_secret),
    Timeouts: ValueType(_timeouts, _timeouts_schema, _write_timeouts, takes_null=True),
    Provider: ValueType(_provider, lambda setting: {"enum": list(PROVIDERS)}, lambda provider: provider.name),
    Mapping[str, str]: ValueType(
        lambda setting, value: each(value, lambda name, text: a_text(text)), _map_of(_TEXT), dict
    ),
    tuple[str, ...]: ValueType(
        lambda setting, value: texts(value), lambda setting: {"type": "array", "items": _TEXT}, list
    ),
    Query: ValueType(_query, lambda setting: {"type": "object"}, _write_query),
    SecretTexts: ValueType(
        lambda setting, value: each(value, lambda name, given: read_secret(given)),
        _map_of(SECRET_SCHEMA),
        lambda texts: {name: write_secret(secret) for name, secret in texts.items()},
    ),
    OneOrMany: ValueType(
        lambda setting, value: one_or_many(value),
        lambda setting: {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
        list,
    ),
    Duration: ValueType(lambda setting, value: a_duration(value), lambda setting: MEASURE_SCHEMA),
    ByteSize: ValueType(lambda setting, value: a_size(value), lambda setting: MEASURE_SCHEMA),
    Headers: ValueType(lambda setting, value: read_headers(value), _map_of(_HEADER_SCHEMA), write_headers),
}
"""Every type that a setting may have, but for those that are made of settings themselves."""

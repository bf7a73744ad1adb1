"""Dotted keys: `a.b: 1` says what `a: {b: 1}` says, and a file may say some of it each way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.dialects.plain_values import Gathering, is_given
from connectory.dialects.words import a_kind_of, below, key_of


def section(document: Mapping[Any, Any], name: str, kept: Gathering, *, at: str = "") -> dict[Any, Any]:
    """What stands under `name`, however it is written. A key that stands there twice is a problem."""
    found: dict[Any, Any] = {}
    for key, value in document.items():
        if key == name and isinstance(value, Mapping):
            _join(found, value, kept, below(at, name))
        elif key == name and is_given(value):
            kept.problem(below(at, name), f"must be an object, not {a_kind_of(value)}")
        elif isinstance(key, str) and key.startswith(f"{name}."):
            _join(found, _nested(key.split(".")[1:], value), kept, below(at, name))
    return found


def undotted(value: Any, kept: Gathering, at: str) -> Any:
    """A value in which no key has a dot any more, at whatever depth."""
    if isinstance(value, list):
        return [undotted(item, kept, below(at, str(index))) for index, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    found: dict[Any, Any] = {}
    for key, inner in value.items():
        whole = undotted(inner, kept, below(at, key_of(key)))
        _join(found, _nested(key.split("."), whole) if isinstance(key, str) else {key: whole}, kept, at)
    return found


def _nested(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    return dict(value)


def _join(into: dict[Any, Any], more: Mapping[Any, Any], kept: Gathering, at: str) -> None:
    for key, value in more.items():
        there = into.get(key)
        if not is_given(there):
            into[key] = value
        elif isinstance(there, Mapping) and isinstance(value, Mapping):
            into[key] = dict(there)
            _join(into[key], value, kept, below(at, key_of(key)))
        elif is_given(value):
            kept.problem(below(at, key_of(key)), "stands here twice")


def flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no object, by its path."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value

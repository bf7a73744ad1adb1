"""Dotted keys: `a.b: 1` says what `a: {b: 1}` says, and a file may say some of it each way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.dialects.limits import FILE
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
        elif isinstance(key, str) and key.startswith(f"{name}.") and (keys := _split(key, kept, at)):
            _join(found, _nested(keys[1:], value), kept, below(at, name))
    return found


def without_first_dot(value: dict[Any, Any], kept: Gathering, at: str) -> dict[Any, Any]:
    """Undotted objects by names that may begin with a dot (`.gen-ai`), by what follows it."""
    dotted = value.get("")
    if not isinstance(dotted, Mapping):
        return value
    found = {key: inner for key, inner in value.items() if key != ""}
    _join(found, dotted, kept, at)
    return found


def undotted(value: Any, kept: Gathering, at: str, *, levels: int = 4) -> Any:
    """A value in which no key has a dot any more, as deep as settings go."""
    if isinstance(value, list) and levels:
        return [undotted(item, kept, below(at, str(index)), levels=levels - 1) for index, item in enumerate(value)]
    if not isinstance(value, Mapping) or not levels:
        return value
    found: dict[Any, Any] = {}
    for key, inner in value.items():
        whole = undotted(inner, kept, below(at, key_of(key)), levels=levels - 1)
        if not isinstance(key, str):
            found[key] = whole
        elif keys := _split(key, kept, at):
            _join(found, _nested(keys, whole), kept, at)
    return found


def _split(key: str, kept: Gathering, at: str) -> list[str]:
    """The keys that a dotted one stands for; none, and a problem, if there are too many."""
    keys = key.split(".", _MOST_KEYS)
    if len(keys) <= _MOST_KEYS:
        return keys
    kept.problem(below(at, ".".join(map(key_of, keys[:2]))), FILE.too_deep)
    return []


_MOST_KEYS = FILE.levels + 5
"""Keys that a dotted one may stand for: the names of sections do not count."""


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

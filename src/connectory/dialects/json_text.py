"""JSON text: what it holds, and which of its keys stand twice."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from typing import Any

from connectory.dialects.limits import FILE, Limits
from connectory.dialects.plain_values import Wrong
from connectory.dialects.words import below, key_of
from connectory.errors import Problem

_STRUCTURE = re.compile(r'(?:[^]["{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([][{},]|\Z)', re.DOTALL)
"""The next bracket or comma that stands in no string, or the end. It matches at every place that a search begins at:
one that may fail there would go through the text again from each of its letters."""

BOM = "\ufeff"
"""What some editors write before a text."""


_COMMA_AT_END = re.compile(r",[ \t\r\n]*(?=[}\]])")


def from_json(text: str, *, limits: Limits = FILE) -> Any:
    """What JSON text holds; of keys that stand twice the last one counts. Raises Wrong."""
    text = text.removeprefix(BOM)
    _measured(text, limits)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # A comma too many is told where its object ends: Python 3.13 points at the comma, those before it at the end.
        too_many = _COMMA_AT_END.match(text, error.pos)
        at = json.JSONDecodeError(error.msg, text, too_many.end()) if too_many else error
        reason = f"is no JSON from line {at.lineno}, column {at.colno} on"
    except ValueError:  # Python reads none of more than 4,300 digits
        reason = "has a number of thousands of digits in it; put it in quotes if it is text"
    raise Wrong.because(reason)


def doubled_keys(text: str) -> list[Problem]:
    """A problem for every key of JSON text, which `from_json` has read, that stands twice in its object."""
    problems: list[Problem] = []
    waiting = deque([("", json.loads(text.removeprefix(BOM), object_pairs_hook=_Members))])
    while waiting:
        path, value = waiting.popleft()
        if isinstance(value, _Members):
            counts = Counter(key for key, _ in value)
            problems += [Problem(below(path, key_of(key)), "stands here twice") for key in counts if counts[key] > 1]
            waiting += [(below(path, key_of(key)), inner) for key, inner in value]
        elif isinstance(value, list):
            waiting += [(below(path, str(index)), inner) for index, inner in enumerate(value)]
    return problems


def _measured(text: str, limits: Limits) -> None:
    """Raises Wrong for text that it would cost too much to parse. It may be no JSON at all."""
    if len(text) > limits.text:
        raise Wrong.because(limits.too_large)
    level = values = 0
    for found in _STRUCTURE.finditer(text):
        match found[1]:
            case ",":
                values += 1
            case "[" | "{":
                values, level = values + 1, level + 1
            case "]" | "}":
                level -= 1
        if level > limits.levels:
            raise Wrong.because(limits.too_deep)
        if values > limits.values:
            raise Wrong.because(limits.too_many)


class _Members(list[tuple[str, Any]]):
    """An object as its text has it: keys and values in their order."""

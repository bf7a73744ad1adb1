"""JSON text: what it holds, and which of its keys stand twice."""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import Any

from connectory.dialects.plain_values import Wrong
from connectory.dialects.words import below, key_of
from connectory.errors import Problem


def from_json(text: str) -> Any:
    """What JSON text holds; of keys that stand twice the last one counts. Raises Wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"is no JSON from line {error.lineno}, column {error.colno} on"
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        reason = "is no JSON that can be read"
    raise Wrong.because(reason)


def doubled_keys(text: str) -> list[Problem]:
    """A problem for every key of readable JSON text that stands twice in its object."""
    problems: list[Problem] = []
    waiting = deque([("", json.loads(text, object_pairs_hook=_Members))])
    while waiting:  # and no recursion, for JSON may be deeper than Python's stack
        path, value = waiting.popleft()
        if isinstance(value, _Members):
            counts = Counter(key for key, _ in value)
            problems += [Problem(below(path, key_of(key)), "stands here twice") for key in counts if counts[key] > 1]
            waiting += [(below(path, key_of(key)), inner) for key, inner in value]
        elif isinstance(value, list):
            waiting += [(below(path, str(index)), inner) for index, inner in enumerate(value)]
    return problems


class _Members(list[tuple[str, Any]]):
    """An object as its text has it: keys and values in their order."""

"""Limits of a response that may come out of templates: whole numbers above 0, or nothing.

The rules and texts are those of Apache's provider (2.2.0): a limit that was meant must never be lost on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CEILINGS = ("max_output_tokens", "max_tool_calls")


def refuse_both(task_id: str, given: Mapping[str, Any], kwargs: Mapping[str, Any]) -> None:
    """Raises ValueError for a limit that is said in two places."""
    for name in CEILINGS:
        if given[name] is not None and name in kwargs:
            told = "was set both as an operator argument and in 'response_kwargs'; set it in only one place."
            raise ValueError(f"Task {task_id!r}: {name!r} {told}")


def check_literals(given: Mapping[str, Any], kwargs: Mapping[str, Any]) -> None:
    """Raises ValueError for a number that is no limit; what a template will make of a text is not known yet."""
    for name in CEILINGS:
        for value in (given[name], kwargs.get(name)):
            if isinstance(value, bool | int | float):
                ceiling(name, value)


def with_ceilings(kwargs: Mapping[str, Any], given: Mapping[str, Any], supplied: frozenset[str]) -> dict[str, Any]:
    """The arguments of a call with its limits; a blank text is none. Raises ValueError.

    `supplied` are those that were given when the operator was made: one of them that is None now got lost.
    """
    found = dict(kwargs)
    for name in CEILINGS:
        if name not in supplied and name not in kwargs:
            continue
        value = given[name] if name in supplied else kwargs[name]
        if isinstance(value, str) and not value.strip():
            found.pop(name, None)
        elif value is None:
            raise ValueError(
                f"{name!r} was supplied but resolved to None (e.g. an unresolved XComArg, or a Jinja-native-rendered "
                "null); pass a positive integer, or leave the argument unset entirely to disable the ceiling."
            )
        else:
            found[name] = ceiling(name, value)
    return found


def ceiling(name: str, value: Any) -> int:
    """A limit. Raises ValueError."""
    wrong = ValueError(f"{name!r} must be an integer, got {value!r}.")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise wrong
    try:
        number = int(value)
    except ValueError:
        raise wrong from None
    if number <= 0:
        raise ValueError(f"{name!r} must be a positive integer, got {number}.")
    return number

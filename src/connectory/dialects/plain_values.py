"""Plain values of documents: text, numbers, objects and their parts, each read or refused in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from connectory.dialects.words import a_kind_of, below, key_of
from connectory.errors import Problem

T = TypeVar("T")


class Wrong(ValueError):
    """A value that cannot be read. Paths of its problems begin below the value: "" is the value itself.

    It is raised where no other error is being handled, here and by all who read: those of Python's own parsers hold
    the value, which may be a secret, and would be its context.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def because(cls, message: str) -> Wrong:
        return cls(Problem("", message))


class Gathering:
    """Reads one value after the other and keeps what is wrong with each, with its path, in `problems`."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def read(self, path: str, read: Callable[[Any], T], value: Any) -> T | None:
        """What `read` makes of a value; None, and its problems kept, where it raises Wrong."""
        try:
            return read(value)
        except Wrong as wrong:
            self.problems += [Problem(below(path, problem.path), problem.message) for problem in wrong.problems]
            return None


def is_given(value: object) -> bool:
    """null and "" mean that a key was left out."""
    return value is not None and value != ""


def a_text(value: Any) -> str:
    """A value that must be text. Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong.because(f"must be text, not {a_kind_of(value)}")
    if _HALF.search(value):
        raise Wrong.because("has half of a character in it, which nothing can print")
    return value


_HALF = re.compile("[\ud800-\udfff]")
"""JSON can say one of the two surrogates of UTF-16 without the other."""


def an_object(value: Any) -> Mapping[Any, Any]:
    """A value that must be an object. Raises Wrong."""
    if not isinstance(value, Mapping):
        raise Wrong.because(f"must be an object, not {a_kind_of(value)}")
    return value


def a_number(value: Any) -> float:
    """A value that must be a number, or text that is one. Raises Wrong."""
    number = value
    if isinstance(value, str):
        with suppress(ValueError):
            number = float(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise Wrong.because(f"must be a number, not {a_kind_of(value)}")
    if not abs(number) < 1e15:
        raise Wrong.because("is no number that can be counted with")
    return float(number)


def a_whole_number(value: Any) -> int:
    """A value that must be a whole number, or text that is one. Raises Wrong."""
    number = a_number(value)
    if not number.is_integer():
        raise Wrong.because("must be a whole number")
    return int(number)


def a_boolean(value: Any) -> bool:
    """A value that must be true or false, or text that says so. Raises Wrong."""
    word = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(word, bool):
        raise Wrong.because(f"must be true or false, not {a_kind_of(value)}")
    return word


def each(value: Any, read: Callable[[str, Any], T]) -> dict[str, T]:
    """The parts of an object that are given, each as `read` reads it. Raises Wrong with all that is wrong in them."""
    kept = Gathering()
    parts = {
        name: kept.read(key_of(name), partial(_part, read, name), given) for name, given in an_object(value).items()
    }
    if kept.problems:
        raise Wrong(*kept.problems)
    return {name: part for name, part in parts.items() if part is not None}


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list. Raises Wrong with all that is wrong in it."""
    if not isinstance(value, list | tuple):
        raise Wrong.because(f"must be a list, not {a_kind_of(value)}")
    kept = Gathering()
    read = [kept.read(str(index), a_text, item) for index, item in enumerate(value)]
    if kept.problems:
        raise Wrong(*kept.problems)
    return tuple(text for text in read if text is not None)


def _part(read: Callable[[str, Any], T], name: Any, given: Any) -> T | None:
    if not isinstance(name, str):
        raise Wrong.because("has a name that is no text; put it in quotes")
    return read(a_text(name), given) if is_given(given) else None

"""A face as the demo sees it: a way to use connections, and what a visitor does there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectory.demo.definition import Definition

GREETING = "Say hello in five words."
STORY = "Write one short sentence about the sea."


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the answer's text, and its tokens: prompt and completion, or a vector's dimensions."""

    answer: str
    tokens: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a visitor does. `make` does it; what it raises is shown in its place.

    `definition` is None for what is asked of no single connection.
    """

    name: str
    make: Callable[[], Reply]
    definition: Definition | None = None


class Face(Protocol):
    """One way to use connections: `name` says which, `how` what a visitor writes there.

    Its calls are made one after another, those of one connection together.
    """

    name: str
    how: str

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]: ...


def counted(prompt: int | None, completion: int | None) -> str:
    """The tokens of a conversation, if the service said."""
    return "unknown" if prompt is None or completion is None else f"{prompt}+{completion}"


def of_vector(vector: Sequence[float]) -> Reply:
    """A vector as a line: how it begins, and its dimensions."""
    return Reply(" ".join(f"{number:.3f}" for number in vector[:12]), f"{len(vector)} dims")

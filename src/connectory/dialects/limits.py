"""How much a document may hold, so that no text of a few lines costs its reader minutes or gigabytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectory.dialects.plain_values import Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is read: characters of text, values, and levels of lists and objects in each other.

    What an alias stands for counts at each of its places, and a dotted key counts as the objects that it stands for.
    """

    text: int
    values: int
    levels: int = 100

    @property
    def too_large(self) -> str:
        return f"is larger than {self.text // 1_000_000} MB, the most that is read"

    @property
    def too_many(self) -> str:
        return f"has more than {self.values:,} values in it, the most that are read"

    @property
    def too_deep(self) -> str:
        return f"has more than {self.levels} levels of lists and objects in each other, the most that are read"


FILE = Limits(text=10_000_000, values=100_000)
"""Of a whole file. A thousand ordinary connections have half a megabyte and 15,000 values."""

ONE = Limits(text=1_000_000, values=2_000)
"""Of one connection. A bundle of all the CAs that browsers trust has a quarter of a megabyte."""


_LEAVES = frozenset({int, float, bool, type(None)})


def within(limits: Limits, value: Any) -> None:
    """Raises Wrong where a value, walked through as a tree, holds more than the limits allow."""
    waiting, values, text = [(value, 0)], 0, 0
    while waiting:
        part, level = waiting.pop()
        if isinstance(part, str):
            text += len(part)
        elif type(part) in _LEAVES:  # as most are, and asking for a Mapping takes its time
            continue
        elif isinstance(part, Mapping | list | tuple):
            if level == limits.levels:
                raise Wrong.because(limits.too_deep)
            values += len(part)
            if isinstance(part, Mapping):
                names = [key for key in part if isinstance(key, str)]
                text += sum(map(len, names))
                values += sum(name.count(".") for name in names)
                part = part.values()
            if values > limits.values:
                raise Wrong.because(limits.too_many)
            waiting += [(inner, level + 1) for inner in part]
        if text > limits.text:
            raise Wrong.because(limits.too_large)

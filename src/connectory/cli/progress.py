"""How far a long piece of work is, on a terminal that somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")

_FEW = 20
"""Done before anybody could read a bar."""


class Bar:
    """A bar on standard error; nothing where nobody watches it, or with `shown=False`."""

    def __init__(self, what: str, *, shown: bool) -> None:
        self._what = what
        self._shown = shown and sys.stderr.isatty()
        self._drawn: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._drawn[0].stop()

    def at(self, done: int, total: int) -> None:
        """So many of so many are done."""
        if not self._shown or total < _FEW:
            return
        progress, task = self._drawn or self._begin()
        progress.update(task, completed=done, total=total)

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """The items, one after the other."""
        found = list(items)
        for number, item in enumerate(found):
            self.at(number, len(found))
            yield item

    def _begin(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import Progress

        progress = Progress(console=Console(stderr=True), transient=True)
        progress.start()
        self._drawn = progress, progress.add_task(self._what)
        return self._drawn

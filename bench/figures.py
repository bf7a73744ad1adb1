"""A figure: what one thing cost in several runs, and what it may cost."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """CPU (user and system) and wall time of something in several runs, in milliseconds.

    `budget` holds for the least CPU of all runs, less that of the figure that it stands on, if one is named `above`:
    what is above the least was somebody else's.
    """

    name: str
    cpu: Sequence[float]
    wall: Sequence[float]
    budget: float | None = None
    above: Figure | None = None

    @property
    def cost(self) -> float:
        """What the budget is held against."""
        return min(self.cpu) - (min(self.above.cpu) if self.above else 0.0)

    @property
    def within(self) -> bool:
        return self.budget is None or self.cost <= self.budget

    def as_document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "runs": len(self.cpu),
            "cpu_ms": {"min": round(min(self.cpu), 5), "median": round(statistics.median(self.cpu), 5)},
            "wall_ms": {"min": round(min(self.wall), 3), "median": round(statistics.median(self.wall), 3)},
            "cost_ms": round(self.cost, 5),
            "above": self.above.name if self.above else None,
            "budget_ms": self.budget,
            "within": self.within,
        }


def table(figures: Iterable[Figure]) -> str:
    """The figures for people, one a line."""
    lines = [f"{'milliseconds':<44} {'CPU min':>9} {'median':>9} {'wall med.':>10}  budget"]
    for figure in figures:
        least, middle, wall = min(figure.cpu), statistics.median(figure.cpu), statistics.median(figure.wall)
        lines.append(f"{figure.name:<44} {least:>9.4g} {middle:>9.4g} {wall:>10.4g}  {_judged(figure)}".rstrip())
    return "\n".join(lines)


def _judged(figure: Figure) -> str:
    if figure.budget is None:
        return ""
    what = f"{figure.cost:.3g} above {figure.above.name}" if figure.above else f"{figure.cost:.3g}"
    return f"{'ok' if figure.within else 'OVER'}: {what}, {figure.budget:g} allowed"

"""The table of answers, printed row by row as they come."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.text import Text

from connectory.demo.face import Face
from connectory.demo.round import Outcome

_WIDTHS = {"Connection": 15, "Call": 13, "Answer": 0, "Tokens": 8, "Time": 6}
"""Cells of each column; the answer gets what is left of the width."""
_FIRST_TO_GO = ("Tokens", "Time")
"""Columns that are left out, in this order, where an answer would have fewer cells than `_ENOUGH`."""
_ENOUGH, _FEWEST = 12, 6
_TO_THE_RIGHT = ("Tokens", "Time")
_GAP = "  "

_LEGEND = (
    "Tokens are prompt+completion, or the dimensions of a vector;",
    "unknown: the service reports none in a stream unless asked.",
)

_Styled = tuple[str, str]


class Table:
    """Rows of fixed widths. A face has a line of its own; its id, provider and dialect stand at a connection's left."""

    def __init__(self, console: Console, *, width: int) -> None:
        self._console = console
        self._widths = _widths(width)
        self._face: Face | None = None
        self._connection = ""
        self._labels: list[str] = []

    def head(self) -> None:
        self._print({title: (title, "dim") for title in self._widths})

    def add(self, outcome: Outcome) -> None:
        if outcome.face is not self._face:
            if self._face:
                self._console.print()
            self._face, self._connection = outcome.face, ""
            self._console.print(Text.assemble((outcome.face.name, "bold"), (f"  {outcome.face.how}", "dim")))
        reply = outcome.reply
        self._print(
            {
                "Connection": self._label(outcome),
                "Call": (outcome.call.name, ""),
                "Answer": (_line(reply.answer), "") if reply else (f"failed: {_line(outcome.error)}", "red"),
                "Tokens": (reply.tokens if reply else "", "dim"),
                "Time": (_duration(outcome.seconds), "dim"),
            }
        )

    def foot(self) -> None:
        if "Tokens" in self._widths:
            self._console.print()
            for line in _LEGEND:
                self._console.print(Text(f"{_GAP}{line}", "dim"))

    def _label(self, outcome: Outcome) -> _Styled:
        """The id in the first row of a connection, then its provider and its dialect."""
        definition = outcome.call.definition
        connection = definition.id if definition else "all"
        if connection != self._connection:
            self._connection = connection
            self._labels = [definition.provider, definition.dialect] if definition else []
            return connection, ""
        return self._labels.pop(0) if self._labels else "", "dim"

    def _print(self, cells: dict[str, _Styled]) -> None:
        row = Text()
        for title, width in self._widths.items():
            text, style = cells[title]
            row.append(_GAP)
            row.append(_fitted(text, width, to_the_right=title in _TO_THE_RIGHT), style)
        row.rstrip()
        self._console.print(row, soft_wrap=True)


def _widths(width: int) -> dict[str, int]:
    """The columns that a table of this width has room for."""
    widths = dict(_WIDTHS)
    for title in _FIRST_TO_GO:
        if _left(width, widths) < _ENOUGH:
            del widths[title]
    return {**widths, "Answer": max(_left(width, widths), _FEWEST)}


def _left(width: int, widths: dict[str, int]) -> int:
    return width - sum(widths.values()) - len(_GAP) * len(widths)


def _fitted(text: str, width: int, *, to_the_right: bool) -> str:
    if cell_len(text) > width:
        text = chop_cells(text, width - 3)[0].rstrip() + "..."
    return " " * (width - cell_len(text)) + text if to_the_right else set_cell_size(text, width)


def _line(text: str) -> str:
    """Text on one line, without what could steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"

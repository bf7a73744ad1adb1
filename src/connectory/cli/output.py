"""What the shell prints: JSON for machines, text and tables for people, and nothing that could steer a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

# What can move the cursor, colour the screen or turn the direction of a line. Blanks and joiners of other scripts stay.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")


def make_outputs_total() -> None:
    """A character that an output cannot show is written as its escape: half of a pair, which JSON can hold, is one.

    An output that was closed before we began swallows what is written.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open to the end)
        getattr(sys, name).reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Forget what standard output could not take: Python would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def print_text(text: str, end: str = "\n") -> None:
    """Text for people. A terminal gets no control characters that a service or a document may have put in it."""
    sys.stdout.write((printable(text) if sys.stdout.isatty() else text) + end)
    sys.stdout.flush()


def print_table(titles: Sequence[str], rows: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    """Rows in columns, each with lines of its own below it. The last column may run over, and is never broken."""
    widths = [max(map(len, column)) for column in zip(titles, *(cells for cells, _ in rows), strict=True)]
    for cells, below in [(titles, ()), *rows]:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        print_text("  ".join(padded).rstrip())
        for line in below:
            print_text(f"  {line}")


def printable(text: str) -> str:
    """Text with its line breaks and tabs, and a sign in place of every other control character."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON whose every character the outputs can carry; Python's own escapes for the others are none of JSON's."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent)

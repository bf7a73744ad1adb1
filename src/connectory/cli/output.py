"""What the shell prints on standard output: JSON for machines, text and tables for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from connectory.cli.terminal import Colour, coloured, is_watched, printable, shortened
from connectory.errors import Problem


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


def print_text(text: str, end: str = "\n", *, colour: Colour | None = None) -> None:
    """Text for people. A terminal gets no control characters that a service or a document may have put in it."""
    sys.stdout.write(coloured(printable(text) if is_watched() else text, colour) + end)
    sys.stdout.flush()


def print_bytes(pieces: Iterable[bytes]) -> None:
    """Each piece as it comes, byte for byte. A terminal's next line begins at its left, however this one ends."""
    last = b"\n"
    try:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            last = piece[-1:] or last
    finally:
        if is_watched() and last != b"\n":
            print_text("")


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows as lines, whose cells stand below each other."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))) for row in rows)
    return [shortened(line.rstrip()) for line in padded]


def problems_as_json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """What is wrong with a document, for machines."""
    return [{"path": problem.path, "message": problem.message} for problem in problems]


def counted(number: int, what: str) -> str:
    """`1 connection`, `2 connections`"""
    return f"{number} {what}{'' if number == 1 else 's'}"


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON whose every character the outputs can carry; Python's own escapes for the others are none of JSON's."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent)

"""What a terminal is shown: nothing that steers it, lines that fit, and colours where they are wanted."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from enum import StrEnum

# What can move the cursor, colour the screen or turn the direction of a line. Blanks and joiners of other scripts stay.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")


class Colour(StrEnum):
    """The code of a colour (ECMA-48, 8.3.117)."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    GREY = "90"


def is_watched() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def printable(text: str) -> str:
    """Text with its line breaks and tabs, and a sign in place of every other control character."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def coloured(text: str, colour: Colour | None) -> str:
    """Text in a colour, where a terminal shows some and nobody said NO_COLOR (https://no-color.org)."""
    plain = colour is None or not is_watched() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{colour}m{text}\x1b[0m"


def shortened(line: str) -> str:
    """A line that fits on the terminal: one that is too long loses its middle. Elsewhere it stays whole."""
    excess = len(line) - _width()
    if not is_watched() or excess <= 0:
        return line
    middle = (len(line) - excess) // 2
    return f"{line[:middle]}…{line[middle + excess + 1 :]}"


def wrapped(line: str, *, indent: str) -> list[str]:
    """A line as those that fit on the terminal, all but the first of them indented. Elsewhere it stays whole."""
    if not is_watched():
        return [line]
    return textwrap.wrap(line, _width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _width() -> int:
    return shutil.get_terminal_size().columns

"""Lines of a `.env` file: `ID=VALUE`, one connection each, with the comments and quotes that such files have.

Source: python-dotenv 1.2 for quotes, apache-airflow 3.3.2 (`_parse_env_file`) for the rest: without quotes a value is
everything up to the end of its line.
"""

from __future__ import annotations

import re

from connectory.dialects.plain_values import Gathering, Wrong

PREFIX = "AIRFLOW_CONN_"
"""Before the name of a variable, whose rest is the id in capital letters."""

_EXPORT = re.compile(r"export\s+")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\s*(?:#.*)?""")
_ESCAPED = {'"': re.compile(r"""\\([\\'"abfnrtv])"""), "'": re.compile(r"\\([\\'])")}
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def from_env(text: str) -> dict[str, str]:
    """Values by id. Raises Wrong with every line that cannot be read; those that say nothing are left out."""
    kept, found = Gathering(), dict[str, str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        id, value = kept.read(f"line {number}", _pair, line.strip()) or ("", "")
        if id in found:
            kept.problem(f"line {number}", "has an id that an earlier line has too")
        elif id:
            found[id] = value
    if kept.problems:
        raise Wrong(*kept.problems)
    return found


def _pair(line: str) -> tuple[str, str]:
    name, found, value = line.partition("=")
    if not found:
        raise Wrong.because("has no `=`; it looks like `ID=openai://:KEY@HOST`")
    name = _EXPORT.sub("", name, count=1).strip() if _EXPORT.match(name) else name.strip()
    id = name.removeprefix(PREFIX).lower() if name.startswith(PREFIX) else name
    if not id:
        raise Wrong.because("has no id before its `=`")
    if not (value := _unquoted(value.strip())):
        raise Wrong.because("has nothing after its `=`")
    return id, value


def _unquoted(value: str) -> str:
    if not value.startswith(tuple(_ESCAPED)):
        return value
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        raise Wrong.because("has a quote that is not closed at its end")
    return _ESCAPED[quoted["quote"]].sub(lambda found: _CONTROLS.get(found[1], found[1]), quoted["text"])

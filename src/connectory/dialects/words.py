"""Words for messages about documents. No value is repeated that could be a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from connectory.secret import may_be_a_key

NOT_YET = "cannot be honoured by this version of connectory"


def a_kind_of(value: object) -> str:
    """What a value is, in the words of JSON, without saying the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
    return f"a {type(value).__name__}"


def refused(word: object, what: str, known: Iterable[str]) -> str:
    """The sentence that refuses a word. It is repeated only if it is nearly a known one: it may be a misplaced key."""
    names = list(known)
    near = isinstance(word, str) and word.isprintable() and nearest(word, names)
    return f"{f'`{word}`' if near else 'this'} is {what}{choose(word, names)}"


def key_of(key: object) -> str:
    """A document's key as a part of a path; one that is long, strange or like a secret is only called a key."""
    text = str(key) if isinstance(key, str | bool) or (isinstance(key, int) and abs(key) < 1e9) else ""
    is_plain = re.fullmatch(r"[\w .:/-]{1,40}", text) and not any(map(may_be_a_key, (text, *text.split())))
    return text if is_plain else "(a key)"


def below(path: str, key: str) -> str:
    """The path of `key` in what stands at `path`."""
    return ".".join(filter(None, (path, key)))


def choose(word: object, known: Iterable[str]) -> str:
    """The end of a sentence that refuses `word`: the nearest known word, or all of them."""
    names = list(known)
    if near := nearest(word, names):
        return f"; did you mean `{near}`?"
    return f"; known: {listed(names)}" if names else ""


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` is a slip of the pen of, if any."""
    if not isinstance(word, str) or len(word) > _LONGEST_SLIP:
        return None
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.7)
    return lower[near[0]] if near else None


_LONGEST_SLIP = 60
"""Characters. No known word is half as long."""


def listed(names: Iterable[str]) -> str:
    """`a`, `b`, `c`"""
    return ", ".join(f"`{name}`" for name in names)

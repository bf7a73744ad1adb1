"""A JSON object as it was sent: its members in order, each with the text of its value.

What is not touched keeps its own spelling: a number its digits (`1e400`, `1.0`), a nested object every key it was sent
with. Parsing a body and printing it again would change both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The value of one member: parsed, to look at, and as text, to send. Numbers are parsed as floats."""

    value: object
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JSONObject:
    """The members of an object by name. Of members with one name the last counts, at the place of the first."""

    members: Mapping[str, Member]
    repeats_names: bool


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Python's reader takes NaN and Infinity, which are no JSON, and refuses integers of more than 4300 digits, which are.
_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_refuse_constant)

_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[ \t\n\r]++')
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_object(body: str | bytes) -> JSONObject | None:
    """The object that `body` holds; None when it is no JSON, another kind of value, no UTF-8, or nested too deeply."""
    try:
        return _read(bytes_of(body).decode())
    except (ValueError, RecursionError):
        return None


def write_object(members: Mapping[str, Member]) -> bytes:
    """The object on one line, without spaces, as JSON.stringify of ECMAScript prints it (numbers aside)."""
    pairs = (f"{quoted(name)}:{compact(member.text)}" for name, member in members.items())
    return f"{{{','.join(pairs)}}}".encode()


def bytes_of(body: str | bytes) -> bytes:
    """The body as UTF-8. A lone surrogate, which UTF-8 has no form for, becomes the escape that JSON has for it."""
    return body.encode("utf-8", "backslashreplace") if isinstance(body, str) else body


def compact(text: str) -> str:
    """Valid JSON without spaces between its tokens, its strings without needless escapes."""
    return _TOKEN.sub(_respelled, text)


def quoted(text: str) -> str:
    """The text as a JSON string: all of Unicode as it is, but lone surrogates escaped."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _respelled(token: re.Match[str]) -> str:
    text = token[0]
    if not text.startswith('"'):
        return ""
    # The other escapes (`\n`, `\"`, `\\`) are spelled in one way only.
    return quoted(_DECODER.decode(text)) if "\\u" in text or "\\/" in text else text


def _read(text: str) -> JSONObject | None:
    """Walk over the members; each name and value is read by the decoder. Raises ValueError, RecursionError."""
    at = _after_space(text, 0)
    if not text.startswith("{", at):
        return None
    members: dict[str, Member] = {}
    repeats_names = False
    at = _after_space(text, at + 1)
    more = not text.startswith("}", at)
    while more:
        name, member, at = _read_member(text, at)
        repeats_names = repeats_names or name in members
        members[name] = member
        more = text.startswith(",", at)
        if more:
            at = _after_space(text, at + 1)
    _expect(text, "}", at)
    if _after_space(text, at + 1) != len(text):
        raise ValueError("text after the object")
    return JSONObject(members=members, repeats_names=repeats_names)


def _read_member(text: str, at: int) -> tuple[str, Member, int]:
    """One name and value, and the place after the space that follows."""
    _expect(text, '"', at)
    name, at = _DECODER.raw_decode(text, at)
    at = _after_space(text, at)
    _expect(text, ":", at)
    start = _after_space(text, at + 1)
    value, end = _DECODER.raw_decode(text, start)
    return name, Member(value=value, text=text[start:end]), _after_space(text, end)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _expect(text: str, character: str, at: int) -> None:
    if not text.startswith(character, at):
        raise ValueError(f"no {character} at {at}")

"""A stranger's words made fit to show: one line, bounded, without control characters, and without keys.

Services repeat parts of a request in their errors, and some repeat the credential. A key that the service itself has
starred out (`sk-abc1****wxyz`) stays, for it helps to find the key that was meant.
"""

from __future__ import annotations

import re

LIMIT = 500
"""The most characters that are shown of a stranger's words."""

_LOOKED_AT = 8192

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What turns the direction of a line or takes no place on it can hide what a line says.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_STARRED = r"(?![\w.~+/=-]{0,16}\*)"
_KEYS = (
    # `Bearer abc...`, `Basic abc...`. "Bearer authentication" is neither long enough for a token nor has a digit.
    (
        re.compile(
            rf"(?i)\b(bearer|basic|apikey)\s+{_STARRED}(?=[\w.~+/=-]{{20}}|[\w.~+/=-]{{0,19}}\d)[\w.~+/=-]{{8,}}"
        ),
        r"\1 ***",
    ),
    # JSON Web Tokens.
    (re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]+(?:\.[\w-]*)*"), "***"),
    # Keys that say what they are: OpenAI's, and those of services that took the form from it.
    (re.compile(rf"\b(sk-){_STARRED}[\w-]{{8,}}"), r"\1***"),
    (re.compile(rf"\b((?:sk|gsk|csk|xai|pplx|nvapi|hf)[-_]|AIza){_STARRED}[\w-]{{20,}}"), r"\1***"),
    # `api key: abc1...`, `api_key=abc1...`, `Incorrect API key provided: abc1...`
    (
        re.compile(
            r"(?i)\b((?:api|access|subscription)[ _-]?key|token|secret|password)((?: provided)?[\"']? ?[:=] ?[\"']?)"
            rf"{_STARRED}(?=[\w.~+/=-]*\d)(?=[\w.~+/=-]*[a-z])[\w.~+/=-]{{8,}}"
        ),
        r"\1\2***",
    ),
    # Who signs in, in a URL.
    (re.compile(r"(://)[^\s/?#@\"'<>]{1,200}@"), r"\1***@"),
)


def safe_text(text: str, *, limit: int = LIMIT) -> str:
    """The text on one line of at most `limit` characters, keys in it as `***`. Empty when nothing can be seen."""
    line = _SPACE.sub(" ", _INVISIBLE.sub("", text[:_LOOKED_AT])).strip()
    line = _SURROGATE.sub("\ufffd", line)
    for key, mask in _KEYS:
        line = key.sub(mask, line)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"

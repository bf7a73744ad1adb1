"""Counting and cutting text: one word is one token."""

import hashlib
import json
import re
from typing import Any

# What a model with a reasoning effort "thinks" before each answer; counted, never shown.
REASONING_TOKENS = 4


def count(text: str) -> int:
    return len(text.split())


def pieces(text: str) -> list[str]:
    """The text in the pieces it is streamed in: each word with the white space before it. Joined they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def cut(text: str, limit: int | None) -> tuple[str, bool]:
    """The text within a limit of tokens, and whether that had to shorten it."""
    words = pieces(text)
    if limit is None or len(words) <= limit:
        return text, False
    return "".join(words[:limit]), True


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or the text parts of a list, joined by a space."""
    if isinstance(content, str):
        return content
    parts = [part for part in content or () if isinstance(part, dict)]
    return " ".join(str(part["text"]) for part in parts if "text" in part)


def identifier(prefix: str, body: Any) -> str:
    """An id in the length OpenAI uses, the same for the same request."""
    return prefix + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:29]


def reasoning_tokens(effort: str | None) -> int:
    return 0 if effort in (None, "none") else REASONING_TOKENS

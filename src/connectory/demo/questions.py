"""What the embedded upstream is asked, read from the JSON bodies of OpenAI's API.

Source: https://developers.openai.com/api/reference, chat completions and embeddings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Tokens = tuple[int, ...]


class BadQuestion(Exception):
    """A body that cannot be answered; the text says why, and `param` names the part of it that is wrong."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The texts of a conversation's messages, and how the answer is wanted; `limit` is in tokens."""

    texts: tuple[str, ...]
    limit: int | None
    streamed: bool
    reports_usage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """What is to become vectors: texts, or tokens by their numbers."""

    inputs: tuple[str | Tokens, ...]
    in_base64: bool


def chat_of(body: bytes) -> Chat:
    """Raises BadQuestion."""
    asked = _object(body)
    return Chat(
        texts=tuple(map(_text, _messages(asked))),
        limit=_limit(asked, "max_completion_tokens") or _limit(asked, "max_tokens"),
        streamed=_flag(asked, "stream"),
        reports_usage=_flag(_options(asked), "include_usage"),
    )


def embedding_of(body: bytes) -> Embedding:
    """Raises BadQuestion."""
    asked = _object(body)
    return Embedding(inputs=_inputs(asked), in_base64=asked.get("encoding_format") == "base64")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise BadQuestion("We could not parse the JSON body of your request.")
    return asked


def _required(asked: Mapping[str, Any], name: str) -> Any:
    if not asked.get(name):
        raise BadQuestion(f"Missing required parameter: '{name}'.", param=name)
    return asked[name]


def _wrong(name: str, expected: str) -> BadQuestion:
    return BadQuestion(f"Invalid type for '{name}': expected {expected}.", param=name)


def _messages(asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = _required(asked, "messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise _wrong("messages", "an array of objects")
    return messages


def _text(message: Mapping[str, Any]) -> str:
    """The text of a message, which may come in parts. A call of a tool has none."""
    content = message.get("content") or ""
    parts = [{"text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise _wrong("messages", "a content that is a string or an array of objects")
    texts = [part.get("text") or "" for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise _wrong("messages", "a text that is a string")
    return " ".join(texts)


def _limit(asked: Mapping[str, Any], name: str) -> int | None:
    limit = asked.get(name)
    if limit is not None and (type(limit) is not int or limit < 1):
        raise _wrong(name, "an integer above 0")
    return limit


def _flag(asked: Mapping[str, Any], name: str) -> bool:
    flag = asked.get(name)
    if not isinstance(flag, bool | None):
        raise _wrong(name, "a boolean")
    return bool(flag)


def _options(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    options = asked.get("stream_options") or {}
    if not isinstance(options, dict):
        raise _wrong("stream_options", "an object")
    return options


def _inputs(asked: Mapping[str, Any]) -> tuple[str | Tokens, ...]:
    given = _required(asked, "input")
    inputs = [given] if isinstance(given, str) or _is_tokens(given) else given
    if isinstance(inputs, list) and all(isinstance(each, str) for each in inputs):
        return tuple(inputs)
    if isinstance(inputs, list) and all(map(_is_tokens, inputs)):
        return tuple(map(tuple, inputs))
    raise _wrong("input", "a string, an array of strings or arrays of token numbers")


def _is_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(number) is int for number in value)

"""Server-sent events as bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import Iterable
from typing import Any

from tests.upstream.messages import Answer, encode

DONE = b"data: [DONE]\n\n"


def event(document: Any, *, name: str | None = None) -> bytes:
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + encode(document) + b"\n\n"


def sse_answer(events: Iterable[bytes]) -> Answer:
    """A stream in which every event is one write."""
    return Answer(headers=(("content-type", "text/event-stream; charset=utf-8"),), body=tuple(events))

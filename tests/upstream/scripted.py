"""Answers that a test writes into the script of a token service, in the words of the test.

    exchange.script += [scripted.too_many(1), scripted.slow(0.2), scripted.having(expires_in="3600")]
    exchange.always = scripted.status(500)

An entry is a whole `Answer`, which issues no token; or a change to the good answer, with its token; or a `Hold`.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from tests.upstream.hold import Hold
from tests.upstream.messages import Answer, Ending, Headers, Pause, encode, json_answer

Change: TypeAlias = Callable[[Answer], Answer]
Entry: TypeAlias = Answer | Change | Hold

__all__ = [
    "Change",
    "Entry",
    "Hold",
    "closed",
    "empty",
    "having",
    "html",
    "lacking",
    "not_object",
    "redirect",
    "refused",
    "slow",
    "status",
    "too_many",
]


def refused(error: str, description: str, *, status: int = 400) -> Answer:
    """OAuth's error body (RFC 6749, 5.2)."""
    return json_answer({"error": error, "error_description": description}, status=status)


def too_many(retry_after: float | str | None = None) -> Answer:
    """429; `retry_after` in seconds, or the text of the header as it is."""
    headers: Headers = () if retry_after is None else (("retry-after", str(retry_after)),)
    return status(429, headers=headers)


def status(code: int, *, headers: Headers = ()) -> Answer:
    """An error of which nothing is known but its status."""
    return Answer(status=code, headers=(("content-type", "text/plain"), *headers), body=b"no good")


def redirect(location: str, *, status: int = 307) -> Answer:
    return Answer(status=status, headers=(("location", location),))


def html(*, status: int = 200) -> Answer:
    """What a portal or a proxy puts in the way."""
    return Answer(
        status=status,
        headers=(("content-type", "text/html; charset=utf-8"),),
        body=b"<!doctype html><title>Sign in</title><p>Please sign in.</p>",
    )


def empty() -> Answer:
    return Answer(headers=(("content-type", "application/json"),))


def not_object() -> Answer:
    """JSON, and yet no document."""
    return Answer(headers=(("content-type", "application/json"),), body=b'["at-1"]')


def closed() -> Answer:
    """The connection is closed without an answer."""
    return Answer(before=(Ending.CLOSE,))


def slow(seconds: float) -> Change:
    """The good answer after a pause."""
    return lambda good: dataclasses.replace(good, before=(Pause(seconds), *good.before))


def having(**members: Any) -> Change:
    """The good document with these members instead of its own."""
    return lambda good: dataclasses.replace(good, body=encode({**_document(good), **members}))


def lacking(*names: str) -> Change:
    """The good document without these members."""

    def without(good: Answer) -> Answer:
        kept = {name: value for name, value in _document(good).items() if name not in names}
        return dataclasses.replace(good, body=encode(kept))

    return without


def _document(good: Answer) -> dict[str, Any]:
    if not isinstance(good.body, bytes):
        raise TypeError("a stream has no document")
    document = json.loads(good.body)
    if not isinstance(document, dict):
        raise TypeError("the good answer has no document")
    return document

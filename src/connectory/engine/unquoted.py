"""Errors of the HTTP client less what they quote: those are bytes of the other side, which may be our own, sent back.

h11 quotes what it cannot read (0.16: `illegal status line: bytearray(b'...')`), and httpcore2 the reason phrase of a
proxy. Such an error stays in a traceback as the cause of ours, so that its own text has to be mended.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx2

from connectory.errors import causes_of
from connectory.wire.reason_phrases import reason_phrase
from connectory.wire.safe_text import safe_text

_QUOTED = re.compile(r"""bytearray\(|b?['"]""")
_STATUS = re.compile(r"[1-9][0-9]{2}(?= )")

QUOTING = (httpx2.ProtocolError, httpx2.ProxyError)


def unquote(error: BaseException) -> None:
    """Mend the text of an error of the HTTP client, and of all that it came from."""
    for cause in causes_of(error):
        if cause.args and isinstance(cause.args[0], str):
            cause.args = (_without_quotes(cause.args[0]), *cause.args[1:])


def _without_quotes(said: str) -> str:
    if status := _STATUS.match(said):
        return f"{status[0]} {reason_phrase(int(status[0])) or ''}"
    return safe_text(_QUOTED.split(said, maxsplit=1)[0]).rstrip(" :(")


class Unquoted(httpx2.SyncByteStream):
    """The body of an answer, as it was."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except QUOTING as error:
            unquote(error)
            raise

    def close(self) -> None:
        self._stream.close()


class AsyncUnquoted(httpx2.AsyncByteStream):
    """Its async twin."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                yield piece
        except QUOTING as error:
            unquote(error)
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()

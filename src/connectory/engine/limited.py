"""An answer that may be read up to a number of bytes, unpacked, and no further."""

from __future__ import annotations

import contextlib

import httpx2

from connectory.errors import AnswerTooLarge

# The content of an answer that was read piece by piece has no public place (httpx2 2.16, `Response.read`).


def read(response: httpx2.Response, limit: int | None) -> None:
    """Read all of it, and close it. Raises AnswerTooLarge; a few bytes may unpack to many, so those are counted."""
    with contextlib.closing(response):
        if limit is None:
            response.read()
            return
        pieces, left = [], _Left(limit)
        for piece in response.iter_bytes():
            pieces.append(left.less(piece))
        response._content = b"".join(pieces)


async def aread(response: httpx2.Response, limit: int | None) -> None:
    """The async twin of `read`."""
    try:
        if limit is None:
            await response.aread()
            return
        pieces, left = [], _Left(limit)
        async for piece in response.aiter_bytes():
            pieces.append(left.less(piece))
        response._content = b"".join(pieces)
    finally:
        await response.aclose()


class _Left:
    """The bytes that may still come."""

    def __init__(self, limit: int) -> None:
        self._limit = self._bytes = limit

    def less(self, data: bytes) -> bytes:
        self._bytes -= len(data)
        if self._bytes < 0:
            raise AnswerTooLarge(self._limit)
        return data

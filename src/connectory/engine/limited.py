"""A body that may be read up to a number of bytes, and no further."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2

from connectory.errors import AnswerTooLarge


class Limited(httpx2.SyncByteStream):
    """The bytes as they come. Raises AnswerTooLarge where there are more than `limit`."""

    def __init__(self, stream: httpx2.SyncByteStream, limit: int) -> None:
        self._stream = stream
        self._left = _Left(limit)

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            yield self._left.less(data)

    def close(self) -> None:
        self._stream.close()


class AsyncLimited(httpx2.AsyncByteStream):
    """The async twin of Limited."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._left = _Left(limit)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            yield self._left.less(data)

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Left:
    """The bytes that may still come."""

    def __init__(self, limit: int) -> None:
        self._limit = self._bytes = limit

    def less(self, data: bytes) -> bytes:
        self._bytes -= len(data)
        if self._bytes < 0:
            raise AnswerTooLarge(self._limit)
        return data

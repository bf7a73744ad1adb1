"""The SDK's streams, which also tell how they ended. They stay the same objects, with all that it gave them."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from typing import Any

from connectory.airflow.telling import Call


def told(stream: Any, call: Call) -> Any:
    """An `openai.Stream` whose call has ended when it has, when it is closed, or when nobody has it any more."""
    stream.__class__ = _told(stream.__class__)
    stream._call = call
    return _watched(stream, call)


def atold(stream: Any, call: Call, release: Callable[[], Awaitable[None]]) -> Any:
    """The same of an `openai.AsyncStream`; a client that was made for it is let go of with it."""
    stream.__class__ = _atold(stream.__class__)
    stream._call, stream._release = call, release
    return _watched(stream, call)


def _watched(stream: Any, call: Call) -> Any:
    """One that is dropped before its end is told of too: it has been paid for."""
    weakref.finalize(stream, call.ended, stream.response.headers.get("x-request-id"))
    return stream


# Classes are made of the SDK's when there are streams: to import its own would cost every task half a second.
@cache
def _told(kind: Any) -> Any:
    class ToldStream(kind):  # type: ignore[misc]
        _call: Call

        def __next__(self) -> Any:
            try:
                piece = super().__next__()
            except StopIteration:
                self._end()
                raise
            except BaseException as error:
                self._call.failed(error)
                raise
            self._call.heard(piece)
            return piece

        def __iter__(self) -> Iterator[Any]:
            return self

        def close(self) -> None:
            super().close()
            self._end()

        def _end(self) -> None:
            self._call.ended(self.response.headers.get("x-request-id"))

    return ToldStream


@cache
def _atold(kind: Any) -> Any:
    class AsyncToldStream(kind):  # type: ignore[misc]
        _call: Call
        _release: Callable[[], Awaitable[None]]

        async def __anext__(self) -> Any:
            try:
                piece = await super().__anext__()
            except BaseException as error:
                if not isinstance(error, StopAsyncIteration):
                    self._call.failed(error)
                await self.close()
                raise
            self._call.heard(piece)
            return piece

        def __aiter__(self) -> AsyncIterator[Any]:
            return self

        async def close(self) -> None:
            try:
                await super().close()
            finally:
                self._call.ended(self.response.headers.get("x-request-id"))
                await self._release()

    return AsyncToldStream

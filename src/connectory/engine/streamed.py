"""A streamed answer: the service's bytes as they come, watched for usage and errors on their way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self

from connectory.engine.failures import FAILURES
from connectory.engine.watched import Watched
from connectory.wire.sse import ServerSentEvent


class StreamedAnswer(Watched):
    """The answer as it comes. A context manager; iterating gives the raw bytes, `events()` the parsed events.

    Read it once, by one of the two. Leaving early closes the connection to the service.
    """

    def __iter__(self) -> Iterator[bytes]:
        for data, _ in self._pieces():
            if data:
                yield data

    def events(self) -> Iterator[dict[str, Any]]:
        """Each event's JSON object. Raises ServiceError where the service, or its stream, says so; NetworkError."""
        self._check()
        for _, events in self._pieces():
            for event in events:
                if (parsed := self._parsed(event)) is not None:
                    yield parsed
            self._check()

    def close(self) -> None:
        """Hang up. The usage event says what was seen until here."""
        self._response.close()
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._response.close()
        self._finish(error)

    def __del__(self) -> None:
        if self._forgotten():
            self._response.close()

    def _pieces(self) -> Iterator[tuple[bytes, list[ServerSentEvent]]]:
        self._claim()
        try:
            for data in self._response.iter_bytes():
                yield data, self._seen(data)
        except FAILURES as error:
            raise self._broken(error) from error
        yield b"", self._ended()


class AsyncStreamedAnswer(Watched):
    """The async twin of StreamedAnswer."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data, _ in self._pieces():
            if data:
                yield data

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Each event's JSON object. Raises as StreamedAnswer.events."""
        self._check()
        async for _, events in self._pieces():
            for event in events:
                if (parsed := self._parsed(event)) is not None:
                    yield parsed
            self._check()

    async def aclose(self) -> None:
        """Hang up. The usage event says what was seen until here."""
        await self._response.aclose()
        self._finish()

    def __del__(self) -> None:
        self._forgotten()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._response.aclose()
        self._finish(error)

    async def _pieces(self) -> AsyncIterator[tuple[bytes, list[ServerSentEvent]]]:
        self._claim()
        try:
            async for data in self._response.aiter_bytes():
                yield data, self._seen(data)
        except FAILURES as error:
            raise self._broken(error) from error
        yield b"", self._ended()

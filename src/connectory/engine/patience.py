"""A wait for an answer to begin that ends, whatever drips meanwhile.

HTTP clients limit each read, and a service that sends a piece of a header, or `100 Continue`, now and then is read for
ever. httpcore2 (2.16) hands the limit of a request to every read of its line, so that one that knows when it ends can
be asked there what is left of it.
"""

from __future__ import annotations

import time
from typing import Any

import httpcore2


class Patience(float):
    """Seconds from the first read on, for all reads together."""

    end: float | None = None

    def left(self) -> float:
        """Raises ReadTimeout."""
        now = time.monotonic()
        if self.end is None:
            self.end = now + self
        if now >= self.end:
            raise httpcore2.ReadTimeout("the answer did not begin")
        return self.end - now


class PatientStream(httpcore2.NetworkStream):
    """A line whose reads may have a limit together."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self.write = stream.write  # type: ignore[method-assign]
        self.close = stream.close  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout.left() if isinstance(timeout, Patience) else timeout)

    def start_tls(self, *how: Any, **more: Any) -> httpcore2.NetworkStream:
        return PatientStream(self._stream.start_tls(*how, **more))


class AsyncPatientStream(httpcore2.AsyncNetworkStream):
    """The async twin of PatientStream."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self.write = stream.write  # type: ignore[method-assign]
        self.aclose = stream.aclose  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore2 says it so)
        return await self._stream.read(max_bytes, timeout.left() if isinstance(timeout, Patience) else timeout)

    async def start_tls(self, *how: Any, **more: Any) -> httpcore2.AsyncNetworkStream:
        return AsyncPatientStream(await self._stream.start_tls(*how, **more))

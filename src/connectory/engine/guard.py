"""The guard: a host's name is looked up once, every address that it has is judged, and one of these is dialled.

It stands where the HTTP client opens its lines, so nobody can ask for a name again between judging and dialling. The
certificate is still checked for the name, and `Host` names it (httpcore2 takes both from the URL).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import httpcore2

from connectory.engine.patience import AsyncPatientStream, PatientStream
from connectory.network.addresses import refusal
from connectory.transport import Reach

Lookup = Callable[[str, int], list[Any]]
"""What `socket.getaddrinfo` answers for a host and a port."""
AsyncLookup = Callable[[str, int], Awaitable[list[Any]]]


class Refused(httpcore2.ConnectError):
    """The host has an address that may not be dialled."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"{address} {reason}")


class NotReached(httpcore2.ConnectError):
    """Nobody answers at the address that was dialled last."""

    def __init__(self, error: Exception, *, address: str, port: int) -> None:
        self.address = address
        self.port = port
        super().__init__(str(error))


class Guard(httpcore2.NetworkBackend):
    """Opens lines to addresses within `reach`."""

    def __init__(self, reach: Reach, lookup: Lookup | None = None) -> None:
        self._reach = reach
        self._lookup = lookup or _lookup
        self._dialling = httpcore2.SyncBackend()

    def addresses(self, host: str, port: int) -> list[str]:
        """Those of a host, which may all be dialled. Raises Refused, and ConnectError for a name without one."""
        try:
            found = self._lookup(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return _judged(host, found, self._reach)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """The first address that answers, within `timeout` seconds for all of them once the name is looked up.

        How long that takes is the system's: a thread cannot be called back from it.
        """
        *others, last = self.addresses(host, port)
        left = _Left(timeout)
        for address in others:
            try:
                line = self._dialling.connect_tcp(address, port, left.share(), local_address, socket_options)
                return PatientStream(line)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        try:
            return PatientStream(self._dialling.connect_tcp(last, port, left.all(), local_address, socket_options))
        except httpcore2.ConnectError as error:
            raise NotReached(error, address=last, port=port) from error

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AsyncGuard(httpcore2.AsyncNetworkBackend):
    """The async twin of Guard."""

    def __init__(self, reach: Reach, lookup: AsyncLookup | None = None) -> None:
        self._reach = reach
        self._lookup = lookup or _alookup
        self._dialling = httpcore2.AnyIOBackend()

    async def addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._lookup(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return _judged(host, found, self._reach)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore2 says it so)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        left = _Left(timeout)
        try:
            with anyio.fail_after(timeout):
                *others, last = await self.addresses(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        for address in others:
            try:
                line = await self._dialling.connect_tcp(address, port, left.share(), local_address, socket_options)
                return AsyncPatientStream(line)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        try:
            return AsyncPatientStream(
                await self._dialling.connect_tcp(last, port, left.all(), local_address, socket_options)
            )
        except httpcore2.ConnectError as error:
            raise NotReached(error, address=last, port=port) from error

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class _Left:
    """What is left of a limit in seconds. An address that is silent takes half of it, so that the next has its turn."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def all(self) -> float | None:
        return None if self._end is None else max(self._end - time.monotonic(), 0.001)

    def share(self) -> float | None:
        left = self.all()
        return None if left is None else left / 2


def _judged(host: str, found: list[Any], reach: Reach) -> list[str]:
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not addresses:
        raise httpcore2.ConnectError("the name has no address")
    if refused := refusal(addresses, host=host, reach=reach):
        raise Refused(*refused)
    return addresses


def _lookup(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def _alookup(host: str, port: int) -> list[Any]:
    return await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)

"""The session: the only place where HTTP clients are made."""

from __future__ import annotations

import atexit
import os
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

import httpx2

from connectory.engine.way import AsyncTransport, Transport, Way
from connectory.transport import Timeouts, TransportSettings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")


def open_client(settings: TransportSettings, *, auth: httpx2.Auth | None = None) -> httpx2.Client:
    """A client of one's own: the connection's way and trust, no redirects, and nothing of the environment.

    Raises TrustUnavailable, CertificateUnusable, SecretUnavailable.
    """
    return opened(Way.of(settings), settings.timeouts, auth)


def open_async_client(settings: TransportSettings, *, auth: httpx2.Auth | None = None) -> httpx2.AsyncClient:
    """The twin of `open_client` for one event loop."""
    return _opened_async(Way.of(settings), settings.timeouts, auth)


def opened(way: Way, timeouts: Timeouts, auth: httpx2.Auth | None = None) -> _Client:
    """A client that goes this way."""
    return _Client(
        transport=Transport(way), timeout=limits(timeouts), auth=auth, follow_redirects=False, trust_env=False
    )


def _opened_async(way: Way, timeouts: Timeouts, auth: httpx2.Auth | None = None) -> UsedClient:
    return UsedClient(
        transport=AsyncTransport(way), timeout=limits(timeouts), auth=auth, follow_redirects=False, trust_env=False
    )


class _Client(httpx2.Client):
    """One that nobody closed closes itself in the end, as those of the SDK do (openai 3.54, `_base_client.py`)."""

    def __del__(self) -> None:
        if not self.is_closed:
            self.close()


def limits(timeouts: Timeouts) -> httpx2.Timeout:
    """The HTTP client's own value; whole seconds as integers, for the SDK tells the service `600` and not `600.0`."""
    phases = {phase: getattr(timeouts, phase) for phase in ("connect", "read", "write", "pool")}
    return httpx2.Timeout(
        **{phase: int(limit) if limit is not None and limit == int(limit) else limit for phase, limit in phases.items()}
    )


def shared_client(settings: TransportSettings) -> httpx2.Client:
    """The process's client for executions that go this way: its connections are kept alive until the process ends.

    Raises as `open_client`.
    """
    way = Way.of(settings)
    with _lock:
        if way not in _shared:
            client = opened(way, Timeouts.all(None))
            client.cookies.jar = _no_cookies()
            _keep(_shared, way, client)
        _shared.move_to_end(way)
        return _shared[way]


async def shared_async_client(settings: TransportSettings) -> UsedClient:
    """The running loop's client for executions that go this way, closed when the loop shuts down.

    Raises as `open_client`.
    """
    import asyncio  # a seventh of the CPU of a short program, which has no loop to ask for

    loop, way = asyncio.get_running_loop(), Way.of(settings)
    if loop not in _of_loops:
        _forget_closed_loops()
        of_loop = _OfLoop()
        of_loop.lifetime = _closed_with(loop, of_loop)
        await anext(of_loop.lifetime)
        _of_loops[loop] = of_loop
    of_loop = _of_loops[loop]
    clients = of_loop.clients
    if way not in clients:
        client = _opened_async(way, Timeouts.all(None))
        client.cookies.jar = _no_cookies()
        if dropped := _keep(clients, way, client):
            of_loop.dropped.append(dropped)
        clients.move_to_end(way)
        await of_loop.close_unused()
        return client
    clients.move_to_end(way)
    return clients[way]


class UsedClient(httpx2.AsyncClient):
    """One that knows the executions that use it, each of which has `ended` sooner or later."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.users: WeakSet[Any] = WeakSet()

    @property
    def in_use(self) -> bool:
        return any(not user.ended for user in self.users)


@dataclass(slots=True)
class _OfLoop:
    """The clients of an event loop by their ways, and those that others have driven out."""

    clients: OrderedDict[Way, UsedClient] = field(default_factory=OrderedDict)
    dropped: list[UsedClient] = field(default_factory=list)
    lifetime: AsyncGenerator[None] | None = None

    async def close_unused(self) -> None:
        """Close what was driven out and nobody uses any more; a stream may still run over the others."""
        unused = [client for client in self.dropped if not client.in_use]
        self.dropped = [client for client in self.dropped if client.in_use]
        for client in unused:
            await client.aclose()


def _keep(clients: OrderedDict[Way, T], way: Way, client: T) -> T | None:
    """The one that was used longest ago goes, when there are too many."""
    clients[way] = client
    return clients.popitem(last=False)[1] if len(clients) > _WAYS else None


async def _closed_with(loop: AbstractEventLoop, of_loop: _OfLoop) -> AsyncGenerator[None]:
    """A loop closes the generators that are still open when it shuts down; this one takes the clients with it."""
    try:
        yield
    finally:
        _of_loops.pop(loop, None)
        for client in [*of_loop.clients.values(), *of_loop.dropped]:
            await client.aclose()


def _forget_closed_loops() -> None:
    """Of a loop that was closed without being shut down, nobody can close the clients any more."""
    with _lock:  # every thread may have a loop of its own
        for loop in [loop for loop in list(_of_loops) if loop.is_closed()]:
            _of_loops.pop(loop, None)


def _no_cookies() -> CookieJar:
    """Executions of many connections share a client; what one service sets, no later request carries."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


_WAYS = 64
"""Clients that a process, and each event loop, keeps at a time."""

_lock = threading.Lock()
_shared: OrderedDict[Way, _Client] = OrderedDict()
_inherited: list[_Client] = []
_of_loops: dict[AbstractEventLoop, _OfLoop] = {}


@atexit.register
def _close_shared() -> None:
    while _shared:
        _shared.popitem()[1].close()


def _forget_after_fork() -> None:
    """The parent still speaks on its connections: a child keeps them closed to itself and opens its own."""
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_shared.values())
    _shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)

"""The session: the only place where HTTP clients are made."""

from __future__ import annotations

import atexit
import functools
import os
import ssl
import threading
from collections.abc import AsyncGenerator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from connectory.engine.failures import reason_of
from connectory.errors import TrustUnavailable
from connectory.transport import Timeouts

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


def open_client(timeouts: Timeouts, *, auth: httpx2.Auth | None = None) -> httpx2.Client:
    """A client of one's own: the system's CAs, no redirects, nothing read from the environment but the CAs' place."""
    transport = httpx2.HTTPTransport(verify=_trust(), trust_env=False, limits=_POOL)
    return _Client(transport=transport, timeout=limits(timeouts), auth=auth, follow_redirects=False, trust_env=False)


def open_async_client(timeouts: Timeouts, *, auth: httpx2.Auth | None = None) -> httpx2.AsyncClient:
    """The twin of `open_client` for one event loop."""
    transport = httpx2.AsyncHTTPTransport(verify=_trust(), trust_env=False, limits=_POOL)
    return httpx2.AsyncClient(
        transport=transport, timeout=limits(timeouts), auth=auth, follow_redirects=False, trust_env=False
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


def shared_client() -> httpx2.Client:
    """The process's client for executions: its connections are kept alive, and closed when the process ends."""
    with _lock:
        if not _shared:
            client = open_client(Timeouts.all(None))
            client.cookies.jar = _no_cookies()
            atexit.register(client.close)
            _shared.append(client)
        return _shared[0]


async def shared_async_client() -> httpx2.AsyncClient:
    """The running loop's client for executions, closed when the loop shuts down."""
    import asyncio  # a seventh of the CPU of a short program, which has no loop to ask for

    loop = asyncio.get_running_loop()
    if loop not in _of_loops:
        _forget_closed_loops()
        client = open_async_client(Timeouts.all(None))
        client.cookies.jar = _no_cookies()
        lifetime = _closed_with(loop, client)
        await anext(lifetime)
        _of_loops[loop] = (client, lifetime)
    return _of_loops[loop][0]


async def _closed_with(loop: AbstractEventLoop, client: httpx2.AsyncClient) -> AsyncGenerator[None]:
    """A loop closes the generators that are still open when it shuts down; this one takes the client with it."""
    try:
        yield
    finally:
        _of_loops.pop(loop, None)
        await client.aclose()


def _forget_closed_loops() -> None:
    """Of a loop that was closed without being shut down, nobody can close the client any more."""
    with _lock:  # every thread may have a loop of its own
        for loop in [loop for loop in list(_of_loops) if loop.is_closed()]:
            _of_loops.pop(loop, None)


@functools.lru_cache(maxsize=8)
def _trust_in(ca_file: str | None, ca_dir: str | None) -> ssl.SSLContext:
    """Made once for each place that CAs come from: reading them costs more than the rest of a client."""
    return httpcore2.default_ssl_context()


def _trust() -> ssl.SSLContext:
    """Raises TrustUnavailable."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        return _trust_in(file, folder)
    except OSError as error:  # ssl's own errors too
        variable = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        raise TrustUnavailable(variable, file or folder or "", reason_of(error)) from error


def _no_cookies() -> CookieJar:
    """Executions of many connections share a client; what one service sets, no later request carries."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


_POOL = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
"""The pool of the SDK's own clients (openai 3.54, `DEFAULT_CONNECTION_LIMITS`)."""

_lock = threading.Lock()
_shared: list[httpx2.Client] = []
_inherited: list[httpx2.Client] = []
_of_loops: dict[AbstractEventLoop, tuple[httpx2.AsyncClient, AsyncGenerator[None]]] = {}


def _forget_after_fork() -> None:
    """The parent still speaks on its connections: a child keeps them closed to itself and opens its own."""
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_shared)
    _shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)

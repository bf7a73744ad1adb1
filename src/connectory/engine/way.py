"""The way to a service: TransportSettings with every secret in place, and the transports that take it."""

from __future__ import annotations

import dataclasses
import os
import ssl
from typing import Any, cast

import httpcore2
import httpx2

from connectory.engine.guard import AsyncGuard, Guard
from connectory.engine.proxy_line import ProxyLine
from connectory.engine.sendable import sendable
from connectory.engine.through_proxy import AsyncProxyPool, ProxyPool
from connectory.engine.tls import context_of
from connectory.engine.unquoted import QUOTING, AsyncUnquoted, Unquoted, unquote
from connectory.transport import Proxy, Reach, TransportSettings
from connectory.urls import is_tls

_POOL = {"max_connections": 1000, "max_keepalive_connections": 100, "keepalive_expiry": 5.0}
"""The pool of the SDK's own clients (openai 3.54, `DEFAULT_CONNECTION_LIMITS`; httpx2 2.16, `Limits`)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a service is reached: equal for settings that come to the same, so that they can share a client."""

    context: ssl.SSLContext
    proxy: ProxyLine | None
    reach: Reach
    reach_of_proxy: Reach
    resolves_here: bool

    @classmethod
    def of(cls, settings: TransportSettings) -> Way:
        """Raises TrustUnavailable, CertificateUnusable, SecretUnavailable."""
        proxy, reach = settings.proxy, settings.reach
        return cls(
            context=context_of(settings.trust, settings.client_certificate),
            proxy=_line_to(proxy) if proxy else None,
            reach=reach,
            reach_of_proxy=dataclasses.replace(reach, server=False) if proxy and proxy.named else reach,
            resolves_here=settings.resolves_here,
        )


def _line_to(proxy: Proxy) -> ProxyLine:
    username, password = (secret.reveal() if secret else "" for secret in (proxy.username, proxy.password))
    headers = ((name.encode(), sendable(name, value).encode()) for name, value in proxy.headers.items())
    return ProxyLine(
        url=proxy.url,
        context=context_of(proxy.trust) if is_tls(proxy.url) else None,
        login=(username, password) if username or password else None,
        headers=tuple(headers),
    )


_inherited: list[Any] = []
"""Pools of a parent process, which still speaks over their lines: two who read from one get each other's answers."""


class Transport(httpx2.HTTPTransport):
    """httpx2's own, over a pool that opens its lines through the guard, and through the proxy if there is one."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._own()

    def _own(self) -> None:
        self._pool = _pool(self._way)  # the one private name of httpx2 that this takes (2.16)
        self._process = os.getpid()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._process != os.getpid():
            _inherited.append(self._pool)
            self._own()
        try:
            response = super().handle_request(request)
        except QUOTING as error:
            unquote(error)
            raise
        response.stream = Unquoted(cast("httpx2.SyncByteStream", response.stream))
        return response


class AsyncTransport(httpx2.AsyncHTTPTransport):
    """The async twin of Transport."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._own()

    def _own(self) -> None:
        self._pool = _async_pool(self._way)
        self._process = os.getpid()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._process != os.getpid():
            _inherited.append(self._pool)
            self._own()
        try:
            response = await super().handle_async_request(request)
        except QUOTING as error:
            unquote(error)
            raise
        response.stream = AsyncUnquoted(cast("httpx2.AsyncByteStream", response.stream))
        return response


def _pool(way: Way) -> httpcore2.ConnectionPool:
    guard, common = Guard(way.reach), _common(way)
    if way.proxy is None:
        return httpcore2.ConnectionPool(network_backend=guard, **common)
    lookup = guard if way.resolves_here else None
    return ProxyPool(way.proxy, guard=Guard(way.reach_of_proxy), lookup_guard=lookup, **common)


def _async_pool(way: Way) -> httpcore2.AsyncConnectionPool:
    guard, common = AsyncGuard(way.reach), _common(way)
    if way.proxy is None:
        return httpcore2.AsyncConnectionPool(network_backend=guard, **common)
    lookup = guard if way.resolves_here else None
    return AsyncProxyPool(way.proxy, guard=AsyncGuard(way.reach_of_proxy), lookup_guard=lookup, **common)


def _common(way: Way) -> dict[str, Any]:
    return {"ssl_context": way.context, **_POOL}

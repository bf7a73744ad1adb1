"""Pools of lines that go through an HTTP proxy: CONNECT for https, absolute form for http.

Each line knows how far it came, so that a fault between here and the far side of the proxy is told as the proxy's.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpcore2

from connectory.engine.guard import AsyncGuard, Guard
from connectory.engine.proxy_line import FAULTS, Around, Line, ProxyBroke, ProxyLine, respelled


class ProxyPool(httpcore2.HTTPProxy):
    """Lines through a proxy. `lookup_guard`, if there is one, looks up the names of services here."""

    def __init__(
        self, line: ProxyLine, *, guard: Guard, lookup_guard: Guard | None, ssl_context: ssl.SSLContext, **limits: Any
    ) -> None:
        super().__init__(proxy_url=line.url, proxy_ssl_context=line.context, ssl_context=ssl_context, **limits)
        self._line = line
        self._guard = guard
        self._lookup_guard = lookup_guard
        self._context = ssl_context

    def create_connection(self, origin: httpcore2.Origin) -> httpcore2.ConnectionInterface:
        return _Through(self._line, origin, self._guard, self._lookup_guard, self._context)


class AsyncProxyPool(httpcore2.AsyncHTTPProxy):
    """The async twin of ProxyPool."""

    def __init__(
        self,
        line: ProxyLine,
        *,
        guard: AsyncGuard,
        lookup_guard: AsyncGuard | None,
        ssl_context: ssl.SSLContext,
        **limits: Any,
    ) -> None:
        super().__init__(proxy_url=line.url, proxy_ssl_context=line.context, ssl_context=ssl_context, **limits)
        self._line = line
        self._guard = guard
        self._lookup_guard = lookup_guard
        self._context = ssl_context

    def create_connection(self, origin: httpcore2.Origin) -> httpcore2.AsyncConnectionInterface:
        return _AsyncThrough(self._line, origin, self._guard, self._lookup_guard, self._context)


class _Dial(httpcore2.NetworkBackend):
    """Opens the one line of a connection."""

    def __init__(self, line: Line, guard: Guard) -> None:
        self._line = line
        self._guard = guard

    def connect_tcp(self, *where: Any, **how: Any) -> httpcore2.NetworkStream:
        stream = self._guard.connect_tcp(*where, **how)
        return _Stream(self._line, stream) if self._line.opened() else stream


class _Stream(httpcore2.NetworkStream):
    """A line that is not through the proxy yet. From there on it is the plain one, which costs nothing more."""

    def __init__(self, line: Line, stream: httpcore2.NetworkStream) -> None:
        self._line = line
        self._stream = stream
        self.read = stream.read  # type: ignore[method-assign]
        self.write = stream.write  # type: ignore[method-assign]
        self.close = stream.close  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def start_tls(self, *how: Any, **more: Any) -> httpcore2.NetworkStream:
        self._line.shaking_hands()
        stream = self._stream.start_tls(*how, **more)
        return _Stream(self._line, stream) if self._line.opened() else stream


class _Through(Around, httpcore2.ConnectionInterface):
    """One connection to a service through the proxy."""

    _kind = httpcore2.HTTPProxy

    def _dial(self) -> _Dial:
        return _Dial(self._line, self._guard)

    def handle_request(self, request: httpcore2.Request) -> httpcore2.Response:
        if self._lookup_guard and not self._line.through:
            host = self._origin.host.decode("ascii")
            self._opened_at_one_of(self._lookup_guard.addresses(host, self._origin.port))
        try:
            response: httpcore2.Response = self._inner.handle_request(respelled(self._at, self._origin, request))
            return response
        except FAULTS as error:
            if self._line.through:
                raise
            raise ProxyBroke(str(error)) from error

    def close(self) -> None:
        self._inner.close()


class _AsyncDial(httpcore2.AsyncNetworkBackend):
    """The async twin of _Dial."""

    def __init__(self, line: Line, guard: AsyncGuard) -> None:
        self._line = line
        self._guard = guard

    async def connect_tcp(self, *where: Any, **how: Any) -> httpcore2.AsyncNetworkStream:
        stream = await self._guard.connect_tcp(*where, **how)
        return _AsyncStream(self._line, stream) if self._line.opened() else stream


class _AsyncStream(httpcore2.AsyncNetworkStream):
    """The async twin of _Stream."""

    def __init__(self, line: Line, stream: httpcore2.AsyncNetworkStream) -> None:
        self._line = line
        self._stream = stream
        self.read = stream.read  # type: ignore[method-assign]
        self.write = stream.write  # type: ignore[method-assign]
        self.aclose = stream.aclose  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    async def start_tls(self, *how: Any, **more: Any) -> httpcore2.AsyncNetworkStream:
        self._line.shaking_hands()
        stream = await self._stream.start_tls(*how, **more)
        return _AsyncStream(self._line, stream) if self._line.opened() else stream


class _AsyncThrough(Around, httpcore2.AsyncConnectionInterface):
    """The async twin of _Through."""

    _kind = httpcore2.AsyncHTTPProxy

    def _dial(self) -> _AsyncDial:
        return _AsyncDial(self._line, self._guard)

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        if self._lookup_guard and not self._line.through:
            host = self._origin.host.decode("ascii")
            self._opened_at_one_of(await self._lookup_guard.addresses(host, self._origin.port))
        try:
            asked = respelled(self._at, self._origin, request)
            response: httpcore2.Response = await self._inner.handle_async_request(asked)
            return response
        except FAULTS as error:
            if self._line.through:
                raise
            raise ProxyBroke(str(error)) from error

    async def aclose(self) -> None:
        await self._inner.aclose()

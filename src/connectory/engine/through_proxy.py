"""Pools of lines that go through an HTTP proxy: CONNECT for https, absolute form for http.

Each line knows how far it came, so that a fault between here and the far side of the proxy is told as the proxy's.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpcore2

from connectory.engine.guard import AsyncGuard, Guard

Headers = Sequence[tuple[bytes, bytes]]

_FAULTS = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


class ProxyBroke(httpcore2.ProxyError):
    """The proxy was not reached, or did not answer as a proxy does: see the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLine:
    """How a proxy is spoken to: its URL, a context if it speaks TLS, user name and password, headers for it."""

    url: str
    context: ssl.SSLContext | None
    login: tuple[str, str] | None
    headers: Headers

    def pool(self, kind: type, origin: httpcore2.Origin, **others: Any) -> Any:
        """A pool of httpcore2's own, of which one line is taken.

        Where the proxy hands requests on, they reach the service with their headers: it gets those for proxies only.
        """
        tunnels = origin.scheme == b"https"
        headers = [pair for pair in self.headers if tunnels or pair[0].lower().startswith(b"proxy-")]
        login = self.login and (self.login[0].encode(), self.login[1].encode())
        return kind(
            proxy_url=self.url, proxy_auth=login, proxy_headers=headers, proxy_ssl_context=self.context, **others
        )

    @property
    def handshakes(self) -> int:
        """TLS handshakes with the proxy itself."""
        return 0 if self.context is None else 1


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


class _Line:
    """How far one line came: `through` once the proxy has done its part, and what fails then is the service's."""

    def __init__(self, origin: httpcore2.Origin, proxy: ProxyLine) -> None:
        self.through = False
        self._tunnels = origin.scheme == b"https"
        self._handshakes = proxy.handshakes

    def opened(self) -> bool:
        """A step is done: whether the next ones have to be looked at."""
        if not self._tunnels and self._handshakes == 0:
            self.through = True
        return not self.through

    def shaking_hands(self) -> None:
        """TLS begins, with the proxy or, through its tunnel, with the service."""
        if self._handshakes == 0:
            self.through = True
        self._handshakes -= 1


class _Dial(httpcore2.NetworkBackend):
    """Opens the one line of a connection."""

    def __init__(self, line: _Line, guard: Guard) -> None:
        self._line = line
        self._guard = guard

    def connect_tcp(self, *where: Any, **how: Any) -> httpcore2.NetworkStream:
        stream = self._guard.connect_tcp(*where, **how)
        return _Stream(self._line, stream) if self._line.opened() else stream


class _Stream(httpcore2.NetworkStream):
    """A line that is not through the proxy yet. From there on it is the plain one, which costs nothing more."""

    def __init__(self, line: _Line, stream: httpcore2.NetworkStream) -> None:
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


class _Through(httpcore2.ConnectionInterface):
    """One connection to a service through the proxy."""

    def __init__(
        self,
        proxy: ProxyLine,
        origin: httpcore2.Origin,
        guard: Guard,
        lookup_guard: Guard | None,
        context: ssl.SSLContext,
    ) -> None:
        self._line = _Line(origin, proxy)
        self._origin = origin
        self._lookup_guard = lookup_guard
        self._proxy, self._guard, self._context = proxy, guard, context
        self._at = _in_brackets(origin, origin.host)
        self._inner: httpcore2.ConnectionInterface = self._opened_at(self._at)

    def handle_request(self, request: httpcore2.Request) -> httpcore2.Response:
        if self._lookup_guard and not self._line.through:
            host = self._origin.host.decode("ascii")
            [address, *_] = _four_first(self._lookup_guard.addresses(host, self._origin.port))
            self._at = _in_brackets(self._origin, address.encode())
            self._inner = self._opened_at(self._at)
        try:
            return self._inner.handle_request(_at(self._at, self._origin, request))
        except _FAULTS as error:
            if self._line.through:
                raise
            raise ProxyBroke(str(error)) from error

    def _opened_at(self, at: httpcore2.Origin) -> httpcore2.ConnectionInterface:
        """A line of httpcore2's own, that asks the proxy for this spelling of the origin."""
        dial = _Dial(self._line, self._guard)
        pool = self._proxy.pool(httpcore2.HTTPProxy, at, network_backend=dial, ssl_context=self._context)
        made: httpcore2.ConnectionInterface = pool.create_connection(at)
        return made

    def can_handle_request(self, origin: httpcore2.Origin) -> bool:
        return origin == self._origin

    def close(self) -> None:
        self._inner.close()

    def info(self) -> str:
        return self._inner.info()

    def is_connected(self) -> bool:
        return self._inner.is_connected()

    def is_available(self) -> bool:
        return self._inner.is_available()

    def has_expired(self) -> bool:
        return self._inner.has_expired()

    def is_idle(self) -> bool:
        return self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._inner.is_closed()


class _AsyncDial(httpcore2.AsyncNetworkBackend):
    """The async twin of _Dial."""

    def __init__(self, line: _Line, guard: AsyncGuard) -> None:
        self._line = line
        self._guard = guard

    async def connect_tcp(self, *where: Any, **how: Any) -> httpcore2.AsyncNetworkStream:
        stream = await self._guard.connect_tcp(*where, **how)
        return _AsyncStream(self._line, stream) if self._line.opened() else stream


class _AsyncStream(httpcore2.AsyncNetworkStream):
    """The async twin of _Stream."""

    def __init__(self, line: _Line, stream: httpcore2.AsyncNetworkStream) -> None:
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


class _AsyncThrough(httpcore2.AsyncConnectionInterface):
    """The async twin of _Through."""

    def __init__(
        self,
        proxy: ProxyLine,
        origin: httpcore2.Origin,
        guard: AsyncGuard,
        lookup_guard: AsyncGuard | None,
        context: ssl.SSLContext,
    ) -> None:
        self._line = _Line(origin, proxy)
        self._origin = origin
        self._lookup_guard = lookup_guard
        self._proxy, self._guard, self._context = proxy, guard, context
        self._at = _in_brackets(origin, origin.host)
        self._inner: httpcore2.AsyncConnectionInterface = self._opened_at(self._at)

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        if self._lookup_guard and not self._line.through:
            host = self._origin.host.decode("ascii")
            [address, *_] = _four_first(await self._lookup_guard.addresses(host, self._origin.port))
            self._at = _in_brackets(self._origin, address.encode())
            self._inner = self._opened_at(self._at)
        try:
            return await self._inner.handle_async_request(_at(self._at, self._origin, request))
        except _FAULTS as error:
            if self._line.through:
                raise
            raise ProxyBroke(str(error)) from error

    def _opened_at(self, at: httpcore2.Origin) -> httpcore2.AsyncConnectionInterface:
        """A line of httpcore2's own, that asks the proxy for this spelling of the origin."""
        dial = _AsyncDial(self._line, self._guard)
        pool = self._proxy.pool(httpcore2.AsyncHTTPProxy, at, network_backend=dial, ssl_context=self._context)
        made: httpcore2.AsyncConnectionInterface = pool.create_connection(at)
        return made

    def can_handle_request(self, origin: httpcore2.Origin) -> bool:
        return origin == self._origin

    async def aclose(self) -> None:
        await self._inner.aclose()

    def info(self) -> str:
        return self._inner.info()

    def is_connected(self) -> bool:
        return self._inner.is_connected()

    def is_available(self) -> bool:
        return self._inner.is_available()

    def has_expired(self) -> bool:
        return self._inner.has_expired()

    def is_idle(self) -> bool:
        return self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._inner.is_closed()


def _in_brackets(origin: httpcore2.Origin, host: bytes) -> httpcore2.Origin:
    """IPv6 addresses stand in brackets beside a port (RFC 3986, 3.2.2); httpcore2 2.16 asks proxies without them."""
    return httpcore2.Origin(scheme=origin.scheme, host=b"[%b]" % host if b":" in host else host, port=origin.port)


def _at(at: httpcore2.Origin, origin: httpcore2.Origin, request: httpcore2.Request) -> httpcore2.Request:
    """The request for another spelling of its host, whose certificate still names the one that was meant."""
    if at == origin:
        return request
    url = httpcore2.URL(scheme=at.scheme, host=at.host, port=at.port, target=request.url.target)
    extensions = {**request.extensions, "sni_hostname": origin.host.decode("ascii")}
    return httpcore2.Request(
        request.method, url, headers=request.headers, content=request.stream, extensions=extensions
    )


def _four_first(addresses: list[str]) -> list[str]:
    """Not every proxy has IPv6."""
    return sorted(addresses, key=lambda address: ":" in address)

"""One line through an HTTP proxy: how the proxy is spoken to, how far the line came, and what stands around it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpcore2

Headers = Sequence[tuple[bytes, bytes]]

FAULTS = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, UnicodeError)
"""The last is what the standard library raises for names that no host can have."""


class ProxyBroke(httpcore2.ProxyError):
    """The proxy was not reached, or did not answer as a proxy does: see the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLine:
    """How a proxy is spoken to: its URL, a context if it speaks TLS, user name and password, headers for it."""

    url: str
    context: ssl.SSLContext | None
    login: tuple[str, str] | None = field(repr=False)
    headers: Headers = field(repr=False)

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


class Line:
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


class Around:
    """What is alike in the two kinds of connections through a proxy: they stand around one of httpcore2's own.

    `dial` opens the one line of that, and `guard` is its; `lookup_guard` looks up the names of services here.
    """

    _kind: type
    """The pool of httpcore2 of which that one is taken."""

    def __init__(self, proxy: ProxyLine, origin: httpcore2.Origin, guard: Any, lookup_guard: Any, context: Any) -> None:
        self._line = Line(origin, proxy)
        self._origin = origin
        self._lookup_guard = lookup_guard
        self._proxy, self._guard, self._context = proxy, guard, context
        self._opened_at(origin.host)

    def _dial(self) -> Any:
        raise NotImplementedError

    def _opened_at(self, host: bytes) -> None:
        """A line that asks the proxy for this spelling of the origin."""
        self._at = in_brackets(self._origin, host)
        pool = self._proxy.pool(self._kind, self._at, network_backend=self._dial(), ssl_context=self._context)
        self._inner = pool.create_connection(self._at)

    def _opened_at_one_of(self, addresses: list[str]) -> None:
        [address, *_] = four_first(addresses)
        self._opened_at(address.encode())

    def can_handle_request(self, origin: httpcore2.Origin) -> bool:
        return origin == self._origin

    def info(self) -> Any:
        return self._inner.info()

    def is_connected(self) -> Any:
        return self._inner.is_connected()

    def is_available(self) -> Any:
        return self._inner.is_available()

    def has_expired(self) -> Any:
        return self._inner.has_expired()

    def is_idle(self) -> Any:
        return self._inner.is_idle()

    def is_closed(self) -> Any:
        return self._inner.is_closed()


def in_brackets(origin: httpcore2.Origin, host: bytes) -> httpcore2.Origin:
    """IPv6 addresses stand in brackets beside a port (RFC 3986, 3.2.2); httpcore2 2.16 asks proxies without them."""
    return httpcore2.Origin(scheme=origin.scheme, host=b"[%b]" % host if b":" in host else host, port=origin.port)


def respelled(at: httpcore2.Origin, origin: httpcore2.Origin, request: httpcore2.Request) -> httpcore2.Request:
    """The request for another spelling of its host, whose certificate still names the one that was meant."""
    if at == origin:
        return request
    url = httpcore2.URL(scheme=at.scheme, host=at.host, port=at.port, target=request.url.target)
    extensions = {**request.extensions, "sni_hostname": origin.host.decode("ascii")}
    return httpcore2.Request(
        request.method, url, headers=request.headers, content=request.stream, extensions=extensions
    )


def four_first(addresses: list[str]) -> list[str]:
    """Not every proxy has IPv6."""
    return sorted(addresses, key=lambda address: ":" in address)

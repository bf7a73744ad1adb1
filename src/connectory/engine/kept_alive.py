"""Transports that survive a kept connection which the service has given up.

A service may close a connection that it has promised to keep (llama.cpp does after every stream), and a request that is
sent meanwhile gets no answer. It is then sent once more, on the next connection, as browsers do. It is not when the
connection was made for it: then the service has something against the request. RFC 9112, 9.3.1 is about this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

_HUNG_UP = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class Transport(httpx2.HTTPTransport):
    """Sends a request until it goes over a connection of its own, or is answered."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        given = request.extensions
        while True:
            line = _Line(request, given)
            try:
                return super().handle_request(request)
            except _HUNG_UP:
                if line.new or not line.can_be_sent_again:
                    raise


class AsyncTransport(httpx2.AsyncHTTPTransport):
    """The async twin of Transport."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        given = request.extensions
        while True:
            line = _AsyncLine(request, given)
            try:
                return await super().handle_async_request(request)
            except _HUNG_UP:
                if line.new or not line.can_be_sent_again:
                    raise


class _Line:
    """The connection that one request goes over. `new`: it was made for this request."""

    def __init__(self, request: httpx2.Request, given: Mapping[str, Any]) -> None:
        self.new = "trace" in given  # somebody else is watching, and has a client of their own
        self.can_be_sent_again = isinstance(request.stream, httpx2.ByteStream)
        if not self.new:
            request.extensions = {**given, "trace": self._watch()}

    def _watch(self) -> object:
        return self._saw

    def _saw(self, event: str, facts: object) -> None:
        self.new = self.new or event.startswith("connection.connect_")


class _AsyncLine(_Line):
    def _watch(self) -> object:
        return self._asaw

    async def _asaw(self, event: str, facts: object) -> None:
        self._saw(event, facts)

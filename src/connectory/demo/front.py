"""A front: another way to the demo's service, behind a gate."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from connectory.demo.gate import Asked, Gate
from connectory.demo.loopback import LoopbackHandler, LoopbackServer
from connectory.demo.service import Service
from connectory.secret import Secret

_PATIENCE = 120.0
"""Seconds that the service may say nothing."""


class Front(LoopbackServer):
    """Hands on to the service what `gate` lets pass. `key` is the front's own, and opens the service."""

    def __init__(self, service: Service, gate: Gate, *, key: Secret) -> None:
        super().__init__(_Request, tls=gate.tls)
        self.service = service
        self.gate = gate
        self.key = key


class _Request(LoopbackHandler):
    server: Front

    def handled(self, body: bytes) -> None:
        gate = self.server.gate
        asked = Asked(method=self.command, target=self.path, headers=self.headers, body=body)
        gate.admit(asked)
        asked = gate.understood(asked)
        with contextlib.closing(self._open()) as upstream:
            response = self._answered(upstream, asked)
            try:
                self._relay(response)
            except (http.client.HTTPException, TimeoutError) as error:  # it has broken off, and so does this answer
                raise ConnectionAbortedError from error

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.server.service.url).netloc, timeout=_PATIENCE)

    def _answered(self, upstream: http.client.HTTPConnection, asked: Asked) -> http.client.HTTPResponse:
        path = urlsplit(self.server.service.url).path + asked.target
        headers = {"Authorization": f"Bearer {self.server.key.reveal()}", "Content-Type": "application/json"}
        try:
            upstream.request(asked.method, path, asked.body or None, headers)
            return upstream.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self.server.gate.unavailable() from error

    def _relay(self, response: http.client.HTTPResponse) -> None:
        """The service's answer as it came. A fault of a body looks the same at every front."""
        content_type = response.headers.get("Content-Type", "application/json")
        if response.length is None:
            self.stream(response.status, content_type, _pieces(response))
        else:
            self.answer(response.status, content_type, response.read())


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """What has come, as soon as it comes."""
    while piece := response.read1():
        yield piece

"""HTTP servers of the demo's own: threads on a free port of loopback."""

from __future__ import annotations

import json
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self


class LoopbackServer(socketserver.ThreadingTCPServer):
    """A context manager: serves at `origin` until it is left. Every request has a thread, and a connection, of its own.

    With `tls` it speaks HTTPS. http.server's own class is not used: it looks its address up by name, which takes
    seconds where names do not work.
    """

    daemon_threads = True

    def __init__(self, handler: type[LoopbackHandler], *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_address[1]}"
        self._tls = tls
        self._loop = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._loop.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.shutdown()
        self._loop.join()
        self.server_close()

    def get_request(self) -> tuple[Any, Any]:
        request, address = super().get_request()
        if self._tls:  # the handshake is left to the request's own thread, so that nobody waits for it
            request = self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        return request, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A caller that hangs up, or that TLS does not let in, is nobody's error.
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class Refused(Exception):
    """A request that is answered with an error: its status and its body."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.document = document


class LoopbackHandler(BaseHTTPRequestHandler):
    """One request: reads its body, has it handled, and answers in one piece or in a stream."""

    protocol_version = "HTTP/1.1"

    def handled(self, body: bytes) -> None:
        """Answer the request. Raises Refused for an error, before anything was sent."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            self.send_error(400)
            return
        try:
            self.handled(self.rfile.read(int(length)))
        except Refused as refused:
            self.answer_json(refused.status, refused.document)

    def answer_json(self, status: int, document: Mapping[str, Any]) -> None:
        self.answer(status, "application/json", json.dumps(document).encode())

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        self._begin(status, content_type, ("Content-Length", str(len(body))))
        self.wfile.write(body)

    def stream(self, status: int, content_type: str, pieces: Iterable[bytes]) -> None:
        """Send each piece as soon as it is there. If getting one fails, the answer ends without its closing chunk."""
        self._begin(status, content_type, ("Transfer-Encoding", "chunked"))
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """The screen belongs to the visitor."""

    def _begin(self, status: int, content_type: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", content_type), ("Connection", "close"), *headers):
            self.send_header(name, value)
        self.end_headers()

"""What a client asks of a proxy, and how it is passed on (RFC 9110, 9.3.6, and RFC 9112, 3.2)."""

import asyncio
import base64
import contextlib
import http
import urllib.parse
from dataclasses import dataclass
from typing import TypeAlias

from tests.upstream.messages import Headers
from tests.upstream.reading import BadRequest, body_length, parse_head, read_chunks

Address: TypeAlias = tuple[str, int]
Stream: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

# Of the connection to the proxy, or told anew: the body is sent on with its length.
_NOT_PASSED_ON = {"connection", "proxy-connection", "keep-alive", "proxy-authorization", "te", "transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """One request as the proxy saw it: of a tunnel only its CONNECT, of a plain request its head."""

    method: str
    target: str
    headers: Headers

    def header(self, name: str) -> str | None:
        """The first value of a header; the name in any case."""
        return next((value for header, value in self.headers if header.lower() == name.lower()), None)


class BadProxyRequest(BadRequest):
    """It is refused, with headers of its own."""

    def __init__(self, text: str, *, status: int, headers: Headers = ()) -> None:
        super().__init__(text, status=status)
        self.headers = headers


class Tunnel(Proxied):
    """`CONNECT host:port`."""

    __slots__ = ()

    def where(self) -> Address:
        """Raises BadRequest."""
        return host_and_port(self.target, None)

    async def pass_on(self, near: Stream, far: Stream, *, holds: bool = False) -> None:
        """Both ways until either side ends; what was under way to the other one is written."""
        near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        pumps = [asyncio.create_task(_pump(near[0], far[1])), asyncio.create_task(_pump(far[0], near[1]))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


class Forwarding(Proxied):
    """`GET http://host/path`, a request in absolute form."""

    __slots__ = ()

    def where(self) -> Address:
        """Raises BadRequest."""
        if not self.target.startswith("http://"):
            raise BadRequest("a proxy takes CONNECT, and http in absolute form")
        return host_and_port(urllib.parse.urlsplit(self.target).netloc, 80)

    async def pass_on(self, near: Stream, far: Stream, *, holds: bool = False) -> None:
        """The request, in origin form and with a `Via`, and the answer. Both sides end after it."""
        length = body_length(self.headers)
        body = await read_chunks(near[0]) if length is None else await near[0].readexactly(length)
        far[1].write(self._head(len(body) if length is None else None) + body)
        await far[1].drain()
        head = await far[0].readuntil(b"\r\n\r\n")
        if holds:
            near[1].write(head.removesuffix(b"\r\n") + b"connection: close\r\n\r\n" + await far[0].read())
            return
        near[1].write(head.removesuffix(b"\r\n") + b"connection: close\r\n\r\n")
        await _pump(far[0], near[1])

    def _head(self, joined: int | None) -> bytes:
        parts = urllib.parse.urlsplit(self.target)
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        lines = [f"{self.method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in _NOT_PASSED_ON]
        lines += ["Via: 1.1 recording-proxy", "Connection: close"]
        if joined is not None:
            lines.append(f"Content-Length: {joined}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def read_proxied(reader: asyncio.StreamReader) -> Tunnel | Forwarding:
    """Raises BadRequest; EOFError or OSError when the client has gone."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BadRequest("the head is too large", status=431) from error
    method, target, headers = parse_head(raw)
    kind = Tunnel if method == "CONNECT" else Forwarding
    return kind(method=method, target=target, headers=headers)


def host_and_port(text: str, default: int | None) -> Address:
    """Raises BadRequest, also when there is no port and no default for it."""
    try:
        parts = urllib.parse.urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default
    except ValueError as error:
        raise BadRequest("the target is malformed") from error
    if not host or port is None:
        raise BadRequest("the target has no host or no port")
    return host, port


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def refuse(near: Stream, bad: BadRequest) -> None:
    """Answers, and reads what is still to come: otherwise the kernel would send a reset, and the answer be lost."""
    reader, writer = near
    headers = bad.headers if isinstance(bad, BadProxyRequest) else ()
    lines = [f"HTTP/1.1 {bad.status} {http.HTTPStatus(bad.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (*headers, ("content-length", "0"), ("connection", "close"))]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            while await reader.read(65536):
                pass


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

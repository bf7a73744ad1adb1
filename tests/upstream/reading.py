"""Reads one HTTP/1.1 request (RFC 9112) and keeps its bytes.

It refuses what a good client never sends (two lengths, two hosts, space before a colon), because the clients here
are what is being tested.
"""

import asyncio

from tests.upstream.messages import Headers, Received

# OpenAI takes 64 KiB of headers; a test may want to send more and see what its client says.
HEAD_LIMIT = 256 * 1024


class BadRequest(Exception):
    """The bytes are no request that we take; the connection is closed after the answer."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Received:
    """The next request of a connection. Raises EOFError or OSError when the client has gone."""
    raw_head = await _read_until(reader, b"\r\n\r\n")
    method, target, headers = parse_head(raw_head)
    length = body_length(headers)
    if any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in headers):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await read_chunks(reader) if length is None else await reader.readexactly(length)
    path, _, query = target.partition("?")
    return Received(
        method=method,
        target=target,
        path=path,
        query=query,
        headers=headers,
        raw_head=raw_head,
        body=body,
        connection=connection,
    )


async def _read_until(reader: asyncio.StreamReader, end: bytes) -> bytes:
    try:
        return await reader.readuntil(end)
    except asyncio.LimitOverrunError as error:
        raise BadRequest("the head is too large", status=431) from error


def parse_head(raw_head: bytes) -> tuple[str, str, Headers]:
    first, *lines = raw_head[:-4].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise BadRequest("the request line does not have three words")
    method, target, version = words
    if version != "HTTP/1.1":
        raise BadRequest("only HTTP/1.1 is spoken here", status=505)
    headers = tuple(_header(line) for line in lines)
    if sum(name.lower() == "host" for name, _ in headers) != 1:
        raise BadRequest("there must be one Host header")
    return method, target, headers


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise BadRequest("a header line is malformed")
    return name, value.strip(" \t")


def body_length(headers: Headers) -> int | None:
    """The length in bytes; None when the body is chunked."""
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    codings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise BadRequest("the length of the body is given twice")
    if codings:
        if codings[0].lower() != "chunked":
            raise BadRequest("chunked is the only transfer coding spoken here", status=501)
        return None
    if lengths and not (lengths[0].isascii() and lengths[0].isdigit()):
        raise BadRequest("the content-length is not a number")
    return int(lengths[0]) if lengths else 0


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        size_line = await _read_until(reader, b"\r\n")
        try:
            size = int(size_line.split(b";")[0].strip(), 16)
        except ValueError as error:
            raise BadRequest("a chunk has no size") from error
        if size == 0:
            break
        parts.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequest("a chunk is longer than its size")
    while await _read_until(reader, b"\r\n") != b"\r\n":
        pass  # trailers
    return b"".join(parts)

"""Writes one answer: with a length, or as a stream whose every write is decided by the answer."""

import asyncio
import http
import socket
import struct

from tests.upstream.messages import Answer, Ending, Headers, Pause, Step

BODILESS = {204, 304}


class ConnectionEnded(Exception):
    """The answer said to end the connection, or the client has left."""


async def write_answer(writer: asyncio.StreamWriter, answer: Answer, *, gone: asyncio.Event, method: str) -> None:
    """Returns when every byte is with the operating system; raises ConnectionEnded or OSError if that cannot be."""
    for step in answer.before:
        await _take(step, writer, gone)
    if isinstance(answer.body, bytes):
        body = b"" if method == "HEAD" or answer.status in BODILESS else answer.body
        writer.write(_head(answer, (("content-length", str(len(answer.body))),)) + body)
        await writer.drain()
    else:
        await _write_stream(writer, answer, answer.body, gone)


async def _write_stream(
    writer: asyncio.StreamWriter, answer: Answer, steps: tuple[Step, ...], gone: asyncio.Event
) -> None:
    bare = any(name == "content-length" for name, _ in answer.headers)
    writer.write(_head(answer, () if bare else (("transfer-encoding", "chunked"),)))
    for step in steps:
        if isinstance(step, bytes):
            # An empty chunk would end the answer.
            if step:
                writer.write(step if bare else b"%x\r\n%b\r\n" % (len(step), step))
                await writer.drain()
        else:
            await _take(step, writer, gone)
    if not bare:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


def _head(answer: Answer, framing: Headers) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, *framing)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


async def _take(step: Pause | Ending, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
    if isinstance(step, Pause):
        await _pause(step.seconds, gone)
        return
    await writer.drain()
    if step is Ending.RESET:
        # With a linger time of zero the kernel sends RST instead of FIN.
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    elif step is Ending.CUT:
        writer.write(b'400\r\ndata: {"id":"cha')
    writer.close()
    raise ConnectionEnded


async def _pause(seconds: float, gone: asyncio.Event) -> None:
    """A client that leaves during a pause is noticed at once, so that its connection does not count as open."""
    try:
        async with asyncio.timeout(seconds):
            await gone.wait()
    except TimeoutError:
        return
    raise ConnectionEnded

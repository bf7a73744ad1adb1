"""Executions that go more ways than there are clients for: none takes another's line away."""

from __future__ import annotations

import asyncio
import contextlib
import time

from connectory import Connection, aexecute
from connectory.dialects import own
from connectory.engine.session import _WAYS
from connectory.errors import ConnectoryError
from tests.upstream import raw

HELLO = {"messages": [{"role": "user", "content": "Hello"}], "model": "m"}
PIECES = 20


def slow(line: raw.Line) -> None:
    raw.heard(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in [b'data: {"choices": [{"delta": {"content": "x"}}]}\n\n'] * PIECES + [b"data: [DONE]\n\n"]:
        line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        time.sleep(0.1)
    line.sendall(b"0\r\n\r\n")


def connection(port: int, **network: str) -> Connection:
    document = {"provider": "other", "url": f"http://127.0.0.1:{port}/v1", "credential": {"api_key": "k"}}
    return own.read("it", {**document, "network": network}, source="a test")


async def streamed(port: int) -> int:
    async with await aexecute(connection(port), HELLO, stream=True) as answer:
        return len([event async for event in answer.events()])


async def many_others() -> None:
    for number in range(_WAYS + 6):
        with contextlib.suppress(ConnectoryError):
            await aexecute(connection(1, proxy=f"http://127.0.0.1:{10_000 + number}"), HELLO)


def test_stream_runs_on_while_its_client_makes_room_for_others() -> None:
    async def both(port: int) -> int:
        events, _ = await asyncio.gather(streamed(port), many_others())
        return events

    with raw.listening(slow) as port:
        assert asyncio.run(both(port)) == PIECES

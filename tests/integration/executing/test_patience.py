"""An answer that drips in has to begin in time, whatever comes meanwhile; once it has begun, each piece has its own."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable

import pytest

from connectory import Connection, aexecute, execute
from connectory.dialects import own
from connectory.errors import TimedOut
from connectory.network_policy import NetworkPolicy
from tests.upstream import raw

HELLO = {"messages": [{"role": "user", "content": "Hello"}], "model": "m"}
LIMIT = 0.6


def dripping(*pieces: bytes, begin: bytes = b"") -> raw.Script:
    """Says `begin`, and then one of the pieces after the other, again and again, each well within every limit."""

    def script(line: raw.Line) -> None:
        raw.heard(line)
        line.sendall(begin)
        for number in range(40):
            line.sendall(pieces[number % len(pieces)])
            time.sleep(0.1)

    return script


HEADERS = dripping(b"X-Drip: 1\r\n", begin=b"HTTP/1.1 200 OK\r\n")
INTERIM = dripping(b"HTTP/1.1 100 Continue\r\n\r\n")


def connection(port: int, **client: object) -> Connection:
    document = {"provider": "other", "url": f"http://127.0.0.1:{port}/v1", "credential": {"api_key": "k"}}
    return own.read("it", {**document, "client": client}, source="a test")


def streamed(asked: Connection) -> None:
    execute(asked, HELLO, stream=True)


def whole(asked: Connection) -> None:
    execute(asked, HELLO)


def awaited(asked: Connection) -> None:
    async def ask() -> None:
        await aexecute(asked, HELLO)

    asyncio.run(ask())


@pytest.mark.parametrize("script", [HEADERS, INTERIM], ids=["headers", "100 Continue"])
@pytest.mark.parametrize("ask", [whole, awaited, streamed])
def test_answer_that_does_not_begin_is_given_up(script: raw.Script, ask: Callable[[Connection], None]) -> None:
    with raw.listening(script) as port:
        started = time.monotonic()
        with pytest.raises(TimedOut, match=f"nothing was heard within {LIMIT:g} s"):
            ask(connection(port, timeout=LIMIT))
        assert time.monotonic() - started < LIMIT + 1


def test_response_timeout_holds_for_the_beginning_of_a_stream() -> None:
    with raw.listening(HEADERS) as port:
        rules = NetworkPolicy(response_timeout=LIMIT)
        asked = dataclasses.replace(connection(port), network_policy=rules)
        with pytest.raises(TimedOut, match=f"nothing was heard within {LIMIT:g} s"):
            streamed(asked)


def test_answer_that_has_begun_may_take_longer_altogether() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"

    def script(line: raw.Line) -> None:
        raw.heard(line)
        line.sendall(head)
        for byte in b'{"a": "bcd"}':
            line.sendall(bytes([byte]))
            time.sleep(0.1)

    with raw.listening(script) as port:
        assert execute(connection(port, timeout=LIMIT), HELLO).json() == {"a": "bcd"}

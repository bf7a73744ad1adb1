"""The guard, before real services: what is dialled was judged, and nothing else is dialled."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import httpcore2
import pytest

from connectory.engine.guard import AsyncGuard, Guard, NotReached, Refused
from connectory.transport import Reach
from tests.integration.network.paths import GRANTED, port_of
from tests.upstream import Answer, Pki, Received, Upstream, json_answer, running, tls_client, tls_server

SILENT = "127.0.0.3"
"""An address that is granted too, and at which nobody listens."""
SERVER = Reach(server=True, networks=(ip_network(GRANTED), ip_network(SILENT)))
REBOUND = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "169.254.169.254", "0.0.0.0", "fe80::1%lo"]


class Names:
    """Answers for every name what stands next in its script, the last one for good; remembers who was asked for."""

    def __init__(self, *script: list[str] | OSError) -> None:
        self._script = list(script)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[Any]:
        self.asked.append(host)
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(answer, OSError):
            raise answer
        return [(None, None, None, "", (address, port)) for address in answer]

    async def later(self, host: str, port: int) -> list[Any]:
        return self(host, port)


class Line:
    """A pool of lines behind a guard that asks `names`; how often it asked is theirs to know."""

    def __init__(self, names: Names, context: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore2.ConnectionPool(network_backend=Guard(SERVER, names), ssl_context=context)

    def get(self, *urls: str) -> list[int]:
        with self._pool as pool:
            return [pool.request("GET", url).status for url in urls]


class AsyncLine:
    def __init__(self, names: Names, context: ssl.SSLContext | None = None) -> None:
        self._names, self._context = names, context

    def get(self, *urls: str) -> list[int]:
        return asyncio.run(self._get(urls))

    async def _get(self, urls: tuple[str, ...]) -> list[int]:
        guard = AsyncGuard(SERVER, self._names.later)
        async with httpcore2.AsyncConnectionPool(network_backend=guard, ssl_context=self._context) as pool:
            return [(await pool.request("GET", url)).status for url in urls]


@pytest.fixture(params=[Line, AsyncLine], ids=["sync", "async"])
def line(request: pytest.FixtureRequest) -> Callable[..., Line]:
    return request.param  # type: ignore[no-any-return]


async def hangs_up(_: Received) -> Answer:
    return json_answer({}, headers=(("connection", "close"),))


async def stays(_: Received) -> Answer:
    return json_answer({})


@pytest.fixture
def once() -> Iterator[Upstream]:
    """A granted service that closes its line after each answer."""
    with running(hangs_up, host=GRANTED) as upstream:
        yield upstream


@pytest.mark.parametrize("address", REBOUND)
def test_a_name_that_is_bound_anew_is_judged_anew(line: Callable[..., Line], once: Upstream, address: str) -> None:
    names, url = Names([GRANTED], [address]), f"http://rebinding.example:{port_of(once)}/"
    with running(stays, port=port_of(once)) as elsewhere:
        with pytest.raises(Refused) as refused:
            line(names).get(url, url)
        assert elsewhere.connections == 0
    assert (refused.value.address, once.connections, len(names.asked)) == (address, 1, 2)


def test_no_name_is_asked_for_again_between_judging_and_dialling(line: Callable[..., Line], once: Upstream) -> None:
    names = Names([GRANTED], ["127.0.0.1"])
    assert line(names).get(f"http://rebinding.example:{port_of(once)}/") == [200]
    assert names.asked == ["rebinding.example"]


@pytest.mark.parametrize("answer", [["127.0.0.1", GRANTED], [GRANTED, "127.0.0.1"], [GRANTED, "8.8.8.8", "::1"]])
def test_one_bad_address_among_good_ones_is_enough(
    line: Callable[..., Line], once: Upstream, answer: list[str]
) -> None:
    with pytest.raises(Refused):
        line(Names(answer)).get(f"http://mixed.example:{port_of(once)}/")
    assert once.connections == 0


def test_a_line_that_is_kept_needs_no_name_again(line: Callable[..., Line]) -> None:
    names = Names([GRANTED], ["127.0.0.1"])
    with running(stays, host=GRANTED) as upstream:
        url = f"http://kept.example:{port_of(upstream)}/"
        assert line(names).get(url, url, url) == [200, 200, 200]
        assert upstream.connections == 1
        assert {request.header("host") for request in upstream.requests} == {url.split("/")[2]}
    assert names.asked == ["kept.example"]


def test_the_next_address_is_tried_where_one_does_not_answer(line: Callable[..., Line], once: Upstream) -> None:
    assert line(Names([SILENT, GRANTED])).get(f"http://many.example:{port_of(once)}/") == [200]


def test_nobody_at_any_address_names_the_last(line: Callable[..., Line]) -> None:
    with pytest.raises(NotReached) as missed:
        line(Names([GRANTED, SILENT])).get("http://nobody.example:9/")
    assert (missed.value.address, missed.value.port) == (SILENT, 9)


def test_a_name_without_an_address_is_no_way(line: Callable[..., Line]) -> None:
    with pytest.raises(httpcore2.ConnectError, match="the name has no address"):
        line(Names([])).get("http://empty.example/")


def test_a_name_that_nobody_knows_is_no_way(line: Callable[..., Line]) -> None:
    with pytest.raises(httpcore2.ConnectError, match="not known"):
        line(Names(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))).get("http://unknown.example/")


def test_certificate_and_greeting_are_for_the_name(line: Callable[..., Line]) -> None:
    pki, greeted = Pki(), []
    context = tls_server(pki.server)
    context.sni_callback = lambda _socket, name, _context: greeted.append(name)
    with running(stays, host=GRANTED, tls=context) as upstream:
        url = f"https://localhost:{port_of(upstream)}/"
        assert line(Names([GRANTED]), tls_client(pki.root)).get(url) == [200]
        with pytest.raises(httpcore2.ConnectError, match="certificate"):
            line(Names([GRANTED]), tls_client(pki.root)).get(url.replace("localhost", "other.example"))
    assert greeted == ["localhost", "other.example"]


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.1", "127.1", "[::ffff:7f00:1]", "localhost", "LOCALHOST"]
)
def test_spellings_of_this_machine_are_judged_by_where_they_lead(forbidden: Upstream, host: str) -> None:
    with httpcore2.ConnectionPool(network_backend=Guard(Reach(server=True))) as pool, pytest.raises(Refused):
        pool.request("GET", f"http://{host}:{port_of(forbidden)}/")
    assert forbidden.connections == 0

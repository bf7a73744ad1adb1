"""What comes back through a proxy: events as they are sent, and redirects as they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectory import Connection, aconnect, aexecute, connect, execute
from connectory.network_policy import ProxyRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.integration.connections import HELLO, other_at
from tests.integration.network.paths import with_policy
from tests.upstream import (
    DONE,
    Answer,
    App,
    Pause,
    Pki,
    Received,
    RecordingProxy,
    Upstream,
    event,
    running,
    running_proxy,
    scripted,
    tls_server,
)

LONG, AT_ONCE = 60.0, 20.0
"""Seconds: a good deal for a busy machine, and far from long."""

CHUNK = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-test",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "first"}, "finish_reason": None}],
}
ASKED: Any = {"model": "gpt-test", "messages": HELLO["messages"], "stream": True}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(params=["http proxy", "https proxy"])
def proxy(request: pytest.FixtureRequest, pki: Pki) -> Iterator[RecordingProxy]:
    with running_proxy(tls=tls_server(pki.server) if request.param == "https proxy" else None) as recording:
        yield recording


@pytest.fixture(params=["http", "https"])
def serving(request: pytest.FixtureRequest, pki: Pki) -> Callable[[App], Any]:
    """Runs a service, with TLS or without."""
    return lambda app: running(app, tls=tls_server(pki.server) if request.param == "https" else None)


def through(proxy: RecordingProxy, service: Upstream, pki: Pki) -> Connection:
    tls = {"tls": {"ca": pki.root.pem}} if service.url.startswith("https:") else {}
    ca = CA(text=Secret(pki.root.pem), place="connectory.network.proxy_ca")
    return with_policy(other_at(service, **tls), proxy=ProxyRule(url=proxy.url, ca=ca))


async def halting(_: Received) -> Answer:
    """One event, and the next one after a long time."""
    stream = (("content-type", "text/event-stream"),)
    return Answer(headers=stream, body=(event(CHUNK), Pause(LONG), event(CHUNK), DONE))


def stream(connection: Connection) -> str:
    with execute(connection, HELLO, stream=True) as answer:
        return str(next(answer.events()))


async def astream(connection: Connection) -> str:
    async with aexecute(connection, HELLO, stream=True) as answer:
        return str(await anext(answer.events()))


def client(connection: Connection) -> str:
    with connect(connection, max_retries=0) as sdk, sdk.chat.completions.create(**ASKED) as chunks:
        return str(next(iter(chunks)))


async def async_client(connection: Connection) -> str:
    async with aconnect(connection, max_retries=0) as sdk, await sdk.chat.completions.create(**ASKED) as chunks:
        return str(await anext(aiter(chunks)))


@pytest.mark.parametrize("first", [stream, astream, client, async_client])
def test_an_event_arrives_before_the_next_one_is_sent(
    first: Callable[[Connection], Any], proxy: RecordingProxy, serving: Callable[[App], Any], pki: Pki
) -> None:
    with serving(halting) as service:
        began = time.monotonic()
        seen = first(through(proxy, service, pki))
        assert "first" in (asyncio.run(seen) if asyncio.iscoroutine(seen) else seen)
        assert time.monotonic() - began < AT_ONCE
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_not_followed_through_a_proxy(
    sends: Callable[[Connection], object],
    status: int,
    proxy: RecordingProxy,
    serving: Callable[[App], Any],
    pki: Pki,
) -> None:
    with running(halting) as elsewhere:

        async def redirects(_: Received) -> Answer:
            return scripted.redirect(f"{elsewhere.url}/v1", status=status)

        with serving(redirects) as service:
            sends(through(proxy, service, pki))
        assert (len(proxy.requests), elsewhere.connections) == (1, 0)

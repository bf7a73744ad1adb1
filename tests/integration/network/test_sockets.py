"""The SDK opens its WebSockets past the guard: a server opens none, and elsewhere the rules hold for their URL."""

from __future__ import annotations

from typing import Any

import pytest

from connectory import Connection, aconnect, connect
from connectory.errors import AddressRefused, HostNotAllowed
from tests.integration.connections import azure_at, azure_v1_at, openai_at
from tests.integration.network.paths import GRANTED, on_server, with_policy
from tests.upstream import Upstream

MADE = pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])


def with_sockets(made: Any, service: Upstream, url: str) -> Connection:
    connection: Connection = made(service, client={"websocket_base_url": url})
    return connection


@MADE
def test_a_server_opens_none(made: Any, granted: Upstream) -> None:
    connection = on_server(with_sockets(made, granted, granted.url.replace("http", "ws", 1)), GRANTED)
    with connect(connection) as client:
        with pytest.raises(AddressRefused, match="WebSocket"):
            client.realtime.connect(model="gpt-test").enter()
        with pytest.raises(AddressRefused, match="WebSocket"):
            client.responses.connect().enter()
    assert granted.connections == 0


@MADE
@pytest.mark.anyio
async def test_a_server_opens_none_from_async_clients_either(made: Any, granted: Upstream) -> None:
    connection = on_server(with_sockets(made, granted, granted.url.replace("http", "ws", 1)), GRANTED)
    async with aconnect(connection) as client:
        with pytest.raises(AddressRefused, match="WebSocket"):
            await client.realtime.connect(model="gpt-test").enter()
    assert granted.connections == 0


@MADE
@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "[::ffff:a9fe:a9fe]", "metadata.google.internal"])
def test_metadata_is_refused(made: Any, granted: Upstream, host: str) -> None:
    with (
        connect(with_sockets(made, granted, f"ws://{host}/v1")) as client,
        pytest.raises(AddressRefused, match="metadata"),
    ):
        client.realtime.connect(model="gpt-test").enter()


@MADE
def test_allowed_hosts_hold(made: Any, granted: Upstream, forbidden: Upstream) -> None:
    connection = with_sockets(made, granted, forbidden.url.replace("http", "ws", 1))
    with connect(with_policy(connection, allowed_hosts=frozenset({GRANTED}))) as client:
        for url in (None, "ws://other.example/v1"):
            each = client.with_options(websocket_base_url=url, api_key="theirs") if url else client
            with pytest.raises(HostNotAllowed):
                each.realtime.connect(model="gpt-test").enter()
    assert forbidden.connections == 0

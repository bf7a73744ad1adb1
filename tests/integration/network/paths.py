"""Every path by which a request leaves through a connection, and a connection as a server has it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import openai

from connectory import Connection, aconnect, aexecute, connect, execute
from connectory.errors import HostNotAllowed, NetworkError
from connectory.network_policy import NetworkPolicy
from tests.integration.connections import HELLO
from tests.upstream import Upstream

REFUSALS = (NetworkError, HostNotAllowed, openai.APIConnectionError)
"""What each path says of a way that may not be taken."""

GRANTED = "127.0.0.2"
"""An address of this machine that tests grant; the service that nobody may reach is at 127.0.0.1."""


def on_server(connection: Connection, *granted: str, **rules: Any) -> Connection:
    """The same as many people's server uses it; `granted` are addresses of `private_networks`."""
    networks = tuple(ip_network(address) for address in granted)
    policy = NetworkPolicy(server=True, private_networks=networks, **rules)
    return dataclasses.replace(connection, network_policy=policy)


def with_policy(connection: Connection, **rules: Any) -> Connection:
    return dataclasses.replace(connection, network_policy=NetworkPolicy(**rules))


def port_of(upstream: Upstream) -> int:
    return int(upstream.url.rpartition(":")[2])


def _aexecute(connection: Connection) -> None:
    async def executed() -> None:
        await aexecute(connection, HELLO)

    asyncio.run(executed())


def _stream(connection: Connection) -> None:
    with execute(connection, HELLO, stream=True) as stream:
        list(stream)


def _astream(connection: Connection) -> None:
    async def streamed() -> None:
        async with aexecute(connection, HELLO, stream=True) as stream:
            async for _ in stream:
                pass

    asyncio.run(streamed())


def _sdk(connection: Connection) -> None:
    with connect(connection, max_retries=0) as client, contextlib.suppress(openai.APIStatusError):
        client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello there"}])


def _async_sdk(connection: Connection) -> None:
    async def asked() -> None:
        async with aconnect(connection, max_retries=0) as client:
            with contextlib.suppress(openai.APIStatusError):
                await client.chat.completions.create(
                    model="gpt-test", messages=[{"role": "user", "content": "Hello there"}]
                )

    asyncio.run(asked())


PATHS: dict[str, Callable[[Connection], object]] = {
    "execute": lambda connection: execute(connection, HELLO),
    "aexecute": _aexecute,
    "stream": _stream,
    "astream": _astream,
    "client": _sdk,
    "async client": _async_sdk,
}

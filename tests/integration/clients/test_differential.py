"""Our clients send what the stock clients send, byte for byte, when those are configured by hand."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from connectory import Connection, aconnect, connect
from tests.integration.clients.sending import asend, send
from tests.integration.connections import AZURE_KEY, KEY, VERSION, azure_at, azure_v1_at, openai_at
from tests.upstream import Upstream

STATED: dict[str, Any] = {
    "organization": "org-1",
    "project": "proj-1",
    "timeout": 12.5,
    "max_retries": 1,
    "default_headers": {"X-Team": "a"},
    "default_query": {"trace": "1"},
}
"""Arguments that a document can state and a caller can give to the stock client."""


def bytes_sent(upstream: Upstream) -> Iterator[tuple[bytes, bytes]]:
    """Heads and bodies of what came, less the random boundary of a form."""
    for request in upstream.requests:
        boundary = re.search(rb"boundary=(\w+)", request.raw_head)
        token = boundary[1] if boundary else b"\x00"
        yield request.raw_head.replace(token, b"B"), request.body.replace(token, b"B")
    upstream.clear()


def by_hand(url: str) -> dict[str, Any]:
    return {"base_url": f"{url}/v1", "api_key": KEY}


def azure_by_hand(url: str) -> dict[str, Any]:
    return {"azure_endpoint": url, "api_version": VERSION, "api_key": AZURE_KEY}


PAIRS = [
    pytest.param(openai_at, by_hand, openai.OpenAI, id="openai"),
    pytest.param(azure_at, azure_by_hand, openai.AzureOpenAI, id="azure"),
]
"""How a connection is made, what the stock client is told by hand, and which one it is."""

ASYNC = {openai.OpenAI: openai.AsyncOpenAI, openai.AzureOpenAI: openai.AsyncAzureOpenAI}
Made = Callable[..., Connection]


@pytest.mark.parametrize("stated", [{}, STATED], ids=["plain", "stated"])
@pytest.mark.parametrize(("made", "told", "stock"), PAIRS)
def test_client_sends_what_the_stock_client_sends(
    request: pytest.FixtureRequest, made: Made, told: Any, stock: Any, stated: dict[str, Any]
) -> None:
    upstream: Upstream = request.getfixturevalue("azure_service" if made is azure_at else "service")
    with stock(**told(upstream.url), **stated) as client:
        send(client)
    expected = list(bytes_sent(upstream))
    with connect(made(upstream, client=stated)) as client:
        send(client)
    assert list(bytes_sent(upstream)) == expected
    assert len(expected) == 6


@pytest.mark.anyio
@pytest.mark.parametrize("stated", [{}, STATED], ids=["plain", "stated"])
@pytest.mark.parametrize(("made", "told", "stock"), PAIRS)
async def test_async_client_sends_what_the_stock_client_sends(
    request: pytest.FixtureRequest, made: Made, told: Any, stock: Any, stated: dict[str, Any]
) -> None:
    upstream: Upstream = request.getfixturevalue("azure_service" if made is azure_at else "service")
    async with ASYNC[stock](**told(upstream.url), **stated) as client:
        await asend(client)
    expected = list(bytes_sent(upstream))
    async with aconnect(made(upstream, client=stated)) as client:
        await asend(client)
    assert list(bytes_sent(upstream)) == expected
    assert len(expected) == 6


def test_client_at_azure_v1_differs_from_the_stock_client_in_the_key_header_only(azure_service: Upstream) -> None:
    with openai.OpenAI(base_url=f"{azure_service.url}/openai/v1", api_key="entra-token") as client:
        send(client)
    expected = [
        (head.replace(b"authorization: Bearer entra-token", b"KEY"), body) for head, body in bytes_sent(azure_service)
    ]
    with connect(azure_v1_at(azure_service)) as client:
        send(client)
    ours = [(head.replace(b"api-key: azure-key", b"KEY"), body) for head, body in bytes_sent(azure_service)]
    assert ours == expected
    assert all(b"KEY" in head for head, _ in ours)

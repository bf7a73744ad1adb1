"""A redirect is an answer, and nobody goes where it leads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import openai
import pytest

from connectory import Connection, connect
from connectory.dialects import own
from connectory.errors import TokenExchangeFailed
from tests.integration.connections import azure_at, azure_v1_at, openai_at, other_at
from tests.integration.network.paths import GRANTED, on_server
from tests.upstream import Answer, Received, TokenExchange, Upstream, running, scripted

MADE = pytest.mark.parametrize("made", [openai_at, other_at, azure_at, azure_v1_at])


@pytest.fixture(params=["metadata", "loopback", "another host", "without a scheme"])
def leads_to(request: pytest.FixtureRequest, forbidden: Upstream) -> str:
    where = {"metadata": "http://169.254.169.254/latest", "another host": "http://elsewhere.example/v1"}
    loopback = {"loopback": f"{forbidden.url}/v1", "without a scheme": f"{forbidden.url[5:]}/v1"}
    return (where | loopback)[request.param]


@pytest.fixture(params=[302, 307])
def redirecting(request: pytest.FixtureRequest, leads_to: str) -> Iterator[Upstream]:
    async def redirects(_: Received) -> Answer:
        return scripted.redirect(leads_to, status=request.param)

    with running(redirects, host=GRANTED) as upstream:
        yield upstream


@MADE
def test_no_path_follows_one(
    sends: Callable[[Connection], object], made: Callable[..., Connection], redirecting: Upstream, forbidden: Upstream
) -> None:
    for connection in (made(redirecting), on_server(made(redirecting), GRANTED)):
        sends(connection)
    assert (forbidden.connections, len(redirecting.requests)) == (0, 2)


@MADE
def test_no_client_follows_one_that_asks_for_it(
    made: Callable[..., Connection], redirecting: Upstream, forbidden: Upstream
) -> None:
    theirs = httpx2.Client(follow_redirects=True, trust_env=False)
    for client in (connect(made(redirecting), max_retries=0), connect(made(redirecting), http_client=theirs)):
        with client:
            with pytest.raises(openai.APIStatusError):
                client.get("/models", cast_to=object, options={"follow_redirects": True})
            with pytest.raises(openai.APIStatusError):
                client.with_options(timeout=5).models.list()
            with pytest.raises(openai.APIStatusError):
                client.files.content("file-1")
    assert forbidden.connections == 0


def test_no_exchange_follows_one(
    sends: Callable[[Connection], object], granted: Upstream, leads_to: str, forbidden: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("subject-1")
    exchange = TokenExchange(subject_tokens={"subject-1"})
    exchange.always = scripted.redirect(leads_to)
    with running(exchange) as place:
        document = {
            "provider": "other",
            "url": f"{granted.url}/v1",
            "credential": {
                "kind": "workload_identity",
                "identity_provider_id": "i",
                "service_account_id": "s",
                "source": {"kind": "kubernetes", "token_file_path": str(tmp_path / "token")},
                "exchange_url": f"{place.url}/oauth/token",
            },
        }
        with contextlib.suppress(TokenExchangeFailed):
            sends(on_server(own.read("it", document), GRANTED, "127.0.0.1"))
        assert len(place.requests) == 1
    assert (forbidden.connections, granted.connections) == (0, 0)

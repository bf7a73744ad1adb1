"""The built-in sources reach metadata services, directly and past every rule; nobody else does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectory import Connection
from connectory.credential import IdentityEndpoints
from connectory.network_policy import ProxyRule
from tests.integration.connections import other_at
from tests.integration.network.paths import GRANTED, on_server
from tests.upstream import AzureMetadata, GoogleMetadata, OpenAIService, TokenExchange, Upstream, running

NOWHERE = "http://127.0.0.1:9"
PROXIES: dict[str, dict[str, Any]] = {
    "none": {},
    "rules": {"proxy": ProxyRule(url=NOWHERE), "bypass_hosts": frozenset({GRANTED})},
    "variables": {
        "environment": dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE)
        | {"no_proxy": GRANTED}
    },
    "allowed hosts": {"allowed_hosts": frozenset({GRANTED})},
    "looked up here": {"resolves_here": True},
}


@pytest.fixture
def exchange() -> TokenExchange:
    return TokenExchange(subject_tokens=lambda token: True)


@pytest.fixture
def place(exchange: TokenExchange) -> Iterator[Upstream]:
    with running(exchange, host=GRANTED) as upstream:
        yield upstream


@pytest.fixture
def service(exchange: TokenExchange) -> Iterator[Upstream]:
    with running(OpenAIService(keys=exchange.tokens), host=GRANTED) as upstream:
        yield upstream


@pytest.fixture(params=["azure", "gcp"])
def metadata(request: pytest.FixtureRequest) -> Iterator[tuple[str, Upstream]]:
    """At an address that no connection of the server may reach."""
    with running(AzureMetadata() if request.param == "azure" else GoogleMetadata()) as upstream:
        yield request.param, upstream


@pytest.mark.parametrize("rules", PROXIES.values(), ids=PROXIES)
def test_sources_reach_metadata_past_every_rule(
    sends: Callable[[Connection], object],
    service: Upstream,
    place: Upstream,
    metadata: tuple[str, Upstream],
    rules: dict[str, Any],
) -> None:
    kind, at = metadata
    credential = {
        "kind": "workload_identity",
        "identity_provider_id": "idp_test",
        "service_account_id": "sa_test",
        "source": {"kind": kind},
    }
    endpoints = IdentityEndpoints(exchange_url=place.url, azure_metadata_url=at.url, gcp_metadata_url=at.url)
    connection = dataclasses.replace(other_at(service, credential=credential), identity_endpoints=endpoints)
    sends(on_server(connection, GRANTED, **rules))
    assert (len(at.requests), len(place.requests), len(service.requests)) == (1, 1, 1)

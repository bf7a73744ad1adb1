"""The exchange goes the way of the API call: through its proxy, under its CA, with its certificate. Metadata don't."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectory import Connection, connect, execute
from connectory.credential import IdentityEndpoints
from connectory.dialects import own
from tests.integration.connections import HELLO
from tests.upstream import (
    AzureMetadata,
    GoogleMetadata,
    OpenAIService,
    Pki,
    RecordingProxy,
    RotatingTokenFile,
    TokenExchange,
    Upstream,
    running,
    running_proxy,
    tls_server,
)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def proxy() -> Iterator[RecordingProxy]:
    with running_proxy(username="me", password="pass-phrase") as running:
        yield running


@pytest.fixture
def exchange(pki: Pki) -> TokenExchange:
    return TokenExchange(subject_tokens=lambda token: True, certificates={"client-rsa"})


@pytest.fixture
def place(exchange: TokenExchange, pki: Pki) -> Iterator[Upstream]:
    with running(exchange, tls=tls_server(pki.server, demanding=pki.client_root)) as upstream:
        yield upstream


@pytest.fixture
def service(exchange: TokenExchange, pki: Pki) -> Iterator[Upstream]:
    with running(
        OpenAIService(keys=exchange.tokens), tls=tls_server(pki.server, demanding=pki.client_root)
    ) as upstream:
        yield upstream


def made(place: Upstream, service: Upstream, proxy: RecordingProxy, pki: Pki, **credential: Any) -> Connection:
    document = {
        "provider": "other",
        "url": f"{service.url}/v1",
        "model": "gpt-test",
        "credential": {
            "kind": "workload_identity",
            "identity_provider_id": "idp_test",
            "service_account_id": "sa_test",
            "exchange_url": f"{place.url}/oauth/token",
            **credential,
        },
        "tls": {
            "certificate": pki.client_rsa.chain_pem,
            "private_key": pki.client_rsa.key_pem,
            "ca": pki.root.pem,
        },
        "network": {"proxy": proxy.url, "proxy_username": "me", "proxy_password": "pass-phrase"},
    }
    return own.read("it", document)


def host(upstream: Upstream) -> str:
    return urlsplit(upstream.url).netloc


def test_the_exchange_is_seen_at_the_proxy_under_the_private_ca_with_the_certificate(
    place: Upstream, service: Upstream, proxy: RecordingProxy, pki: Pki, token_file: RotatingTokenFile
) -> None:
    source = {"kind": "kubernetes", "token_file_path": str(token_file.path)}
    connection = made(place, service, proxy, pki, source=source)
    with connect(connection) as client:
        client.models.list()
    assert execute(connection, HELLO).status == 200
    assert {request.peer_certificate for request in [*place.requests, *service.requests]} == {"client-rsa"}
    tunnels = [(request.method, request.target) for request in proxy.requests if request.header("Proxy-Authorization")]
    assert tunnels[0] == ("CONNECT", host(place))
    assert set(tunnels) == {("CONNECT", host(place)), ("CONNECT", host(service))}


@pytest.mark.parametrize("source", ["azure", "gcp"])
def test_metadata_is_never_seen_at_the_proxy(
    place: Upstream, service: Upstream, proxy: RecordingProxy, pki: Pki, source: str
) -> None:
    with running(AzureMetadata()) as azure, running(GoogleMetadata()) as google:
        endpoints = IdentityEndpoints(azure_metadata_url=azure.url, gcp_metadata_url=google.url)
        connection = dataclasses.replace(
            made(place, service, proxy, pki, source={"kind": source}), identity_endpoints=endpoints
        )
        assert execute(connection, HELLO).status == 200
        asked = len(azure.requests) + len(google.requests)
        seen = [request.target for request in proxy.requests]
    assert asked == 1
    assert [target for target in seen if host(azure) in target or host(google) in target] == []


def test_the_environments_proxy_is_never_asked_for_metadata(
    place: Upstream, service: Upstream, proxy: RecordingProxy, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with running(AzureMetadata()) as azure:
        connection = dataclasses.replace(
            made(place, service, proxy, pki, source={"kind": "azure"}),
            identity_endpoints=IdentityEndpoints(azure_metadata_url=azure.url),
        )
        assert execute(connection, HELLO).status == 200


def test_a_proxy_that_wants_another_password_is_named(
    place: Upstream, service: Upstream, proxy: RecordingProxy, pki: Pki, token_file: RotatingTokenFile
) -> None:
    from connectory.errors import ProxyFailed

    source = {"kind": "kubernetes", "token_file_path": str(token_file.path)}
    connection = made(place, service, proxy, pki, source=source)
    network = own.read(
        "it",
        {"provider": "other", "url": "https://h/v1", "credential": {"kind": "none"}, "network": {"proxy": proxy.url}},
    ).network
    with pytest.raises(ProxyFailed, match=host(place)):
        execute(dataclasses.replace(connection, network=network), HELLO)


def test_x509_exchanges_the_certificate_itself(pki: Pki) -> None:
    exchange = TokenExchange(certificates={"client-ec"})
    tls = tls_server(pki.server, demanding=pki.client_root)
    with running(exchange, tls=tls) as place, running(OpenAIService(keys=exchange.tokens), tls=tls) as service:
        document = {
            "url": f"{service.url}/v1",
            "model": "gpt-test",
            "credential": {
                "kind": "x509_workload_identity",
                "identity_provider_id": "idp_test",
                "service_account_id": "sa_test",
                "exchange_url": f"{place.url}/oauth/token",
            },
            "tls": {"certificate": pki.client_ec.chain_pem, "private_key": pki.client_ec.key_pem, "ca": pki.root.pem},
        }
        connection = own.read("it", document)
        execute(connection, HELLO)
        with connect(connection) as client:
            client.models.list()
    assert [request.header("Authorization") for request in service.requests] == ["Bearer at-1"] * 2
    assert len(place.requests) == 1


def test_x509_is_not_for_websockets(pki: Pki) -> None:
    from connectory.errors import CallerError

    document = {
        "credential": {
            "kind": "x509_workload_identity",
            "identity_provider_id": "idp_test",
            "service_account_id": "sa_test",
        },
        "tls": {"certificate": pki.client_ec.chain_pem, "private_key": pki.client_ec.key_pem},
    }
    with connect(own.read("it", document)) as client, pytest.raises(CallerError, match="not supported by WebSocket"):
        client.realtime.connect(model="gpt-realtime").enter()

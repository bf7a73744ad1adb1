"""OpenAI's token exchange takes exactly the right request."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from openai.auth import WorkloadIdentity

from tests.integration.services.exchanging import GOOD, post
from tests.integration.services.talking import ask, say
from tests.upstream import (
    OpenAIService,
    Pki,
    TokenExchange,
    Upstream,
    certificates,
    running,
    running_proxy,
    tls_client,
    tls_server,
)
from tests.upstream.token_exchange import ID_TOKEN, X509

IDENTITY: WorkloadIdentity = {
    "identity_provider_id": "idp_test",
    "service_account_id": "sa_test",
    "provider": {"token_type": "jwt", "get_token": lambda: "jwt-1"},
}
BY_X509 = {**{name: value for name, value in GOOD.items() if name != "subject_token"}, "subject_token_type": X509}


@pytest.fixture
def exchange() -> TokenExchange:
    return TokenExchange(subject_tokens={"jwt-1"})


@pytest.fixture
def at(exchange: TokenExchange) -> Iterator[Upstream]:
    with running(exchange) as upstream:
        yield upstream


@pytest.mark.parametrize("document", [GOOD, {**GOOD, "subject_token_type": ID_TOKEN}, BY_X509])
def test_right_exchange_gets_a_token(at: Upstream, document: dict[str, str]) -> None:
    assert post(at, document) == (
        200,
        {
            "access_token": "at-1",
            "token_type": "Bearer",
            "expires_in": 3600,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        },
    )


def test_each_exchange_gets_a_token_of_its_own(at: Upstream, exchange: TokenExchange) -> None:
    assert [post(at, GOOD)[1]["access_token"] for _ in range(2)] == ["at-1", "at-2"]
    assert list(exchange.tokens) == ["at-1", "at-2"]


@pytest.mark.parametrize(
    "change",
    [
        {"grant_type": "client_credentials"},
        {"identity_provider_id": "idp_other"},
        {"service_account_id": "sa_other"},
        {"subject_token_type": "jwt"},
        {"subject_token_type": None},
        {"subject_token": ""},
        {"subject_token": None},
        {"subject_token": 1},
        {"subject_token_type": X509},
        {"client_id": "more"},
    ],
)
def test_wrong_member_is_an_invalid_request(at: Upstream, exchange: TokenExchange, change: dict[str, Any]) -> None:
    status, document = post(at, {**GOOD, **change})
    assert (status, document["error"], exchange.tokens.issued) == (400, "invalid_request", [])


@pytest.mark.parametrize("name", GOOD)
def test_missing_member_is_an_invalid_request(at: Upstream, name: str) -> None:
    status, document = post(at, {key: value for key, value in GOOD.items() if key != name})
    assert (status, document["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer x"}, {"Content_Type": "text/plain"}, {"Cookie": "a=b"}, {"api_key": "x"}]
)
def test_wrong_header_is_an_invalid_request(at: Upstream, headers: dict[str, str]) -> None:
    assert post(at, GOOD, **headers)[1]["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/oauth/token"), ("POST", "/oauth/token/"), ("POST", "/oauth/token?x=1"), ("POST", "/v1/token")],
)
def test_wrong_place_is_an_invalid_request(at: Upstream, method: str, path: str) -> None:
    response, body = ask(at, method, path, GOOD, headers={"Content-Type": "application/json"})
    assert (response.status, json.loads(body)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_body_that_is_no_object_is_an_invalid_request(at: Upstream, body: bytes) -> None:
    assert post(at, body)[1]["error"] == "invalid_request"


def test_wrong_subject_token_is_an_invalid_grant(at: Upstream) -> None:
    status, document = post(at, {**GOOD, "subject_token": "jwt-2"})
    assert (status, document["error"]) == (400, "invalid_grant")


def test_subject_token_is_asked_of_a_predicate() -> None:
    with running(TokenExchange(subject_tokens=lambda token: token.startswith("jwt-"))) as at:
        assert (post(at, GOOD)[0], post(at, {**GOOD, "subject_token": "x"})[0]) == (200, 400)


def test_expires_in_is_of_the_tokens_to_come(at: Upstream, exchange: TokenExchange) -> None:
    exchange.expires_in = 0
    assert (post(at, GOOD)[1]["expires_in"], list(exchange.tokens)) == (0, [])


def test_exchange_by_x509_looks_at_the_client_certificate() -> None:
    pki = Pki()
    exchange = TokenExchange(certificates={"client-ec"})
    statuses = []
    with running(exchange, tls=tls_server(pki.server, asking=pki.client_root)) as at:
        for identity in (pki.client_ec, pki.client_ed25519, None):
            with httpx2.Client(verify=tls_client(pki.root, identity=identity)) as client:
                statuses.append(client.post(f"{at.url}/oauth/token", json=BY_X509).status_code)
    assert (statuses, exchange.tokens.issued) == ([200, 400, 400], ["at-1"])


def test_stock_sdk_exchanges_here(exchange: TokenExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pki = Pki()
    host = certificates.server("auth", "auth.openai.com", issuer=pki.root)
    (tmp_path / "ca.pem").write_text(pki.root.pem)
    with running(OpenAIService(keys=exchange.tokens)) as service, running(exchange, tls=tls_server(host)) as at:
        route = at.url.removeprefix("https://")
        with running_proxy(routes={"auth.openai.com:443": route}) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
            with OpenAI(workload_identity=IDENTITY, base_url=f"{service.url}/v1", max_retries=0) as client:
                say(client)
                exchange.revoke_all()
                say(client)
    keys = [request.header("authorization") for request in service.requests]
    assert keys == ["Bearer at-1", "Bearer at-1", "Bearer at-2"]
    assert (exchange.tokens.issued, [request.method for request in proxy.requests]) == (
        ["at-1", "at-2"],
        ["CONNECT"] * 2,
    )

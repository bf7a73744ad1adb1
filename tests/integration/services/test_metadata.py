"""The metadata services of Azure and Google take exactly the right request."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests.integration.services.talking import ask, port_of
from tests.upstream import AzureMetadata, GoogleMetadata, Upstream, running, running_proxy, scripted
from tests.upstream.azure_metadata import PATH as AZURE
from tests.upstream.google_metadata import PATH as GOOGLE

QUERY = {"api-version": "2018-02-01", "resource": "https://management.azure.com/"}
METADATA = {"Metadata": "true"}
FLAVOR = {"Metadata-Flavor": "Google"}
AUDIENCE = "https://api.openai.com/v1"


@pytest.fixture
def azure_metadata() -> AzureMetadata:
    return AzureMetadata(identities={"known"})


@pytest.fixture
def imds(azure_metadata: AzureMetadata) -> Iterator[Upstream]:
    with running(azure_metadata) as upstream:
        yield upstream


@pytest.fixture
def google_metadata() -> GoogleMetadata:
    return GoogleMetadata()


@pytest.fixture
def google(google_metadata: GoogleMetadata) -> Iterator[Upstream]:
    with running(google_metadata) as upstream:
        yield upstream


def get(at: Upstream, path: str, query: Any, headers: dict[str, str]) -> tuple[int, bytes]:
    response, body = ask(at, "GET", f"{path}?{urlencode(query)}", headers=headers)
    return response.status, body


def test_azure_token_is_for_its_resource(imds: Upstream, azure_metadata: AzureMetadata) -> None:
    status, body = get(imds, AZURE, QUERY, METADATA)
    document = json.loads(body)
    assert (status, document["access_token"], document["resource"]) == (200, "imds-1", QUERY["resource"])
    assert (document["expires_in"], document["token_type"]) == ("86399", "Bearer")
    assert int(document["expires_on"]) - int(document["not_before"]) == 86399
    assert list(azure_metadata.tokens.issued_for(QUERY["resource"])) == ["imds-1"]


@pytest.mark.parametrize("name", ["client_id", "object_id", "msi_res_id"])
def test_azure_knows_an_identity_by_each_name(imds: Upstream, name: str) -> None:
    answers = [get(imds, AZURE, {**QUERY, name: value}, METADATA) for value in ("known", "unknown")]
    assert [status for status, _ in answers] == [200, 400]
    assert json.loads(answers[1][1]) == {"error": "invalid_request", "error_description": "Identity not found"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Metadata": "True"},
        {**METADATA, "X-Forwarded-For": "10.0.0.1"},
        {**METADATA, "Via": "1.1 somebody"},
        {**METADATA, "Authorization": "Bearer x"},
    ],
)
def test_azure_refuses_other_headers(imds: Upstream, azure_metadata: AzureMetadata, headers: dict[str, str]) -> None:
    status, body = get(imds, AZURE, QUERY, headers)
    assert (status, json.loads(body)["error"], azure_metadata.tokens.issued) == (400, "invalid_request", [])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"api-version": "2018-02-01"},
        {"resource": "r"},
        {**QUERY, "api-version": "newest"},
        {**QUERY, "resource": ""},
        {**QUERY, "scope": "x"},
        [*QUERY.items(), ("resource", "other")],
    ],
)
def test_azure_refuses_other_queries(imds: Upstream, query: Any) -> None:
    status, body = get(imds, AZURE, query, METADATA)
    assert (status, json.loads(body)["error"]) == (400, "invalid_request")


def test_azure_answers_at_one_place_only(imds: Upstream) -> None:
    assert get(imds, "/metadata/instance", QUERY, METADATA)[0] == 404
    assert ask(imds, "POST", f"{AZURE}?{urlencode(QUERY)}", headers=METADATA)[0].status == 404


def test_azure_follows_its_script(imds: Upstream, azure_metadata: AzureMetadata) -> None:
    azure_metadata.script += [scripted.too_many(), scripted.having(expires_in="soon")]
    answers = [get(imds, AZURE, QUERY, METADATA) for _ in range(2)]
    assert (answers[0][0], json.loads(answers[1][1])["expires_in"]) == (429, "soon")


def test_google_token_is_bare_with_a_line_end(google: Upstream, google_metadata: GoogleMetadata) -> None:
    response, body = ask(google, "GET", f"{GOOGLE}?{urlencode({'audience': AUDIENCE})}", headers=FLAVOR)
    assert (response.status, body, response.getheader("Metadata-Flavor")) == (200, b"google-1\n", "Google")
    assert list(google_metadata.tokens.issued_for(AUDIENCE)) == ["google-1"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Metadata-Flavor": "google"},
        {**FLAVOR, "X-Forwarded-For": "10.0.0.1"},
        {**FLAVOR, "Via": "1.1 somebody"},
        {**FLAVOR, "Authorization": "Bearer x"},
    ],
)
def test_google_refuses_other_headers(
    google: Upstream, google_metadata: GoogleMetadata, headers: dict[str, str]
) -> None:
    status, _ = get(google, GOOGLE, {"audience": AUDIENCE}, headers)
    assert (status, google_metadata.tokens.issued) == (403, [])


@pytest.mark.parametrize("query", [{}, {"audience": ""}, {"audience": "a", "more": "b"}, [("audience", "a")] * 2])
def test_google_refuses_other_queries(google: Upstream, query: Any) -> None:
    assert get(google, GOOGLE, query, FLAVOR)[0] == 400


def test_google_answers_at_one_place_only(google: Upstream) -> None:
    assert get(google, "/computeMetadata/v1/", {"audience": "a"}, FLAVOR)[0] == 404


@pytest.mark.parametrize(
    ("service", "path", "query", "headers"),
    [
        (AzureMetadata(), AZURE, QUERY, METADATA),
        (GoogleMetadata(), GOOGLE, {"audience": AUDIENCE}, FLAVOR),
    ],
)
def test_request_through_a_proxy_is_refused_and_seen(
    service: AzureMetadata | GoogleMetadata, path: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    with running(service) as at, running_proxy() as proxy, httpx2.Client(proxy=proxy.url) as client:
        response = client.get(f"{at.url}{path}", params=query, headers=headers)
    assert response.status_code in (400, 403)
    assert (service.tokens.issued, at.requests[0].header("via")) == ([], "1.1 recording-proxy")


@pytest.mark.parametrize(("path", "header"), [(AZURE, "Metadata: true"), (GOOGLE, "Metadata-Flavor: Google")])
def test_request_in_absolute_form_is_refused_and_seen(path: str, header: str) -> None:
    with running(AzureMetadata() if path == AZURE else GoogleMetadata()) as at:
        target = f"{at.url}{path}?{urlencode({**QUERY, 'audience': 'a'})}"
        with socket.create_connection(("127.0.0.1", port_of(at)), timeout=5) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n{header}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert at.requests[0].target == target

"""Entra tokens at Azure OpenAI: classic and v1 URLs, every way of proving who asks."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from connectory import Connection, aconnect, connect, execute
from connectory.credential import IdentityEndpoints
from connectory.dialects import own
from connectory.errors import TokenExchangeRefused
from tests.integration.connections import HELLO, VERSION
from tests.upstream import AzureMetadata, AzureService, EntraService, Pki, Upstream, running

CLASSIC = "https://cognitiveservices.azure.com/.default"
V1 = "https://ai.azure.com/.default"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def entra(pki: Pki) -> EntraService:
    return EntraService(secrets={"s3cret"}, certificate=pki.client_rsa.certificate)


@pytest.fixture
def authority(entra: EntraService) -> Iterator[Upstream]:
    with running(entra) as upstream:
        yield upstream


def azure(entra: EntraService, scope: str) -> AzureService:
    deployments = {name: name for name in ("gpt-test", "text-embedding-test")}
    return AzureService(keys=(), tokens=entra.tokens.issued_for(scope), deployments=deployments)


@pytest.fixture(params=["classic", "v1"])
def service(request: pytest.FixtureRequest, entra: EntraService) -> Iterator[tuple[str, Upstream]]:
    classic = request.param == "classic"
    with running(azure(entra, CLASSIC if classic else V1)) as upstream:
        yield f"{upstream.url}/openai{f'?api-version={VERSION}' if classic else '/v1'}", upstream


def connection(url: str, authority: str, **credential: Any) -> Connection:
    proof = credential or {"tenant_id": "tenant-test", "client_id": "client-test", "client_secret": "s3cret"}
    document = {
        "provider": "azure",
        "url": url,
        "model": "gpt-test",
        "credential": {"kind": "entra", "authority": authority, **proof},
    }
    return own.read("it", document)


def test_a_client_secret_gives_tokens_for_the_urls_own_scope(
    service: tuple[str, Upstream], authority: Upstream
) -> None:
    url, azure = service
    made = connection(url, authority.url)
    assert execute(made, HELLO).status == 200
    with connect(made) as client:
        client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello"}])
        client.with_options(max_retries=0).embeddings.create(model="text-embedding-test", input="x")
    asyncio.run(_async(made))
    sent = [(request.header("Authorization"), request.header("api-key")) for request in azure.requests]
    assert (sent, len(authority.requests)) == ([("Bearer entra-1", None)] * 4, 1)


async def _async(made: Connection) -> None:
    async with aconnect(made) as client:
        await client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello"}])


def test_a_refused_token_is_asked_for_again(
    service: tuple[str, Upstream], authority: Upstream, entra: EntraService
) -> None:
    url, _ = service
    made = connection(url, authority.url)
    execute(made, HELLO)
    entra.revoke_all()
    with connect(made, max_retries=0) as client:
        client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello"}])
    assert len(authority.requests) == 2


def test_a_client_certificate_signs_for_the_application(
    service: tuple[str, Upstream], authority: Upstream, pki: Pki
) -> None:
    url, _ = service
    pem = pki.client_rsa.chain_pem + pki.client_rsa.key_pem
    made = connection(url, authority.url, tenant_id="tenant-test", client_id="client-test", client_certificate=pem)
    assert execute(made, HELLO).status == 200


@pytest.mark.parametrize(("path", "resource"), [(f"?api-version={VERSION}", CLASSIC), ("/v1", V1)])
def test_a_managed_identity_needs_no_secret(path: str, resource: str) -> None:
    metadata = AzureMetadata()
    service = AzureService(keys=(), tokens=metadata.tokens, deployments={"gpt-test": "gpt-test"})
    with running(metadata) as imds, running(service) as azure:
        made = connection(
            f"{azure.url}/openai{path}", "https://login.invalid", managed_identity=True, client_id="user-assigned"
        )
        made = dataclasses.replace(made, identity_endpoints=IdentityEndpoints(azure_metadata_url=imds.url))
        assert execute(made, HELLO).status == 200
    [asked] = imds.requests
    query = httpx2.URL(asked.target).params
    expected = (resource.removesuffix("/.default"), "user-assigned", "true")
    assert (query["resource"], query["client_id"], asked.header("Metadata")) == expected


def test_a_copy_with_a_key_of_the_callers_own_sends_it_as_azure_wants_it(
    service: tuple[str, Upstream], authority: Upstream
) -> None:
    url, azure = service
    with connect(connection(url, authority.url), max_retries=0) as client, pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="azure-key").embeddings.create(model="text-embedding-test", input="x")
    [request] = azure.requests
    assert (request.header("api-key"), request.header("Authorization")) == ("azure-key", None)


def test_a_wrong_secret_is_named_in_entras_words(service: tuple[str, Upstream], authority: Upstream) -> None:
    url, _ = service
    made = connection(url, authority.url, tenant_id="tenant-test", client_id="client-test", client_secret="wrong-one")
    with pytest.raises(TokenExchangeRefused, match="AADSTS7000215") as told:
        execute(made, HELLO)
    assert "wrong-one" not in str(told.value)


def test_a_clients_own_http_client_has_tokens_too(service: tuple[str, Upstream], authority: Upstream) -> None:
    url, azure = service
    made = connection(url, authority.url)
    with httpx2.Client(trust_env=False) as own_client, connect(made, http_client=own_client) as client:
        client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello"}])
    assert azure.requests[-1].header("Authorization") == "Bearer entra-1"

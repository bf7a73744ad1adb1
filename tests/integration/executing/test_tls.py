"""Encrypted services: whose certificate is trusted, and what is said of the others."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import trustme

from connectory import aconnect, aexecute, connect, execute
from connectory.errors import TLSFailed, TrustUnavailable
from tests.integration.connections import HELLO, KEY, openai_at
from tests.upstream import OpenAIService, Upstream, running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Upstream]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with running(OpenAIService(keys={KEY}), tls=context) as upstream:
        yield upstream


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system trusts the authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def test_certificate_that_nobody_vouches_for_is_refused(secure: Upstream) -> None:
    with pytest.raises(TLSFailed, match=r"certificate|issuer") as caught:
        execute(openai_at(secure), HELLO)
    assert caught.value.origin == secure.url
    assert secure.requests == []


@pytest.mark.anyio
async def test_certificate_that_nobody_vouches_for_is_refused_in_async_too(secure: Upstream) -> None:
    with pytest.raises(TLSFailed):
        await aexecute(openai_at(secure), HELLO)
    assert secure.requests == []


def test_certificate_that_nobody_vouches_for_is_refused_by_clients(secure: Upstream) -> None:
    with connect(openai_at(secure), max_retries=0) as client, pytest.raises(openai.APIConnectionError):
        client.models.list()
    assert secure.requests == []


@pytest.mark.anyio
@pytest.mark.usefixtures("trusting")
async def test_authority_that_the_system_trusts_is_trusted(secure: Upstream) -> None:
    assert (await aexecute(openai_at(secure), HELLO)).ok
    async with aexecute(openai_at(secure), HELLO, stream=True) as answer:
        assert [piece async for piece in answer]
    async with aconnect(openai_at(secure)) as client:
        assert (await client.models.list()).data


@pytest.mark.usefixtures("trusting")
def test_authority_that_the_system_trusts_is_trusted_by_clients(secure: Upstream) -> None:
    with connect(openai_at(secure)) as client:
        assert client.models.list().data


@pytest.mark.anyio
@pytest.mark.usefixtures("trusting")
async def test_certificate_of_another_name_is_refused(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    with running(OpenAIService(keys={KEY}), tls=context) as upstream:
        with pytest.raises(TLSFailed, match=r"127\.0\.0\.1"):
            await aexecute(openai_at(upstream), HELLO)
        assert upstream.requests == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE"])
@pytest.mark.parametrize("text", [None, "no certificate"])
def test_variable_that_names_no_certificates_is_an_error_that_names_it(
    variable: str, text: str | None, secure: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    monkeypatch.setenv(variable, str(file))
    with pytest.raises(TrustUnavailable, match=f"{file}, which {variable} names"):
        connect(openai_at(secure))

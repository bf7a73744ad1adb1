"""Seed E's PKI section, sentence by sentence, at services that demand a client certificate and check it."""

from __future__ import annotations

import base64
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from connectory import Connection, connect, execute
from connectory.dialects import kibana, own
from connectory.errors import CertificateUnusable, DocumentError, TLSFailed
from tests.environments import in_environment
from tests.integration.connections import HELLO
from tests.upstream import OpenAIService, Pki, Upstream, old_tls_server, running, tls_server
from tests.upstream.certificates import Identity


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@contextlib.contextmanager
def serving(tls: ssl.SSLContext, keys: set[str] | None = None) -> Iterator[Upstream]:
    with running(_Anybody() if keys is None else OpenAIService(keys=keys), tls=tls) as upstream:
        yield upstream


class _Anybody(OpenAIService):
    """Takes whoever has a certificate, and nobody who sends a key."""

    def __init__(self) -> None:
        super().__init__(keys=())

    def _authenticate(self, request: Any) -> None:
        assert request.header("Authorization") is None


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def elastics(upstream: Upstream, client: Identity, **changes: Any) -> dict[str, Any]:
    """A connector with PKI as Elastic's API takes it; None leaves a field out."""
    config = {"apiProvider": "Other", "apiUrl": f"{upstream.url}/v1/chat/completions", "defaultModel": "gpt-test"}
    secrets = {"certificateData": b64(client.chain_pem), "privateKeyData": b64(client.key_pem)}
    for name, value in changes.items():
        (config if name == "verificationMode" else secrets)[name] = value
    return {
        "name": "it",
        "actionTypeId": ".gen-ai",
        "config": config,
        "secrets": {name: value for name, value in secrets.items() if value is not None},
    }


def ours(upstream: Upstream, client: Identity | None = None, **tls: Any) -> Connection:
    """The same in our words."""
    proof = {"certificate": client.chain_pem, "private_key": client.key_pem} if client else {}
    document = {
        "provider": "other",
        "url": f"{upstream.url}/v1",
        "model": "gpt-test",
        "credential": {"kind": "none"},
        "tls": {**proof, **tls},
    }
    return in_environment(own.read("it", document))


def presented(upstream: Upstream) -> list[str | None]:
    return [request.peer_certificate for request in upstream.requests]


def test_with_the_other_provider_you_can_use_certificate_based_authentication(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        connection = kibana.read("it", elastics(upstream, pki.client_rsa, caData=b64(pki.root.pem)))
        assert execute(connection, HELLO).status == 200
        with execute(connection, HELLO, stream=True) as answer:
            assert list(answer.events())
        with connect(connection) as client:
            client.models.list()
            client.with_options(timeout=5).models.list()
    assert presented(upstream) == ["client-rsa"] * 4


def test_you_can_also_include_an_api_key_with_pki(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root), {"sk-beside"}) as upstream:
        entry = elastics(upstream, pki.client_rsa, caData=b64(pki.root.pem), apiKey="sk-beside")
        assert execute(kibana.read("it", entry), HELLO).status == 200
    assert presented(upstream) == ["client-rsa"]


@pytest.mark.parametrize("client", ["client_rsa", "client_ec", "client_ed25519"])
def test_rsa_ec_and_ed25519_keys_prove_who_calls(pki: Pki, client: str) -> None:
    identity: Identity = getattr(pki, client)
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        execute(kibana.read("it", elastics(upstream, identity, caData=b64(pki.root.pem))), HELLO)
    assert presented(upstream) == [identity.common_name]


@pytest.mark.parametrize("client", ["client_rsa", "client_ec"])
def test_pkcs_1_and_sec_1_keys_prove_who_calls(pki: Pki, client: str) -> None:
    identity: Identity = getattr(pki, client)
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        connection = ours(upstream, identity, ca=pki.root.pem, private_key=identity.traditional_key_pem)
        assert execute(connection, HELLO).status == 200


def test_the_certificate_data_may_be_one_line(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        flat = {
            name: b64(" ".join(text.split("\n")))
            for name, text in [
                ("certificateData", pki.client_rsa.chain_pem),
                ("privateKeyData", pki.client_rsa.key_pem),
                ("caData", pki.root.pem),
            ]
        }
        execute(kibana.read("it", elastics(upstream, pki.client_rsa, **flat)), HELLO)
    assert presented(upstream) == ["client-rsa"]


def test_the_ca_data_may_be_a_bundle(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        bundle = b64(pki.other_root.pem + pki.root.pem)
        assert execute(kibana.read("it", elastics(upstream, pki.client_rsa, caData=bundle)), HELLO).status == 200


# Verification mode: full (default): verify server's certificate and hostname; certificate: verify only the server's
# certificate; none: skip verification.
MODES = [
    ("server", None, True),
    ("server", "full", True),
    ("server", "certificate", True),
    ("server", "none", True),
    ("server_wrong_host", None, False),
    ("server_wrong_host", "full", False),
    ("server_wrong_host", "certificate", True),
    ("server_wrong_host", "none", True),
    ("server_expired", "full", False),
    ("server_expired", "certificate", False),
    ("server_expired", "none", True),
    ("server_self_signed", "full", False),
    ("server_self_signed", "certificate", False),
    ("server_self_signed", "none", True),
    ("server_by_intermediate", "full", True),
    ("server_without_intermediate", "full", False),
    ("server_without_intermediate", "certificate", False),
    ("server_without_intermediate", "none", True),
]


@pytest.mark.parametrize(("server", "mode", "works"), MODES)
def test_verification_mode(pki: Pki, server: str, mode: str | None, works: bool) -> None:
    with serving(tls_server(getattr(pki, server), demanding=pki.client_root)) as upstream:
        changes = {} if mode is None else {"verificationMode": mode}
        connection = kibana.read("it", elastics(upstream, pki.client_rsa, caData=b64(pki.root.pem), **changes))
        if works:
            assert execute(connection, HELLO).status == 200
            with connect(connection) as client:
                client.models.list()
        else:
            with pytest.raises(TLSFailed):
                execute(connection, HELLO)
            with connect(connection, max_retries=0) as client, pytest.raises(openai.APIConnectionError):
                client.models.list()
    assert set(presented(upstream)) == ({"client-rsa"} if works else set())


@pytest.mark.parametrize("mode", ["full", "none"])
def test_old_tls_is_not_spoken(pki: Pki, mode: str) -> None:
    with serving(old_tls_server(pki.server)) as upstream, pytest.raises(TLSFailed):
        execute(ours(upstream, ca=pki.root.pem, verification=mode), HELLO)


def test_a_service_that_speaks_too_old_a_version_is_not_spoken_to(pki: Pki) -> None:
    context = tls_server(pki.server)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(context) as upstream:
        assert execute(ours(upstream, ca=pki.root.pem), HELLO).status == 200
        with pytest.raises(TLSFailed):
            execute(ours(upstream, ca=pki.root.pem, minimum_version="1.3"), HELLO)


def test_without_a_certificate_the_service_hangs_up(pki: Pki) -> None:
    from connectory.errors import NetworkError

    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream, pytest.raises(NetworkError):
        execute(ours(upstream, ca=pki.root.pem), HELLO)


def test_ca_data_takes_the_place_of_the_systems_cas(pki: Pki, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ca_mode: replace` is the default, `add` keeps the others."""
    trusted = tmp_path / "system.pem"
    trusted.write_text(pki.root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(tls_server(pki.server)) as upstream:
        assert execute(ours(upstream), HELLO).status == 200
        assert execute(ours(upstream, ca=pki.other_root.pem, ca_mode="add"), HELLO).status == 200
        with pytest.raises(TLSFailed):
            execute(ours(upstream, ca=pki.other_root.pem), HELLO)


def test_an_expired_client_certificate_is_read_and_fails_when_it_is_used(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        connection = ours(upstream, pki.client_expired, ca=pki.root.pem)
        with pytest.raises(CertificateUnusable, match=r"expired on \d{4}-\d\d-\d\d"):
            execute(connection, HELLO)
        with pytest.raises(CertificateUnusable):
            connect(connection)


def test_certificates_in_files_are_read_when_they_are_used(pki: Pki, tmp_path: Any) -> None:
    paths = {name: tmp_path / name for name in ("certificate", "private_key", "ca")}
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        connection = ours(upstream, None, **{name: {"file": str(path)} for name, path in paths.items()})
        for client in (pki.client_rsa, pki.client_ec):
            for name, text in zip(paths, (client.chain_pem, client.key_pem, pki.root.pem), strict=True):
                paths[name].write_text(text)
            execute(connection, HELLO)
    assert presented(upstream) == ["client-rsa", "client-ec"]


def test_connections_of_two_certificates_share_no_line(pki: Pki) -> None:
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        for client in (pki.client_rsa, pki.client_ec, pki.client_rsa):
            execute(ours(upstream, client, ca=pki.root.pem), HELLO)
    assert presented(upstream) == ["client-rsa", "client-ec", "client-rsa"]


def test_connections_of_one_certificate_share_a_line(pki: Pki) -> None:
    document = own.write
    with serving(tls_server(pki.server, demanding=pki.client_root)) as upstream:
        connection = ours(upstream, pki.client_rsa, ca=pki.root.pem)
        for _ in range(3):
            again = own.read("it", {**document(connection), "provider": "other"})
            list(execute(again, {**HELLO, "model": "gpt-test"}).body)
    assert presented(upstream) == ["client-rsa"] * 3


@pytest.mark.parametrize("provider", ["OpenAI", "Azure OpenAI"])
def test_for_openai_and_azure_openai_only_an_api_key_is_supported(pki: Pki, provider: str) -> None:
    with serving(tls_server(pki.server)) as upstream:
        entry = elastics(upstream, pki.client_rsa, apiKey="k")
    entry["config"]["apiProvider"] = provider
    with pytest.raises(DocumentError):
        kibana.read("it", entry)


def test_if_pki_is_not_used_an_api_key_is_required_for_the_other_provider(pki: Pki) -> None:
    with serving(tls_server(pki.server)) as upstream:
        entry = elastics(upstream, pki.client_rsa, certificateData=None, privateKeyData=None)
    with pytest.raises(DocumentError, match=r"secrets\.apiKey"):
        kibana.read("it", entry)


@pytest.mark.parametrize("missing", ["certificateData", "privateKeyData"])
def test_if_any_pki_field_is_provided_certificate_and_key_are_required(pki: Pki, missing: str) -> None:
    with serving(tls_server(pki.server)) as upstream:
        entry = elastics(upstream, pki.client_rsa, caData=b64(pki.root.pem), **{missing: None})
    with pytest.raises(DocumentError, match="must be provided for PKI"):
        kibana.read("it", entry)

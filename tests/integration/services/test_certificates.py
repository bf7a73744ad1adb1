"""The certificates are what they say, and the contexts let in whom they should."""

import ssl
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.upstream import (
    Answer,
    Identity,
    Pki,
    Received,
    old_tls_client,
    old_tls_server,
    recorded_at,
    running,
    tls_client,
    tls_server,
)


async def app(_: Received) -> Answer:
    return Answer(status=204)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def reach(context: ssl.SSLContext, client: ssl.SSLContext, *, host: str = "127.0.0.1") -> str | None:
    """The common name of the client certificate that the service saw."""
    with running(app, tls=context, host=host) as upstream, httpx2.Client(verify=client) as http_client:
        assert http_client.get(f"{upstream.url}/").status_code == 204
        return upstream.requests[0].peer_certificate


def strict_client(root: Identity) -> ssl.SSLContext:
    """As Python 3.13 verifies."""
    context = tls_client(root)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    return context


@pytest.mark.parametrize("name", ["server", "server_rsa", "server_by_intermediate"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_good_server_is_accepted(pki: Pki, name: str, host: str) -> None:
    assert reach(tls_server(getattr(pki, name)), strict_client(pki.root), host=host) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("server_wrong_host", "IP address mismatch"),
        ("server_expired", "certificate has expired"),
        ("server_self_signed", "self.signed certificate"),
        ("server_without_intermediate", "unable to get local issuer certificate"),
    ],
)
def test_bad_server_is_refused_for_its_reason(pki: Pki, name: str, reason: str) -> None:
    with pytest.raises(httpx2.ConnectError, match=reason):
        reach(tls_server(getattr(pki, name)), tls_client(pki.root))


def test_self_signed_server_is_accepted_by_who_trusts_it(pki: Pki) -> None:
    reach(tls_server(pki.server_self_signed), tls_client(pki.server_self_signed))


def test_server_of_another_root_is_refused(pki: Pki) -> None:
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        reach(tls_server(pki.server), tls_client(pki.other_root))


@pytest.mark.parametrize(
    ("name", "seen"),
    [("client_rsa", "client-rsa"), ("client_ec", "client-ec"), ("client_ed25519", "client-ed25519")],
)
def test_presented_client_certificate_is_seen(pki: Pki, name: str, seen: str) -> None:
    context = tls_server(pki.server, demanding=pki.client_root)
    identity: Identity = getattr(pki, name)
    assert (reach(context, tls_client(pki.root, identity=identity)), identity.common_name) == (seen, seen)


@pytest.mark.parametrize("name", ["client_expired", "client_of_another_ca", None])
def test_bad_client_is_refused(pki: Pki, name: str | None) -> None:
    context = tls_server(pki.server, demanding=pki.client_root)
    identity = getattr(pki, name) if name else None
    # With TLS 1.3 the client learns of it when it first reads, if it has not written before.
    with pytest.raises((httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)):
        reach(context, tls_client(pki.root, identity=identity))


def test_client_that_is_only_asked_may_have_no_certificate(pki: Pki) -> None:
    context = tls_server(pki.server, asking=pki.client_root)
    seen = [reach(context, tls_client(pki.root, identity=identity)) for identity in (pki.client_ec, None)]
    assert seen == ["client-ec", None]


def test_client_that_is_not_asked_presents_nothing(pki: Pki) -> None:
    assert reach(tls_server(pki.server), tls_client(pki.root, identity=pki.client_ec)) is None


def test_old_tls_is_refused_by_a_client_of_today(pki: Pki) -> None:
    # Which alert it is depends on whose policy refuses first.
    with pytest.raises(httpx2.ConnectError, match=r"(?i)protocol|version|legacy sigalg"):
        reach(old_tls_server(pki.server), tls_client(pki.root))


def test_old_tls_is_spoken_with_a_client_that_allows_it(pki: Pki) -> None:
    assert reach(old_tls_server(pki.server), old_tls_client(pki.root)) is None


@pytest.mark.parametrize(
    ("name", "kind"), [("client_rsa", "RSA PRIVATE KEY"), ("client_ec", "EC PRIVATE KEY"), ("client_ed25519", None)]
)
def test_keys_are_told_in_each_form(pki: Pki, name: str, kind: str | None) -> None:
    identity: Identity = getattr(pki, name)
    forms: list[tuple[str, str, Any]] = [
        (identity.key_pem, "PRIVATE KEY", None),
        (identity.encrypted_key_pem("pw"), "ENCRYPTED PRIVATE KEY", b"pw"),
    ]
    if kind is None:
        with pytest.raises(ValueError, match=r"(?i)format"):
            _ = identity.traditional_key_pem
    else:
        forms.append((identity.traditional_key_pem, kind, None))
    for text, title, password in forms:
        assert text.startswith(f"-----BEGIN {title}-----\n")
        key: Any = load_pem_private_key(text.encode(), password)
        assert key.public_key() == identity.certificate.public_key()


def test_chain_leaves_the_root_out(pki: Pki) -> None:
    leaf = pki.server_by_intermediate
    assert (pki.server.chain_pem, leaf.chain_pem) == (pki.server.pem, leaf.pem + pki.intermediate.pem)
    assert pki.server_without_intermediate.chain_pem == leaf.pem
    assert pki.intermediate.chain_pem == pki.intermediate.pem


def test_certificates_are_made_once(pki: Pki) -> None:
    assert pki.client_rsa is pki.client_rsa


def test_peer_certificate_is_recorded_as_a_document_too() -> None:
    with running(app) as upstream, httpx2.Client() as client:
        client.get(f"{upstream.url}/")
        assert recorded_at(upstream.url) == upstream.requests

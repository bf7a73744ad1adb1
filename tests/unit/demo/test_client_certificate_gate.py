"""The demo's certificates, and the gate that lets nobody in without one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectory.demo.front import Front
from connectory.demo.gates.client_certificate import ClientCertificateGate
from connectory.demo.pki import Authority, Identity
from connectory.demo.service import Service
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret
from tests.unit.demo.asking import CHAT, ask, open_to

KEY = Secret("sk-inner")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("A CA")


@pytest.fixture
def front(tmp_path: Path, authority: Authority) -> Iterator[Front]:
    gate = ClientCertificateGate(
        written(tmp_path / "server.pem", authority.server("127.0.0.1", "localhost")), authority=authority.certificate
    )
    with Upstream([KEY]) as upstream, before(upstream, gate) as running:
        yield running


def before(upstream: Upstream, gate: ClientCertificateGate) -> Front:
    return Front(Service(url=f"{upstream.origin}/v1", model=MODEL, about=""), gate, key=KEY)


def written(path: Path, identity: Identity) -> Path:
    path.write_text(identity.certificate + identity.key.reveal())
    return path


def client(authority: Authority, identity: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does
    context.load_verify_locations(cadata=authority.certificate)
    if identity:
        context.load_cert_chain(identity)
    return context


def test_client_with_a_certificate_gets_in(front: Front, authority: Authority, tmp_path: Path) -> None:
    tls = client(authority, written(tmp_path / "client.pem", authority.client("me")))
    status, answer = ask(front.origin, "/v1/chat/completions", CHAT, tls=tls)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: Hello there")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_server_has_either_name(front: Front, authority: Authority, tmp_path: Path, name: str) -> None:
    tls = client(authority, written(tmp_path / "client.pem", authority.client("me")))
    with connected(front) as plain, tls.wrap_socket(plain, server_hostname=name) as secured:
        assert secured.version() == "TLSv1.3"


def test_server_has_no_other_name(front: Front, authority: Authority) -> None:
    with connected(front) as plain, pytest.raises(ssl.SSLCertVerificationError, match="elsewhere"):
        client(authority).wrap_socket(plain, server_hostname="elsewhere.test")


def connected(front: Front) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(front.origin).port), timeout=10)


def test_client_without_a_certificate_is_turned_away(
    front: Front, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(front.origin, "/v1/models", tls=client(authority))
    assert capfd.readouterr() == ("", "")


def test_certificate_of_another_authority_is_turned_away(front: Front, authority: Authority, tmp_path: Path) -> None:
    other = written(tmp_path / "client.pem", Authority("A CA").client("me"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(front.origin, "/v1/models", tls=client(authority, other))


def test_certificate_of_a_server_is_turned_away(front: Front, authority: Authority, tmp_path: Path) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(front.origin, "/v1/models", tls=client(authority, tmp_path / "server.pem"))


def test_server_of_another_authority_is_not_believed(front: Front) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(front.origin, "/v1/models", tls=client(Authority("Another")))


def test_plain_http_is_turned_away(front: Front, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConnectionError):
        ask(front.origin, "/v1/models")
    assert capfd.readouterr() == ("", "")


def test_caller_that_says_nothing_keeps_nobody_waiting(front: Front, authority: Authority, tmp_path: Path) -> None:
    silent = open_to(front.origin)
    silent.connect()
    tls = client(authority, written(tmp_path / "client.pem", authority.client("me")))
    assert ask(front.origin, "/v1/models", tls=tls)[0] == 200
    silent.close()

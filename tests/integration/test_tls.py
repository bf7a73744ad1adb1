"""TLS contexts at work: handshakes over loopback with real servers, good and bad, some of which ask who comes."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectory.secret import Secret
from connectory.tls import TLSSettings
from tests.environments import context_of
from tests.integration.connections import KEY
from tests.upstream import OpenAIService, running

Refused = (ssl.SSLError, ConnectionError)
"""What a client sees that was refused: with TLS 1.3 only when it reads, and then sometimes only a reset."""


@dataclass(frozen=True)
class Identity:
    """A certificate with its key and those that issued it."""

    certificate: x509.Certificate
    key: Any
    issuer: Identity | None = None

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def chain(self) -> str:
        """The certificate and those that issued it, less the root, as servers and clients send them."""
        return self.pem + (self.issuer.chain if self.issuer and self.issuer.issuer else "")

    @property
    def key_pem(self) -> str:
        text: bytes = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return text.decode()

    def issue(self, common_name: str, **arguments: Any) -> Identity:
        return issued(common_name, issuer=self, **arguments)


def issued(
    common_name: str,
    *,
    issuer: Identity | None = None,
    key: Any = None,
    names: tuple[str, ...] = (),
    authority: bool = False,
    identified: bool = True,
    until: timedelta = timedelta(days=1),
) -> Identity:
    """`identified`: the certificate names its own key and that of its issuer, as RFC 5280 asks."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name, now = named(common_name), datetime.now(UTC)
    signer = issuer.key if issuer else key
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject if issuer else name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=2),
        not_valid_after=now + until,
    ).add_extension(x509.BasicConstraints(authority, None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([*map(alternative, names)]), critical=False)
    if identified:
        of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        of_itself = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(of_issuer, critical=False).add_extension(of_itself, critical=False)
    hash_ = None if isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else SHA256()
    return Identity(builder.sign(signer, hash_), key, issuer)


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def alternative(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


HERE = ("localhost", "127.0.0.1")
ROOT = issued("Our Root", authority=True)
INTERMEDIATE = ROOT.issue("Our Intermediate", authority=True)
OTHER_ROOT = issued("Their Root", authority=True)
BARE_ROOT = issued("Our Bare Root", authority=True, identified=False)

GOOD = INTERMEDIATE.issue("good", names=HERE)
WRONG_HOST = INTERMEDIATE.issue("wrong", names=("elsewhere.example",))
EXPIRED = INTERMEDIATE.issue("expired", names=HERE, until=timedelta(days=-1))
SELF_SIGNED = issued("alone", names=HERE)
MISSING_INTERMEDIATE = dataclasses.replace(GOOD, issuer=None)

CLIENT = INTERMEDIATE.issue("client")

Talk = Callable[[ssl.SSLSocket], None]
Server = Callable[..., ssl.SSLContext]


def tells_who_came(line: ssl.SSLSocket) -> None:
    """Answers with the common name in the client's certificate, `nobody` if it shows none."""
    line.sendall(visitor(line))


def visitor(line: ssl.SSLSocket) -> bytes:
    certificate: Any = line.getpeercert() or {}
    names = [value for [(field, value)] in certificate.get("subject", ()) if field == "commonName"]
    return str(names[0] if names else "nobody").encode()


@contextlib.contextmanager
def serving(context: ssl.SSLContext, *, talk: Talk = tells_who_came) -> Iterator[int]:
    """A TLS server that has the same talk with everybody, one after the other. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=welcome, args=(listener, context, talk))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def welcome(listener: socket.socket, context: ssl.SSLContext, talk: Talk) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:  # shut down
            return
        line.settimeout(10)
        with line, contextlib.suppress(OSError), context.wrap_socket(line, server_side=True) as secure:
            talk(secure)
            secure.unwrap()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Makes contexts of servers."""

    def make(identity: Identity, *, clients: Identity | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (tmp_path / "server.pem").write_text(identity.key_pem + identity.chain)
        context.load_cert_chain(tmp_path / "server.pem")
        if clients:
            context.load_verify_locations(cadata=clients.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    return make


@contextlib.contextmanager
def reached(settings: TLSSettings, port: int, *, host: str = "localhost") -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
        context_of(settings).wrap_socket(line, server_hostname=host) as secure,
    ):
        yield secure


def said(settings: TLSSettings, port: int, *, host: str = "localhost") -> str:
    """What the server says of its visitor."""
    with reached(settings, port, host=host) as line:
        return line.recv(100).decode()


def trusting(*identities: Identity, **words: Any) -> TLSSettings:
    return TLSSettings(ca=Secret("".join(identity.pem for identity in identities)), **words)


def showing(identity: Identity, **words: Any) -> TLSSettings:
    """Our root is trusted, and the identity shown."""
    pki = {"certificate": Secret(identity.chain), "private_key": Secret(identity.key_pem)}
    return trusting(ROOT, **pki, **words)


NO_ISSUER, NO_NAME = "unable to get local issuer certificate", "Hostname mismatch"


@pytest.mark.parametrize(
    ("identity", "full", "certificate"),
    [
        (GOOD, None, None),
        (WRONG_HOST, NO_NAME, None),
        (EXPIRED, "certificate has expired", "certificate has expired"),
        (SELF_SIGNED, "self-signed certificate", "self-signed certificate"),
        (MISSING_INTERMEDIATE, NO_ISSUER, NO_ISSUER),
        (OTHER_ROOT.issue("theirs", names=HERE), NO_ISSUER, NO_ISSUER),
    ],
    ids=["good", "wrong host", "expired", "self-signed", "missing intermediate", "other root"],
)
def test_what_each_mode_refuses(identity: Identity, full: str | None, certificate: str | None, server: Server) -> None:
    with serving(server(identity)) as port:
        refusals = [refusal(trusting(ROOT, verification=mode), port) for mode in (None, "full", "certificate", "none")]
    expected = [full, full, certificate, None]
    assert [found and found[: len(want or "")] for found, want in zip(refusals, expected, strict=True)] == expected


def refusal(settings: TLSSettings, port: int) -> str | None:
    """Why the server's certificate is refused; None if it is not."""
    try:
        said(settings, port)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return None


@pytest.mark.parametrize("verification", ["full", "certificate"])
def test_private_authority_is_not_trusted_unless_it_is_listed(verification: str, server: Server) -> None:
    with serving(server(GOOD)) as port, pytest.raises(ssl.SSLCertVerificationError):
        said(TLSSettings(verification=verification), port)


@pytest.mark.parametrize(
    ("identity", "listed"),
    [
        (GOOD, ROOT),
        (GOOD, INTERMEDIATE),
        (MISSING_INTERMEDIATE, INTERMEDIATE),
        (GOOD, GOOD),
        (MISSING_INTERMEDIATE, GOOD),
        (SELF_SIGNED, SELF_SIGNED),
        (BARE_ROOT.issue("bare", names=HERE, identified=False), BARE_ROOT),
    ],
    ids=["root", "intermediate", "intermediate not sent", "leaf", "leaf alone", "self-signed", "root without key id"],
)
@pytest.mark.parametrize("ca_mode", ["replace", "add"])
def test_whatever_is_listed_is_trusted(identity: Identity, listed: Identity, ca_mode: str, server: Server) -> None:
    with serving(server(identity)) as port:
        assert said(trusting(OTHER_ROOT, listed, ca_mode=ca_mode), port) == "nobody"


def test_name_is_checked_of_a_listed_certificate_too(server: Server) -> None:
    settings = trusting(SELF_SIGNED)
    with serving(server(SELF_SIGNED)) as port, pytest.raises(ssl.SSLCertVerificationError, match=r"elsewhere\.example"):
        said(settings, port, host="elsewhere.example")


def test_ca_replaces_the_systems_or_is_added(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system.pem").write_text(OTHER_ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    outcomes = {}
    for name, identity in {"ours": GOOD, "system's": OTHER_ROOT.issue("theirs", names=HERE)}.items():
        with serving(server(identity)) as port:
            for settings in (TLSSettings(), trusting(ROOT), trusting(ROOT, ca_mode="add")):
                outcomes[name, settings.ca is not None, settings.ca_mode] = refusal(settings, port) is None
    assert outcomes == {
        ("ours", False, "replace"): False,
        ("ours", True, "replace"): True,
        ("ours", True, "add"): True,
        ("system's", False, "replace"): True,
        ("system's", True, "replace"): False,
        ("system's", True, "add"): True,
    }


def test_authority_without_key_identifiers_is_trusted_through_a_variable(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "system.pem").write_text(BARE_ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    with serving(server(BARE_ROOT.issue("bare", names=HERE, identified=False))) as port:
        assert said(TLSSettings(), port) == "nobody"


@pytest.mark.parametrize(
    ("newest", "oldest_we_speak", "spoken"),
    [
        (ssl.TLSVersion.TLSv1_2, "1.2", "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_2, "1.3", None),
        (ssl.TLSVersion.TLSv1_3, "1.2", "TLSv1.3"),
        (ssl.TLSVersion.TLSv1_3, "1.3", "TLSv1.3"),
    ],
)
def test_minimum_version(newest: ssl.TLSVersion, oldest_we_speak: str, spoken: str | None, server: Server) -> None:
    context = server(GOOD)
    context.maximum_version = newest
    settings = trusting(ROOT, minimum_version=oldest_we_speak)
    with serving(context) as port:
        if spoken is None:
            with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
                said(settings, port)
        else:
            with reached(settings, port) as line:
                assert line.version() == spoken


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa", "ec", "ed25519"],
)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_certificate_is_shown_with_its_whole_chain(key: Any, newest: ssl.TLSVersion, server: Server) -> None:
    context = server(GOOD, clients=ROOT)
    context.maximum_version = newest
    with serving(context) as port:
        assert said(showing(INTERMEDIATE.issue("client", key=key)), port) == "client"


@pytest.mark.parametrize("verification", [None, "full", "certificate", "none"])
def test_client_certificate_is_shown_in_every_mode(verification: str | None, server: Server) -> None:
    with serving(server(GOOD, clients=ROOT)) as port:
        assert said(showing(CLIENT, verification=verification), port) == "client"


def test_client_certificate_may_be_lines_run_together_in_base64_with_its_key(server: Server) -> None:
    combined = (CLIENT.key_pem + CLIENT.chain).replace("\n", " ")
    value = Secret(base64.b64encode(combined.encode()).decode())
    with serving(server(GOOD, clients=ROOT)) as port:
        assert said(trusting(ROOT, certificate=value, private_key=value), port) == "client"


@pytest.mark.parametrize(
    "settings",
    [trusting(ROOT), showing(dataclasses.replace(CLIENT, issuer=None)), showing(OTHER_ROOT.issue("stranger"))],
    ids=["nothing shown", "chain not shown", "stranger"],
)
def test_server_refuses_whom_it_does_not_know(settings: TLSSettings, server: Server) -> None:
    with serving(server(GOOD, clients=ROOT)) as port, pytest.raises(Refused):
        said(settings, port)


def test_server_may_ask_for_the_certificate_after_the_handshake(server: Server) -> None:
    def asks_late(line: ssl.SSLSocket) -> None:
        line.sendall(visitor(line))
        line.recv(100)
        line.verify_client_post_handshake()
        line.sendall(b"?")
        line.recv(100)
        line.sendall(visitor(line))

    context = server(GOOD, clients=ROOT)
    context.post_handshake_auth = True
    heard = []
    with serving(context, talk=asks_late) as port, reached(showing(CLIENT), port) as line:
        for word in (b"let me in", b"here"):
            heard.append(line.recv(100))
            line.sendall(word)
        heard.append(line.recv(100))
    assert heard == [b"nobody", b"?", b"client"]


@pytest.mark.anyio
async def test_http_clients_take_the_context(server: Server) -> None:
    settings = showing(CLIENT)
    with running(OpenAIService(keys={KEY}), tls=server(GOOD, clients=ROOT)) as upstream:
        path, headers = f"{upstream.url}/v1/models", {"Authorization": f"Bearer {KEY}"}
        with httpx2.Client(verify=context_of(settings), trust_env=False) as client:
            assert client.get(path, headers=headers).status_code == 200
        async with httpx2.AsyncClient(verify=context_of(settings), trust_env=False) as async_client:
            assert (await async_client.get(path, headers=headers)).status_code == 200
        stranger = httpx2.Client(verify=context_of(trusting(ROOT)), trust_env=False)
        with stranger, pytest.raises(httpx2.TransportError):
            stranger.get(path, headers=headers)

"""Faults of the line itself: ports, and TLS."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from connectory.engine.diagnosis import State
from connectory.network_policy import HostRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.integration.doctor.cases import KEY, Case, Find, Place, World, document, documented, found
from tests.upstream import Identity, OpenAIService, Pki, certificates, old_tls_server, raw, running, tls_server


def raw_tcp(script: raw.Script, scheme: str = "http") -> World:
    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with raw.listening(script) as port:
            tls = {"tls": {"ca": place.pki.root.pem}} if scheme == "https" else {}
            yield found(document(f"{scheme}://127.0.0.1:{port}", **tls))

    return world


@contextlib.contextmanager
def _swallowed(_: Place) -> Iterator[Find]:
    with raw.full() as port:
        yield found(document(f"http://127.0.0.1:{port}"))


def shown(
    certificate: Callable[[Pki], Identity],
    *,
    trusted: bool = True,
    serving: Callable[[Identity], ssl.SSLContext] = tls_server,
    tls: Callable[[Pki], dict[str, Any]] = lambda pki: {},
) -> World:
    """A service with this certificate, whose root the connection trusts or not."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with running(OpenAIService(keys={KEY}), tls=serving(certificate(place.pki))) as upstream:
            ca = {"ca": place.pki.root.pem} if trusted else {}
            yield found(document(upstream.url, tls={**ca, **tls(place.pki)}))

    return world


_ENTRY, _OLD_NAME = "xpack.actions.customHostSettings.0", "xpack.actions.rejectUnauthorized"


def _cas(pem: str) -> tuple[CA, ...]:
    return (CA(text=Secret(pem), place=_ENTRY),)


def _ruled(hosts: Callable[[str, Pki], dict[str, HostRule]] = lambda url, pki: {}, **rules: Any) -> World:
    """A service whose root the connection does not name, under rules of an operator: those for hosts by its URL."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with running(OpenAIService(keys={KEY}), tls=tls_server(place.pki.server)) as upstream:
            yield found(document(upstream.url), host_rules=hosts(upstream.url, place.pki), **rules)

    return world


def strange(pki: Pki) -> Identity:
    return certificates.StrangeIdentity(certificate=pki.server.certificate, key=pki.server.key)


def demanded(own: Callable[[Pki], Identity] | None, *, says_so: bool = True) -> World:
    """A service that demands a certificate of the client root, and says what it has against others or hangs up."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        pki = place.pki
        context = tls_server(pki.server, demanding=pki.client_root)
        client = own and own(pki)
        certificate = {"certificate": client.chain_pem, "private_key": client.key_pem} if client else {}
        tls = {"tls": {"ca": pki.root.pem, **certificate}}
        with contextlib.ExitStack() as open_until:
            if says_so:
                url = f"https://127.0.0.1:{open_until.enter_context(raw.listening(raw.shaking_hands(context)))}"
            else:
                url = open_until.enter_context(running(OpenAIService(keys={KEY}), tls=context)).url
            yield found(document(url, **tls))

    return world


def _not_yet(pki: Pki) -> Identity:
    return certificates.server("server", "127.0.0.1", issuer=pki.root, since=-2)


@contextlib.contextmanager
def _of_two(place: Place) -> Iterator[Find]:
    """A key that belongs to another certificate, both in files, so that no reading of the document finds it."""
    pki = place.pki
    paths = {"certificate": pki.client_ec.chain_pem, "private_key": pki.client_of_another_ca.key_pem}
    for name, text in paths.items():
        (place.folder / name).write_text(text)
    tls = {name: {"file": str(place.folder / name)} for name in paths}
    with running(OpenAIService(keys={KEY}), tls=tls_server(pki.server)) as upstream:
        yield found(document(upstream.url, tls={"ca": pki.root.pem, **tls}))


@contextlib.contextmanager
def _broken_ca(place: Place) -> Iterator[Find]:
    (place.folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    yield found(document("https://127.0.0.1:1", tls={"ca": {"file": str(place.folder / "ca.pem")}}))


@contextlib.contextmanager
def _no_file_of_cas(_: Place) -> Iterator[Find]:
    yield found(document("https://127.0.0.1:1"), environment={"SSL_CERT_FILE": "/nowhere/ca.pem"})


LINES = [
    Case(
        name="a port where nobody listens",
        world=documented("http://127.0.0.1:1"),
        stage="tcp",
        seen="connection refused",
        fix="nobody listens at 127.0.0.1:1: check the port",
    ),
    Case(
        name="a firewall that swallows",
        world=_swallowed,
        stage="tcp",
        seen="no connection within 0.7 s",
        fix="a firewall may swallow",
    ),
    Case(
        name="a service that hangs up",
        world=raw_tcp(raw.hanging_up),
        stage="model",
        seen="broke off",
        fix="look at the log",
    ),
    Case(
        name="a service that resets", world=raw_tcp(raw.resetting), stage="model", seen="reset", fix="look at the log"
    ),
    Case(
        name="a service that is silent",
        world=raw_tcp(raw.silent),
        stage="model",
        seen="nothing was heard within 0.7 s",
        fix="client.timeout",
    ),
    Case(
        name="a service that speaks no HTTP",
        world=raw_tcp(raw.answering(b"220 mail.example ESMTP\r\n")),
        stage="model",
        seen="broke off",
        fix="look at the log",
    ),
]

TLS = [
    Case(
        name="an issuer that is not trusted",
        world=shown(lambda pki: pki.server_by_intermediate, trusted=False),
        stage="tls",
        seen="unable to get local issuer certificate",
        fix="the issuer `Test Root` is not trusted; if it is your organisation's, add it as `connectory.network.ca`, "
        "or for this connection alone as `tls.ca`",
    ),
    Case(
        name="an issuer that is none of the connection's",
        world=shown(lambda pki: pki.server, trusted=False, tls=lambda pki: {"ca": pki.client_root.pem}),
        stage="tls",
        fix="the issuer `Test Root` is not trusted; add it to `tls.ca` of the connection, which counts alone here",
    ),
    Case(
        name="an issuer that is none of the host's",
        world=_ruled(lambda url, pki: {url: HostRule(place=_ENTRY, cas=_cas(pki.client_root.pem))}),
        stage="tls",
        fix="the issuer `Test Root` is not trusted; add it to the CAs of `xpack.actions.customHostSettings.0`",
    ),
    Case(
        name="CAs for another port of the host",
        world=_ruled(lambda url, pki: {"https://127.0.0.1:443": HostRule(place=_ENTRY, cas=_cas(pki.root.pem))}),
        stage="tls",
        fix="the CAs of `xpack.actions.customHostSettings.0` count for port 443 only: "
        "let its `url` be `https://127.0.0.1:",
    ),
    Case(
        name="a chain that lacks one",
        world=shown(lambda pki: pki.server_without_intermediate),
        stage="tls",
        fix="the issuer `Test Intermediate` is not trusted.*its chain may lack",
    ),
    Case(
        name="a certificate that is signed by itself",
        world=shown(lambda pki: pki.server_self_signed),
        stage="tls",
        seen="self-signed",
        fix="of `server` is signed by itself.*add it to `tls.ca`",
    ),
    Case(
        name="a certificate that expired",
        world=shown(lambda pki: pki.server_expired),
        stage="tls",
        seen="expired",
        fix=r"renew the certificate of `server`, which expired on \d{4}-",
    ),
    Case(
        name="a certificate of the day after tomorrow",
        world=shown(_not_yet),
        stage="tls",
        seen="not yet valid",
        fix="the clock of this machine",
    ),
    Case(
        name="a certificate for another host",
        world=shown(lambda pki: pki.server_wrong_host),
        stage="tls",
        seen="mismatch",
        fix="the certificate is for elsewhere.test: name such a host in `url`",
    ),
    Case(
        name="a TLS that is too old",
        world=shown(lambda pki: pki.server_rsa, serving=old_tls_server),
        stage="tls",
        fix="older than 1.2|too old",
    ),
    Case(
        name="plain http at a TLS port",
        world=raw_tcp(raw.answering(b""), "https"),
        stage="tls",
        seen="took too long",
        fix="let `url` begin with `http://`",
    ),
    Case(
        name="an answer in plain at a TLS port",
        world=raw_tcp(lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "https"),
        stage="tls",
        seen="wrong version number",
        fix="let `url` begin with `http://`",
    ),
    Case(
        name="a TLS port that is taken for plain http",
        world=raw_tcp(lambda line: _tls_to_plain(line), "http"),
        stage="model",
        fix="if it speaks TLS, let `url` begin with `https://`",
    ),
    Case(name="a handshake that is reset", world=raw_tcp(raw.resetting, "https"), stage="tls", fix="log"),
    Case(name="a handshake that is hung up on", world=raw_tcp(raw.hanging_up, "https"), stage="tls", fix="log"),
    Case(
        name="a handshake that is not answered",
        world=raw_tcp(raw.silent, "https"),
        stage="tls",
        seen="within 0.7 s",
        fix="is silent to TLS",
    ),
    Case(
        name="a client certificate that is demanded and not there",
        world=demanded(None),
        stage="tls",
        seen="it demands one",
        fix="it demands one, and this connection has none",
    ),
    Case(
        name="the same of a service that just hangs up",
        world=demanded(None, says_so=False),
        stage="tls",
        seen="asked for a client certificate, and was shown none",
        fix="it demands one, and this connection has none",
    ),
    Case(
        name="a client certificate of another issuer",
        world=demanded(lambda pki: pki.client_of_another_ca),
        stage="tls",
        seen="it does not know who issued it",
        fix="see who has issued the one that was shown",
    ),
    Case(
        name="the same of a service that just hangs up",
        world=demanded(lambda pki: pki.client_of_another_ca, says_so=False),
        stage="tls",
        seen="was shown one that it may not take",
        fix="see who has issued the one that was shown",
    ),
    Case(
        name="a client certificate that expired",
        world=demanded(lambda pki: pki.client_expired, says_so=False),
        stage="tls",
        seen="expired on",
        fix="mend `tls.certificate`",
    ),
    Case(
        name="a key of another certificate",
        world=_of_two,
        stage="tls",
        seen="does not belong",
        fix="mend `tls.private_key`",
    ),
    Case(name="a CA that cannot be read", world=_broken_ca, stage="tls", seen="tls.ca", fix="mend `tls.ca`"),
    Case(
        name="a file of CAs that is not there",
        world=_no_file_of_cas,
        stage="tls",
        seen="SSL_CERT_FILE",
        fix="let SSL_CERT_FILE name CA certificates",
    ),
    Case(
        name="a certificate that nobody checks",
        world=shown(lambda pki: pki.server_self_signed, trusted=False, tls=lambda pki: {"verification": "none"}),
        stage="tls",
        state=State.WARNING,
        seen="not checked",
        fix="let `tls.verification` be `full`, and name the CA",
    ),
    Case(
        name="a certificate that an entry of the host has nobody check",
        world=_ruled(lambda url, pki: {url: HostRule(place=_ENTRY, verification="none")}),
        stage="tls",
        state=State.WARNING,
        seen="not checked",
        fix="let `ssl.verificationMode` of `xpack.actions.customHostSettings.0` be `full`",
    ),
    Case(
        name="a certificate that an old name has nobody check",
        world=_ruled(verification="none", places={"xpack.actions.ssl.verificationMode": _OLD_NAME}),
        stage="tls",
        state=State.WARNING,
        seen="not checked",
        fix="let `xpack.actions.rejectUnauthorized` be `true`, and name the CA",
    ),
    Case(
        name="a certificate of the service that will expire soon",
        world=shown(lambda pki: certificates.server("server", "127.0.0.1", issuer=pki.root, days=9)),
        stage="tls",
        state=State.WARNING,
        seen="8 days",
        fix="renew the certificate of `server` in time",
    ),
]


def _tls_to_plain(line: raw.Line) -> None:
    """What OpenSSL says to who does not begin a handshake."""
    line.recv(65536)
    line.sendall(b"\x15\x03\x01\x00\x02\x02\x46")


CASES = [*LINES, *TLS]

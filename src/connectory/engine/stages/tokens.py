"""The token of a workload's identity: its own token first, then the exchange."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpx2

from connectory.connection import Connection
from connectory.credential import Token
from connectory.engine.diagnosis import Chart
from connectory.engine.exchange import exchange
from connectory.engine.session import opened
from connectory.engine.stages.line import watched_way
from connectory.engine.stages.remedies import remedy
from connectory.engine.stages.rules import Rules
from connectory.engine.stages.sight import Sight
from connectory.engine.tokens import SharedToken
from connectory.errors import (
    CertificateUnusable,
    ClientCertificateRefused,
    ConnectoryError,
    HostNotAllowed,
    NetworkError,
    OperatorError,
    SubjectTokenUnavailable,
    TimedOut,
    TLSFailed,
    TokenExchangeFailed,
    TokenExchangeRefused,
    TrustUnavailable,
)
from connectory.network.limits import Use
from connectory.transport import EXCHANGE
from connectory.urls import is_tls, origin_of

_PATIENCE = 60.0
"""Seconds for an exchange with what may be tried again."""

_RULED = ("allowed", "proxy", "verification", "ca")
"""The rules that decide of the way to an exchange."""

_MEND: Mapping[type[ConnectoryError], str] = {
    CertificateUnusable: "mend the certificate at this path",
    OperatorError: "mend the document, or what it names, at this path",
    TokenExchangeRefused: "check the ids of the identity, and that its own token is one that the other side trusts",
    ClientCertificateRefused: "give `tls.certificate` and `tls.private_key` that are taken where tokens are exchanged",
    TokenExchangeFailed: "see what answers where tokens are exchanged: no such service, or not in order",
}


def token(chart: Chart, connection: Connection, rules: Rules) -> Token | None:
    """A token, by the same steps as any client's but past the one that all share. Raises Ended."""
    source = getattr(connection.credential, "source", None)
    subject, exchanged = chart["subject_token"], chart["token_exchange"]
    started = time.monotonic()
    got: list[Token | None] = []
    failure: ConnectoryError | None = None

    def fetch() -> Token | None:
        got.append(exchange(connection))
        return got[0]

    alone = SharedToken(fetch, refresh_buffer=0, clock=time.monotonic, jitter=0)
    try:
        alone.get(_PATIENCE, origin=origin_of(connection.url))
    except SubjectTokenUnavailable as error:
        (subject if source else exchanged).fail(str(error), f"check {connection.credential.reads}")
    except (OperatorError, NetworkError, TokenExchangeFailed) as error:
        failure = error
    if source:
        subject.passed(source.reads)
    chart.ended("subject_token")
    if failure:
        sight = _sight(failure, connection)
        exchanged.rule = rules.of(sight.found, *_RULED)
        exchanged.fail(str(failure), _fix(failure, sight))
    exchanged.passed("", ms=round((time.monotonic() - started) * 1000))
    if got[0]:
        life = "" if got[0].expires_in is None else f", valid for {got[0].expires_in:g} s"
        exchanged.seen = f"a token{life}, {got[0].value.fingerprint()}"
    chart.ended("token_exchange")
    return got[0]


def _fix(error: ConnectoryError, sight: Sight) -> str:
    if isinstance(error, HostNotAllowed | NetworkError) and not isinstance(error, ClientCertificateRefused):
        return f"where tokens are exchanged: {remedy(error, sight)}"
    return next(fix for kind, fix in _MEND.items() if isinstance(error, kind))


def _sight(error: ConnectoryError, connection: Connection) -> Sight:
    """The way to where the exchange failed; of TLS the handshake once more: who is not trusted there, or silent."""
    url = error.url if isinstance(error, HostNotAllowed) else getattr(error, "origin", None) or connection.url
    sight = Sight.of(connection, url, Use.EXCHANGE, named_in=_named_in(connection))
    if isinstance(error, TLSFailed | TimedOut) and is_tls(url):
        try:
            with opened(watched_way(sight.found.settings, sight), EXCHANGE.timeouts) as client:
                client.head(url, extensions={"trace": _hang_up})
        except (httpx2.HTTPError, _HungUp, TrustUnavailable, CertificateUnusable):
            pass
    return sight


def _named_in(connection: Connection) -> str:
    """What gives the URL of the exchange."""
    credential = connection.credential
    if hasattr(credential, "authority"):
        return "`credential.authority`"
    own = getattr(credential, "exchange_url", None)
    return "`credential.exchange_url`" if own else "`connectory.workload_identity.exchange_url`"


class _HungUp(Exception):
    """The handshake went well this time, and there is nothing to say."""


def _hang_up(event: str, facts: Mapping[str, object]) -> None:
    if event.endswith("start_tls.complete"):
        raise _HungUp

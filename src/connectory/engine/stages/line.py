"""The line itself: the stages between here and the service's first word, judged by what was seen."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NoReturn

import httpx2

from connectory.cautions.certificates import SOON
from connectory.cautions.of_connection import cautions_of
from connectory.certificates import Facts, plain_name
from connectory.connection import Connection
from connectory.engine.diagnosis import Chart, State
from connectory.engine.failures import network_error
from connectory.engine.limited import read
from connectory.engine.session import opened
from connectory.engine.stages.handshake import Handshake
from connectory.engine.stages.remedies import remedy
from connectory.engine.stages.rules import Rules
from connectory.engine.stages.sight import Sight, place_of
from connectory.engine.stages.tls_remedies import few_of, of_unchecked
from connectory.engine.stages.trace import ANSWER, REQUEST, TCP, TLS, TLS_THROUGH_PROXY, Trace
from connectory.engine.tls import new_context_of
from connectory.engine.way import Way
from connectory.errors import (
    AddressRefused,
    AnswerTooLarge,
    CertificateUnusable,
    ClientCertificateRefused,
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ProxyUnusable,
    TimedOut,
    TLSFailed,
    TrustUnavailable,
)
from connectory.tls import CERTIFICATE, FULL, NONE
from connectory.transport import Timeouts, TransportSettings
from connectory.urls import is_tls

_TRUST = {
    FULL: "trusted",
    CERTIFICATE: "trusted, its host name is not checked",
    NONE: "not checked",
}
_THROUGH_NOTHING = (
    "see that what the rule names is an HTTP proxy and gets through to {}; if it does, see why the service behind it "
    "does not answer"
)
_LONGEST = 1 << 24
"""Bytes of a list of models that are read."""


class Line:
    """The line that requests to `url` take. It fills in the stages `proxy`, `tcp` and `tls`."""

    def __init__(self, chart: Chart, connection: Connection, url: str, rules: Rules) -> None:
        self._chart = chart
        self._connection = connection
        self._rules = rules
        self._trace = Trace(self._begins)
        self.sight = Sight.of(connection, url)
        self._settings = self.sight.found.settings
        self._tls = TLS_THROUGH_PROXY if self._settings.proxy else TLS

    def client(self, timeouts: Timeouts) -> httpx2.Client:
        """A client whose handshakes are watched. Raises Ended."""
        problem = self.sight.found.refusal
        if isinstance(problem, ProxyUnusable):
            self._fail("proxy", problem)
        try:
            return opened(watched_way(self._settings, self.sight), timeouts)
        except (TrustUnavailable, CertificateUnusable) as error:
            self._unasked()
            self._fail("tls", error)

    def sent(self, client: httpx2.Client, request: httpx2.Request) -> httpx2.Response:
        """The answer, once the stages of the line are filled in. Raises Ended."""
        request.extensions["trace"] = self._trace
        try:
            response = client.send(request, stream=True)
            self._reached(response)
            read(response, _LONGEST)
        except AnswerTooLarge as error:
            self._chart["model"].fail(str(error), "check `url`: a list of models is shorter")
        except httpx2.InvalidURL:
            self._chart["name"].fail("no host can have this name", "check the host in `url`")
        except (httpx2.HTTPError, UnicodeError) as error:
            timeouts = request.extensions["timeout"]
            self._failed(network_error(error, self.sight.url, timeouts, self._settings.proxy))
        return response

    def _reached(self, response: httpx2.Response) -> None:
        """Who answers is the service, unless the proxy wants to know who asks. Raises Ended."""
        proxy = None if is_tls(self.sight.url) else self._settings.proxy  # in a tunnel it is the service's word
        if proxy and response.status_code == httpx2.codes.PROXY_AUTHENTICATION_REQUIRED:
            refused = ProxyFailed(self.sight.url, "it wants to know who asks", status=response.status_code)
            self._chart["proxy"].fail(
                f"{proxy.url} wants to know who asks, or does not take this user name and password",
                remedy(refused, self.sight),
            )
        self._asked()
        self._chart.ended("tls")

    @property
    def waited(self) -> int | None:
        """Milliseconds until the last answer began, once it was asked for."""
        return self._trace.ms(ANSWER)

    def _begins(self, step: str) -> None:
        """What came before a step has been done."""
        if step == TCP and not self._settings.proxy:
            self._direct()
        elif step == TLS and not self._settings.proxy:
            self._connected()
        elif step == REQUEST and not self._asks_proxy():
            self._asked()
        elif step == TLS_THROUGH_PROXY:
            self._through_proxy()

    def _asks_proxy(self) -> bool:
        """Whether what is sent now is for the proxy, which opens a tunnel, or asks the service itself."""
        return self._settings.proxy is not None and not self._trace.took(TLS_THROUGH_PROXY)

    def _direct(self) -> None:
        self._chart["proxy"].skipped("no proxy")
        self._chart["proxy"].rule = self._rules.of(self.sight.found, "proxy")
        self._chart.ended("proxy")

    def _connected(self) -> None:
        stage = self._chart["tcp"]
        stage.rule = self._rules.of(self.sight.found, "timeouts")
        stage.passed(f"connected to {place_of(self.sight.url)}", ms=self._trace.ms(TCP))
        self._chart.ended("tcp")

    def _through_proxy(self) -> None:
        stage, proxy = self._chart["proxy"], self._settings.proxy
        if proxy is None or stage.state is State.OK:
            return
        stage.rule = self._rules.of(self.sight.found, *_RULED["proxy"])
        stage.passed(f"went through {proxy.url}", ms=self._trace.ms_until(TLS_THROUGH_PROXY))
        self._chart["tcp"].skipped("the proxy connects")
        self._chart.ended("tcp")

    def _unasked(self) -> None:
        """Nobody was dialled: what comes before TLS has nothing to say."""
        self._chart["proxy"].skipped("" if self._settings.proxy else "no proxy")

    def _asked(self) -> None:
        """The service gets the request: the line is there."""
        if self._settings.proxy:
            self._through_proxy()
        else:
            self._connected()
        self._trusted()
        self._chart.under_way("model")

    def _failed(self, error: NetworkError) -> NoReturn:
        """Raises Ended, with the stage that is to blame."""
        name = self._stage_of(error)
        if name == "model":
            self._asked()
            self._chart.ended("tls")
        elif name == "tls" and not self._settings.proxy:
            self._connected()
        self._fail(name, error)

    def _stage_of(self, error: NetworkError) -> str:
        connected = self._trace.took(TCP)
        match error:
            case AddressRefused():
                return "address"
            case NameNotResolved():
                return "name"
            case ProxyFailed():
                return "proxy"
            case TLSFailed():
                return "tls"
        if not connected:
            return "proxy" if self._settings.proxy else "tcp"
        if is_tls(self.sight.url) and not self._trace.took(self._tls):
            return "tls"
        if self._asks_proxy() and not self._trace.took(ANSWER):
            return "proxy"
        return "tls" if self._hung_up_on_certificate(error) else "model"

    def _hung_up_on_certificate(self, error: NetworkError) -> bool:
        """Services that do not take a client certificate, or want one, often do not say so in TLS 1.3."""
        return isinstance(error, ConnectionBroken) and self.sight.handshake.asked and not self._trace.took(ANSWER)

    def _fail(
        self, name: str, error: NetworkError | ProxyUnusable | TrustUnavailable | CertificateUnusable
    ) -> NoReturn:
        stage = self._chart[name]
        stage.rule = self._rules.of(self.sight.found, *_RULED.get(name, ()))
        stage.ms = self._took(name) if stage.ms is None else stage.ms
        if name == "tls" and isinstance(error, ConnectionBroken) and self.sight.handshake.asked:
            shown = "and was shown one that it may not take" if self.sight.handshake.sent else "and was shown none"
            refused = ClientCertificateRefused(error.origin, error.reason)
            stage.fail(f"{error} It asked for a client certificate, {shown}.", remedy(refused, self.sight))
        if name == "proxy" and self._settings.proxy and isinstance(error, ConnectionBroken | TimedOut):
            url = self._settings.proxy.url
            stage.fail(f"nothing came back through {url}: {error}", _THROUGH_NOTHING.format(place_of(self.sight.url)))
        stage.fail(str(error), remedy(error, self.sight))

    def _took(self, name: str) -> int | None:
        """Milliseconds until a stage of the line failed."""
        if name == "proxy":
            return self._trace.ms_until(TLS_THROUGH_PROXY)
        return self._trace.ms({"tcp": TCP, "tls": self._tls}.get(name, ""))

    def _trusted(self) -> None:
        stage = self._chart["tls"]
        if not is_tls(self.sight.url):
            stage.skipped("plain http")
            return
        trust, handshake = self._settings.trust, self.sight.handshake
        stage.rule = self._rules.of(self.sight.found, *_RULED["tls"])
        has_own = self._settings.client_certificate is not None
        seen = "; ".join(_seen(handshake, _TRUST[trust.verification], has_own=has_own))
        stage.passed(seen, ms=self._trace.ms(self._tls))
        warnings = [str(warning) for warning in cautions_of(self._connection, datetime.now(UTC)).of_tls]
        if ending := _ending(handshake.shown, datetime.now(UTC)):
            stage.warn("; ".join([seen, *warnings]), ending)
        elif warnings:
            stage.warn("; ".join([seen, *warnings]), self._to_check() or "renew or mend the certificate")

    def _to_check(self) -> str | None:
        """What to do about a certificate that nobody checks, the service's or the proxy's."""
        proxy, reasons = self._settings.proxy, self.sight.found.reasons
        if self._settings.trust.verification == NONE:
            return of_unchecked(reasons["verification"], "`connectory.network.ca`, `tls.ca`")
        if proxy and is_tls(proxy.url) and proxy.trust.verification == NONE:
            return of_unchecked(reasons["proxy.verification"], "`connectory.network.proxy_ca`")
        return None


_RULED = {
    "proxy": ("proxy", "proxy.login", "proxy.headers", "proxy.verification", "proxy.ca"),
    "tcp": ("timeouts",),
    "tls": ("verification", "ca", "minimum_version", "client_certificate"),
}
"""The rules that decide what happens in a stage."""


def watched_way(settings: TransportSettings, sight: Sight) -> Way:
    """The way, with contexts of its own that are watched. Raises TrustUnavailable, CertificateUnusable."""
    way = Way.of(settings)
    proxy = way.proxy
    if proxy and proxy.context and settings.proxy:
        proxy = dataclasses.replace(proxy, context=_watched(new_context_of(settings.proxy.trust), sight.with_proxy))
    context = _watched(new_context_of(settings.trust, settings.client_certificate), sight.handshake)
    return dataclasses.replace(way, context=context, proxy=proxy)


def _watched(context: ssl.SSLContext, handshake: Handshake) -> ssl.SSLContext:
    handshake.watch(context)
    return context


def _seen(handshake: Handshake, trust: str, *, has_own: bool) -> Iterable[str]:
    if handshake.version:
        yield f"TLS {handshake.version.name.removeprefix('TLSv').replace('_', '.')}"
    if handshake.shown:
        own, last = handshake.shown[0], handshake.shown[-1]
        yield f"certificate for {few_of(own.hosts or (plain_name(own.subject),))}, {trust}"
        yield f"issued by `{plain_name(last.issuer)}`, {_counted(len(handshake.shown), 'certificate')} in the chain"
        days = (own.not_after - datetime.now(UTC)).days
        yield f"good until {own.not_after.astimezone(UTC):%Y-%m-%d}, {_counted(days, 'day')}"
    if handshake.asked:
        yield f"a client certificate was asked for and {'sent' if handshake.sent else 'not sent'}"
    else:
        yield f"no client certificate was asked for{', so that of the connection was not sent' if has_own else ''}"


def _ending(shown: Iterable[Facts], now: datetime) -> str | None:
    """What to do about the first certificate that will be of no use before long."""
    for facts in shown:
        if now <= facts.not_after <= now + SOON:
            return f"let whoever keeps the service renew the certificate of `{plain_name(facts.subject)}` in time"
    return None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

"""The doctor on the line itself: the stages between here and the service's first word, judged by what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit

from connectory.cautions.of_connection import cautions_of
from connectory.connection import Connection
from connectory.engine.diagnosis import Stage, State
from connectory.engine.trace import Trace
from connectory.errors import ClientCertificateRefused, ConnectionBroken, NetworkError, ProxyFailed, TLSFailed
from connectory.network.limits import Use
from connectory.network.resolve import resolve
from connectory.tls import CERTIFICATE, FULL, NONE
from connectory.urls import origin_of

_FIXES = {
    "proxy": "check `network.proxy`, its user name and password, and that the proxy lets this host through",
    "tcp": "check the port in `url`, and that a firewall lets this machine through",
    "tls": (
        "see that the service speaks TLS, that its certificate names the host in `url`, and that who issued it is in "
        "`tls.ca` or trusted by this machine"
    ),
    "model": "the service took the request and gave no answer: look at its own log",
}
_CLIENT_CERTIFICATE = "give `tls.certificate` and `tls.private_key` that the service takes, and see who issued them"
_TRUST = {
    FULL: "the certificate is trusted",
    CERTIFICATE: "the certificate is trusted, its host name is not checked",
    NONE: "the certificate is not checked",
}


class Line:
    """The line that one request took, or tried to. It fills in the stages `proxy`, `tcp` and `tls`."""

    def __init__(self, stages: Mapping[str, Stage], connection: Connection, url: str, trace: Trace) -> None:
        self._stages = stages
        self._connection = connection
        self._proxy = connection.network.proxy_url
        self._url = url
        self._trace = trace

    def reached(self) -> None:
        """The service has the request."""
        self._connected()
        if self._url.startswith("https:"):
            self._trusted()
        else:
            self._stages["tls"].seen = "plain http"

    def failed(self, error: NetworkError) -> NoReturn:
        """Raises Ended, with the stage that is to blame."""
        connected, encrypted = self._trace.took("connect_tcp"), self._trace.took("start_tls")
        if isinstance(error, ProxyFailed) or (self._proxy and not connected):
            name = "proxy"
        elif not connected:
            name = "tcp"
        elif isinstance(error, TLSFailed) or (self._url.startswith("https:") and not encrypted):
            self._connected()
            name = "tls"
        else:
            self.reached()
            name = "model"
        self._stages[name].fail(str(error), self._fix(name, error))

    def _fix(self, name: str, error: NetworkError) -> str:
        if isinstance(error, ClientCertificateRefused):
            return _CLIENT_CERTIFICATE
        if isinstance(error, ConnectionBroken) and self._url.startswith("https:"):
            return f"{_FIXES[name]}; one that demands a client certificate, or does not take it, may hang up like this"
        return _FIXES[name]

    def proxy_refused(self) -> NoReturn:
        """The proxy has answered in the service's place. Raises Ended."""
        self._stages["proxy"].fail("the proxy does not take this user name and password", _FIXES["proxy"])

    def _connected(self) -> None:
        ms = self._trace.ms("connect_tcp")
        if self._proxy:
            self._put("proxy", ms, f"went through {origin_of(self._proxy)}")
        else:
            self._stages["proxy"].seen = "no proxy"
            self._put("tcp", ms, f"connected to {urlsplit(self._url).netloc}")

    def _trusted(self) -> None:
        trust = resolve(self._connection, self._url, Use.RUN).settings.trust
        offered = "; a client certificate is there if it is asked for" if self._connection.tls.certificate else ""
        seen = _TRUST[trust.verification] + offered
        stage = self._put("tls", self._trace.ms("start_tls"), seen)
        if warnings := cautions_of(self._connection, datetime.now(UTC)).of_tls:
            is_unchecked = trust.verification == NONE
            mend = (
                "give `tls.ca`, and let `tls.verification` be `full`"
                if is_unchecked
                else "renew or mend the certificate"
            )
            stage.warn("; ".join([seen, *map(str, warnings)]), mend)

    def _put(self, name: str, ms: int | None, seen: str) -> Stage:
        stage = self._stages[name]
        stage.state, stage.ms, stage.seen = State.OK, ms, seen
        return stage

"""What went wrong on the network, in our words: the one table from the HTTP client's exceptions to ours."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

import httpcore2
import httpx2

from connectory.engine.guard import Refused
from connectory.engine.through_proxy import ProxyBroke
from connectory.errors import (
    AddressRefused,
    ClientCertificateRefused,
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
    causes_of,
)
from connectory.transport import Proxy
from connectory.urls import origin_of

FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError)
"""What the HTTP client raises when a request fails; the last two are names of hosts that cannot be looked up."""

_TIMEOUTS: Mapping[type[Exception], tuple[str, str]] = {
    httpx2.ConnectTimeout: ("connect", "no connection"),
    httpx2.ReadTimeout: ("read", "nothing was heard"),
    httpx2.WriteTimeout: ("write", "the request could not be sent"),
    httpx2.PoolTimeout: ("pool", "no connection was free"),
}

_ABOUT_CLIENTS: Mapping[str | None, str] = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it demands one",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know who issued it",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it finds it broken",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it does not take its kind",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it was revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not take it",
    "TLSV1_ALERT_ACCESS_DENIED": "it has no access here",
}
"""Alerts by which a service speaks of its client's certificate (RFC 8446, 6.2), as OpenSSL names them."""


def network_error(
    error: Exception, url: str, timeouts: Mapping[str, float | None], proxy: Proxy | None
) -> NetworkError:
    """Our error for one of the HTTP client.

    `timeouts` are the request's limits by phase, in seconds; `proxy` is the one that it went through.
    """
    origin = origin_of(url)
    if proxy and isinstance(error, httpx2.ProxyError):
        return ProxyFailed(origin, f"{proxy.url} {_why_not_through(error)}")
    if refused := next((cause for cause in causes_of(error) if isinstance(cause, Refused)), None):
        return AddressRefused(origin, refused.reason, address=refused.address)
    if type(error) in _TIMEOUTS:
        phase, what = _TIMEOUTS[type(error)]
        limit = timeouts.get(phase)
        # Where we set no limit, the system has its own.
        return TimedOut(origin, what if limit is None else f"{what} within {limit:g} s")
    if isinstance(error, httpx2.InvalidURL | UnicodeError):
        return NameNotResolved(origin, "no host can have this name")
    for cause in causes_of(error):
        if isinstance(cause, socket.gaierror):
            return NameNotResolved(origin, (cause.strerror or "unknown name").lower())
        if isinstance(cause, ssl.SSLError):
            kind = ClientCertificateRefused if cause.reason in _ABOUT_CLIENTS else TLSFailed
            return kind(origin, _tls_reason(cause))
    if isinstance(error, httpx2.ConnectError):
        return ServiceUnreachable(origin, reason_of(error))
    return ConnectionBroken(origin, reason_of(error))


def _why_not_through(error: httpx2.ProxyError) -> str:
    """Why the proxy was not reached, or what it answered."""
    broke = next((cause for cause in causes_of(error) if isinstance(cause, ProxyBroke)), None)
    if broke is None:
        return f"answered {_one_line(error)}"
    cause = broke.__cause__
    if isinstance(cause, httpcore2.TimeoutException):
        return (
            "could not be reached in time" if isinstance(cause, httpcore2.ConnectTimeout) else "did not answer in time"
        )
    reached = not isinstance(cause, httpcore2.ConnectError)
    return f"{'broke off' if reached else 'could not be reached'}: {reason_of(cause) if cause else 'unknown'}"


def reason_of(error: BaseException) -> str:
    """What the operating system said, or the error itself."""
    for cause in causes_of(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return _one_line(error)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return _ABOUT_CLIENTS.get(error.reason) or (error.reason or "the handshake failed").replace("_", " ").lower()


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or "the connection was closed"

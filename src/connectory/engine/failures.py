"""What went wrong on the network, in our words: the one table from the HTTP client's exceptions to ours."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable, Mapping
from itertools import islice

import httpcore2
import httpx2

from connectory.engine.guard import NotReached, Refused
from connectory.engine.proxy_line import ProxyBroke
from connectory.errors import (
    AddressRefused,
    ClientCertificateRefused,
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ProxyStage,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
    causes_of,
)
from connectory.transport import Proxy
from connectory.urls import origin_of

FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError)
"""What the HTTP client raises when a request fails; the last two are names of hosts that cannot be looked up."""

_TIMEOUTS: Mapping[type[BaseException], tuple[str, str]] = {
    httpx2.ConnectTimeout: ("connect", "no connection"),
    httpx2.ReadTimeout: ("read", "nothing was heard"),
    httpx2.WriteTimeout: ("write", "the request could not be sent"),
    httpx2.PoolTimeout: ("pool", "no connection was free"),
    httpcore2.ConnectTimeout: ("connect", "no connection"),
    httpcore2.ReadTimeout: ("read", "nothing was heard"),
    httpcore2.WriteTimeout: ("write", "the request could not be sent"),
}
"""The latter three come from the line to a proxy."""

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
        return _proxy_failed(error, origin, timeouts, proxy)
    return _failed(error, origin, timeouts)


def _failed(error: BaseException, origin: str, timeouts: Mapping[str, float | None]) -> NetworkError:
    """What went wrong between here and an origin, the service's or a proxy's."""
    causes = list(causes_of(error))
    if refused := next((cause for cause in causes if isinstance(cause, Refused)), None):
        return AddressRefused(origin, refused.reason, address=refused.address)
    if type(error) in _TIMEOUTS:
        phase, what = _TIMEOUTS[type(error)]
        limit = timeouts.get(phase)
        # Where we set no limit, the system has its own.
        reason = what if limit is None else f"{what} within {limit:g} s"
        return TimedOut(origin, reason, phase=phase, seconds=limit)
    if isinstance(error, httpx2.InvalidURL | UnicodeError):
        return NameNotResolved(origin, "no host can have this name")
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return NameNotResolved(origin, (cause.strerror or "unknown name").lower())
        if isinstance(cause, ssl.SSLError):
            return _tls_failed(cause, origin)
    if isinstance(error, httpx2.ConnectError | httpcore2.ConnectError):
        tried = next((cause for cause in causes if isinstance(cause, NotReached)), None)
        dialled = (tried.address, tried.port) if tried else None
        return ServiceUnreachable(origin, reason_of(error), os_error=_os_error(causes), dialled=dialled)
    reset = any(isinstance(cause, ConnectionError) for cause in causes)
    return ConnectionBroken(origin, reason_of(error), reset=reset)


def _tls_failed(error: ssl.SSLError, origin: str) -> TLSFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSFailed(origin, _tls_reason(error), verify_code=error.verify_code)
    kind = ClientCertificateRefused if error.reason in _ABOUT_CLIENTS else TLSFailed
    return kind(origin, _tls_reason(error), openssl=error.reason)


def _os_error(causes: Iterable[BaseException]) -> str | None:
    numbers = (cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno)
    return next((errno.errorcode[number] for number in numbers if number in errno.errorcode), None)


def _proxy_failed(
    error: httpx2.ProxyError, origin: str, timeouts: Mapping[str, float | None], proxy: Proxy
) -> ProxyFailed:
    """The proxy was not reached, did not answer as one does, or answered that it will not."""
    broke = next((cause for cause in causes_of(error) if isinstance(cause, ProxyBroke)), None)
    # The pool raises again what its lines raised, `from None`: then the context still has the cause.
    what = broke and next(islice(causes_of(broke), 1, None), None)
    if what is None:
        reason = f"{proxy.url} answered {_one_line(error)}"
        return ProxyFailed(origin, reason, proxy=origin_of(proxy.url), status=_status(error))
    failure = _failed(what, origin_of(proxy.url), timeouts)
    stage = _stage(failure)
    reason = f"{proxy.url} {_why_not_through(stage, failure, what)}"
    return ProxyFailed(origin, reason, proxy=failure.origin, stage=stage, failure=failure)


def _status(error: httpx2.ProxyError) -> int | None:
    """The status that a proxy answered CONNECT with; it stands nowhere else (httpcore2 2.16, `http_proxy.py`)."""
    first = str(error).partition(" ")[0]
    return int(first) if first.isascii() and first.isdigit() else None


def _stage(failure: NetworkError) -> ProxyStage:
    """How far a request came with a proxy, to which this happened."""
    match failure:
        case NameNotResolved():
            return ProxyStage.NAME
        case TLSFailed():
            return ProxyStage.TLS
        case ServiceUnreachable() | AddressRefused() | TimedOut(phase="connect"):
            return ProxyStage.TCP
    return ProxyStage.ANSWER


def _why_not_through(stage: ProxyStage, failure: NetworkError, error: BaseException) -> str:
    reached = stage is ProxyStage.ANSWER
    if isinstance(failure, TimedOut):
        return "did not answer in time" if reached else "could not be reached in time"
    reason = failure.reason if isinstance(failure, NameNotResolved) else reason_of(error)
    return f"{'broke off' if reached else 'could not be reached'}: {reason}"


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

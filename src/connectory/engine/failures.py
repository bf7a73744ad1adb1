"""What went wrong on the network, in our words: the one table from the HTTP client's exceptions to ours."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx2

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


def network_error(error: Exception, url: str, timeouts: Mapping[str, float | None], proxy: str | None) -> NetworkError:
    """Our error for one of the HTTP client.

    `timeouts` are the request's limits by phase, in seconds; `proxy` is the URL of the proxy that it went through. What
    knows more than the client's exception says it in attributes of one that it raised: `dialled`, the address and port,
    and `connectory_at`, the end of the line that failed (`proxy` or `service`).
    """
    origin = origin_of(url)
    if refused := next((cause for cause in _all_causes(error) if isinstance(cause, AddressRefused)), None):
        return refused
    if proxy and _is_at_proxy(error, url):
        return _proxy_failed(error, origin, timeouts, origin_of(proxy))
    return _failed(error, origin, timeouts)


def _failed(error: Exception, origin: str, timeouts: Mapping[str, float | None]) -> NetworkError:
    """What went wrong between here and an origin, the service's or a proxy's."""
    if type(error) in _TIMEOUTS:
        phase, what = _TIMEOUTS[type(error)]
        limit = timeouts.get(phase)
        # Where we set no limit, the system has its own.
        reason = what if limit is None else f"{what} within {limit:g} s"
        return TimedOut(origin, reason, phase=phase, seconds=limit)
    if isinstance(error, httpx2.InvalidURL | UnicodeError):
        return NameNotResolved(origin, "no host can have this name")
    causes = list(_all_causes(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return NameNotResolved(origin, (cause.strerror or "unknown name").lower())
        if isinstance(cause, ssl.SSLError):
            return _tls_failed(cause, origin)
    if isinstance(error, httpx2.ConnectError):
        return ServiceUnreachable(origin, reason_of(error), os_error=_os_error(causes), dialled=_fact(error, "dialled"))
    reset = any(isinstance(cause, ConnectionError) for cause in causes)
    return ConnectionBroken(origin, reason_of(error), reset=reset)


def _tls_failed(error: ssl.SSLError, origin: str) -> TLSFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSFailed(origin, _tls_reason(error), verify_code=error.verify_code)
    kind = ClientCertificateRefused if error.reason in _ABOUT_CLIENTS else TLSFailed
    return kind(origin, _tls_reason(error), openssl=error.reason)


def _is_at_proxy(error: Exception, url: str) -> bool:
    """Whether the proxy is to blame: it was not reached, or answered in the service's place."""
    if isinstance(error, httpx2.ProxyError):
        return True
    if at := _fact(error, "connectory_at"):
        return bool(at == "proxy")
    if any(isinstance(cause, ssl.SSLError) for cause in _all_causes(error)):
        # To a service without TLS, only the proxy can speak it; to another it is the service's: it goes through.
        return url.startswith("http:")
    return isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError)


def _proxy_failed(error: Exception, origin: str, timeouts: Mapping[str, float | None], proxy: str) -> ProxyFailed:
    if isinstance(error, httpx2.ProxyError):
        return ProxyFailed(origin, f"{proxy} answered {_one_line(error)}", proxy=proxy, status=_status(error))
    failure = _failed(error, proxy, timeouts)
    stage = _stage(failure)
    late = isinstance(failure, TimedOut) and stage is ProxyStage.TCP
    told = "could not be reached in time" if late else f"{_AT_PROXY[stage]}: {failure.reason}"
    return ProxyFailed(origin, f"{proxy} {told}", proxy=proxy, stage=stage, failure=failure)


_AT_PROXY: Mapping[ProxyStage, str] = {
    ProxyStage.NAME: "could not be reached",
    ProxyStage.TCP: "could not be reached",
    ProxyStage.TLS: "could not be reached over TLS",
    ProxyStage.ANSWER: "did not answer",
}


def _stage(failure: NetworkError) -> ProxyStage:
    """How far a request came with a proxy, to which this happened."""
    if isinstance(failure, NameNotResolved):
        return ProxyStage.NAME
    if isinstance(failure, TLSFailed):
        return ProxyStage.TLS
    is_late = isinstance(failure, TimedOut) and failure.phase != "connect"
    return ProxyStage.ANSWER if is_late or isinstance(failure, ConnectionBroken) else ProxyStage.TCP


def _status(error: httpx2.ProxyError) -> int | None:
    """The status that a proxy answered CONNECT with; it stands nowhere else (httpcore2 2.16, `http_proxy.py`)."""
    first = str(error).partition(" ")[0]
    return int(first) if first.isascii() and first.isdigit() else None


def _all_causes(error: BaseException) -> Iterator[BaseException]:
    """The causes of an error, and of each in a group of them: of addresses that were tried side by side."""
    for cause in causes_of(error):
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            for one in cause.exceptions:
                yield from _all_causes(one)


def _fact(error: Exception, name: str) -> Any:
    """What the first cause that knows it says."""
    known = (getattr(cause, name, None) for cause in _all_causes(error))
    return next((fact for fact in known if fact is not None), None)


def _os_error(causes: Iterable[BaseException]) -> str | None:
    numbers = (cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno)
    return next((errno.errorcode[number] for number in numbers if number in errno.errorcode), None)


def reason_of(error: Exception) -> str:
    """What the operating system said, or the error itself."""
    for cause in _all_causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return _one_line(error)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return _ABOUT_CLIENTS.get(error.reason) or (error.reason or "the handshake failed").replace("_", " ").lower()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or "the connection was closed"

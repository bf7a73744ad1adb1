"""What went wrong on the network, in our words: the one table from the HTTP client's exceptions to ours."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx2

from connectory.errors import (
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
)

FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError)
"""What the HTTP client raises when a request fails; the last two are names of hosts that cannot be looked up."""

_TIMEOUTS: Mapping[type[Exception], tuple[str, str]] = {
    httpx2.ConnectTimeout: ("connect", "no connection"),
    httpx2.ReadTimeout: ("read", "nothing was heard"),
    httpx2.WriteTimeout: ("write", "the request could not be sent"),
    httpx2.PoolTimeout: ("pool", "no connection was free"),
}


def network_error(error: Exception, url: str, timeouts: Mapping[str, float | None]) -> NetworkError:
    """Our error for one of the HTTP client. `timeouts` are the request's limits by phase, in seconds."""
    origin = origin_of(url)
    if type(error) in _TIMEOUTS:
        phase, what = _TIMEOUTS[type(error)]
        limit = timeouts.get(phase)
        # Where we set no limit, the system has its own.
        return TimedOut(origin, what if limit is None else f"{what} within {limit:g} s")
    if isinstance(error, httpx2.InvalidURL | UnicodeError):
        return NameNotResolved(origin, "no host can have this name")
    if isinstance(error, httpx2.ProxyError):
        return ProxyFailed(origin, _one_line(error))
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return NameNotResolved(origin, (cause.strerror or "unknown name").lower())
        if isinstance(cause, ssl.SSLError):
            return TLSFailed(origin, _tls_reason(cause))
    if isinstance(error, httpx2.ConnectError):
        return ServiceUnreachable(origin, reason_of(error))
    return ConnectionBroken(origin, reason_of(error))


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, which may be shown to anybody."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def reason_of(error: Exception) -> str:
    """What the operating system said, or the error itself."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return _one_line(error)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or "the handshake failed").replace("_", " ").lower()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or "the connection was closed"

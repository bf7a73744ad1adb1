"""What Elastic's connector says of a failure: the `service_message` of an execution, made from our own errors.

Kibana is a program of Node.js, and its texts hold Node's names for what goes wrong (https://nodejs.org/api/errors.html
and https://nodejs.org/api/tls.html, "X509 certificate error codes"). `undefined` is really printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from connectory.errors import (
    AnswerTooLarge,
    ConnectionBroken,
    ConnectoryError,
    HostNotAllowed,
    NameNotResolved,
    NetworkError,
    ServiceError,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
)
from connectory.urls import parts_of
from connectory.wire.error_bodies import redirect_target
from connectory.wire.headers import header
from connectory.wire.reason_phrases import reason_phrase
from connectory.wire.safe_text import safe_text

_NOT_ALLOWED = "is not added to the Kibana config xpack.actions.allowedHosts"

_LEAF = ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate")
_ALTNAMES = "ERR_TLS_CERT_ALTNAME_INVALID"

_UNTRUSTED: Mapping[int, tuple[str, str]] = {
    2: ("UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"),
    7: ("CERT_SIGNATURE_FAILURE", "certificate signature failure"),
    9: ("CERT_NOT_YET_VALID", "certificate is not yet valid"),
    10: ("CERT_HAS_EXPIRED", "certificate has expired"),
    18: ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
    19: ("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    # Node goes on after 20 and ends in 21; Python stops at 20.
    20: _LEAF,
    21: _LEAF,
    22: ("CERT_CHAIN_TOO_LONG", "certificate chain too long"),
    23: ("CERT_REVOKED", "certificate revoked"),
    24: ("INVALID_CA", "invalid CA certificate"),
    26: ("INVALID_PURPOSE", "unsuitable certificate purpose"),
    27: ("CERT_UNTRUSTED", "certificate not trusted"),
    28: ("CERT_REJECTED", "certificate rejected"),
}
"""By OpenSSL's numbers (x509_vfy.h): Node's names, and OpenSSL's words."""

_OTHER_NAME = frozenset({62, 64})
"""The certificate is another host's, or another address's; Node checks that itself, and says it in words of its own."""

_NO_FUNCTIONS = "404 Unrecognized request argument supplied: functions"
_FUNCTIONS_SINCE = (
    "Function support with Azure OpenAI API was added in 2023-07-01-preview. "
    "Update the API version of the Azure OpenAI connector in use"
)


def message_of_error(error: ConnectoryError) -> str:
    """The `service_message` of an execution that got no answer."""
    match error:
        case HostNotAllowed():
            return f'target url "{error.url}" {_NOT_ALLOWED}'
        case TLSFailed(verify_code=int(number)):
            return _of_certificate(number, error)
    code, message = _node_words(error)
    return _without_status(code, message)


def message_of_answer(
    status: int,
    *,
    headers: Mapping[str, str],
    body: bytes,
    phrase: str = "",
    allowed_hosts: frozenset[str] | None = None,
) -> str:
    """The same of an answer with an error status. `phrase` is the one beside the status, where it is known.

    `body` is shown in parts: the connection's secrets have to be out of it.
    """
    phrase = phrase or reason_phrase(status) or ""
    if place := redirect_target(status, headers):
        if host := _forbidden(headers, allowed_hosts):
            message = f'Redirected request failed: target hostname "{host}" {_NOT_ALLOWED}'
            return _without_status("ERR_FR_REDIRECTION_FAILURE", message)
        return _with_status(status, f"API Error: {phrase} - redirects are not followed (to {place})")
    return _with_status(status, connector_text(status, phrase, detail_of(body)))


def message_of_sdk(error: ConnectoryError) -> str:
    """The same where Kibana asks through OpenAI's SDK, whose words it passes on (openai-node, `core/error.ts`)."""
    if isinstance(error, TimedOut):
        message = "Request timed out."
    elif isinstance(error, NetworkError):
        message = "Connection error."
    elif isinstance(error, ServiceError) and error.status is not None:
        message = f"{error.status} {error.message}"
    else:
        message = str(error)
    return f"API Error: {message}\n  {_FUNCTIONS_SINCE}\n" if message == _NO_FUNCTIONS else unexpected("", message)


def connector_text(status: int, phrase: str, detail: str | None) -> str:
    """What the connector itself says of an answer."""
    begun = "Unauthorized API Error" if status == 401 else f"API Error: {phrase}"
    return f"{begun} - {detail}" if detail else begun


def unexpected(code: str, message: str) -> str:
    """What the connector itself says where there is no answer."""
    return f"Unexpected API Error: {code} - {message or 'Unknown error'}"


def detail_of(body: bytes) -> str | None:
    """What the body of an error says: its `error.message`, else its `error`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict) and error.get("message") is not None:
        error = error["message"]
    text = error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, separators=(",", ":"))
    return safe_text(text) if error else None


def _with_status(status: int | str, text: str) -> str:
    return f"Status code: {status}. Message: {text}"


def _without_status(code: str, message: str) -> str:
    return _with_status("undefined", unexpected(code, message))


def _node_words(error: ConnectoryError) -> tuple[str, str]:
    """Node's name for a failure and its words; our own where a program of Node's has none."""
    match error:
        case ServiceUnreachable(os_error="ECONNRESET" | "EPIPE") | ConnectionBroken():
            return "ECONNRESET", "socket hang up"
        case ServiceUnreachable(os_error=str(name)):
            return name, f"connect {name} {_dialled(error)}"
        case ServiceUnreachable():
            return "", error.reason
        case NameNotResolved():
            return "ENOTFOUND", f"getaddrinfo ENOTFOUND {error.host}"
        case TimedOut(seconds=None):
            return "ETIMEDOUT", error.reason
        case TimedOut():
            return "ECONNABORTED", f"timeout of {(error.seconds or 0) * 1000:.0f}ms exceeded"
        case AnswerTooLarge():
            return "ERR_BAD_RESPONSE", f"maxContentLength size of {error.limit} exceeded"
        case TLSFailed(openssl=str(name)):
            return f"ERR_SSL_{name}", name.replace("_", " ").lower()
    return f"ERR_{error.code.upper()}", str(error)


def _dialled(error: ServiceUnreachable) -> str:
    if error.dialled:
        return "{}:{}".format(*error.dialled)
    return urlsplit(error.origin).netloc


def _of_certificate(number: int, error: TLSFailed) -> str:
    """Two of them have a text around the text, for every provider."""
    if number in _OTHER_NAME:
        told = _without_status(_ALTNAMES, f"Hostname/IP does not match certificate's altnames: {error.reason}")
        return f"TLS handshake failed: {told}. Verify server certificate hostname and CA configuration."
    known = _UNTRUSTED.get(number)
    told = _without_status(*(known or _node_words(error)))
    if known != _LEAF:
        return told
    return (
        f"Certificate error: {told}. Please check if your PKI certificates are valid or adjust SSL verification mode."
    )


def _forbidden(headers: Mapping[str, str], allowed: frozenset[str] | None) -> str | None:
    """The host that a redirect leads to, if it is one that the rules do not allow."""
    parts = parts_of(header(headers, "location") or "")
    host = parts.hostname if parts else None
    return safe_text(host) if host and allowed is not None and host not in allowed else None

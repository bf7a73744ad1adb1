"""What makes the certificates of a connection impossible to use. Those that are kept elsewhere are not read here, and
dates are not judged: a certificate may expire between a reading and its use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectory.certificates import certificates_in, chain_in, check_pair, check_private_key
from connectory.connection import Connection
from connectory.dialects.client_identity import X509
from connectory.dialects.plain_values import is_given
from connectory.dialects.secret_values import is_missing
from connectory.errors import Problem
from connectory.pem import Unusable
from connectory.provider import OTHER
from connectory.secret import Secret
from connectory.tls import TLSSettings

HTTPS_ONLY = "X.509 workload identity requires an absolute HTTPS API URL"
"""The SDK's words (openai 3.54, `auth/_x509.py`)."""


def stands_for_a_key(document: Mapping[str, Any]) -> bool:
    """Whether a client certificate says who calls, so that an API key may be left out (Elastic's rule for `Other`)."""
    return document.get("provider") == OTHER.name and any(is_given(part) for part in _pair_in(document))


def brings_a_certificate(document: Mapping[str, Any]) -> bool:
    """Whether a client certificate and its key are given, and not only known to be missing."""
    return all(is_given(part) and not is_missing(part) for part in _pair_in(document))


def _pair_in(document: Mapping[str, Any]) -> list[Any]:
    tls = document.get("tls")
    return [tls.get(name) if isinstance(tls, Mapping) else None for name in ("certificate", "private_key")]


def problems_with_certificates(connection: Connection) -> Iterator[Problem]:
    """Everything that stands in the way of using them."""
    tls = connection.tls
    given = [name for name in ("certificate", "private_key") if getattr(tls, name) is not None]
    for name in given:
        other = "private_key" if name == "certificate" else "certificate"
        if other not in given:
            yield Problem(f"tls.{other}", f"is required: `tls.{name}` stands here without it")
        if not _goes_with_a_certificate(connection):
            yield Problem(f"tls.{name}", _FOR_WHOM)
    yield from unusable_parts(tls)


def problems_without_tls(connection: Connection) -> Iterator[Problem]:
    """A certificate that says who calls is shown in TLS only."""
    if _is_exchanged(connection) and connection.url.lower().startswith("http:"):
        yield Problem("url", HTTPS_ONLY)


def warnings_about_certificates(connection: Connection) -> Iterator[Problem]:
    """What does not stand in the way of every use, and may surprise."""
    tls = connection.tls
    if tls != TLSSettings() and connection.url.lower().startswith("http:"):
        yield Problem("tls", "has no effect on requests to the service: `url` begins with `http://`")
    if _is_exchanged(connection) and connection.tls.certificate is None:
        yield Problem("tls.certificate", "is not given, so something on the way (a sidecar) has to show one")


def _is_exchanged(connection: Connection) -> bool:
    """Whether the certificate itself is exchanged for a token."""
    return connection.credential.certified and connection.credential.exchanged


_FOR_WHOM = f"goes with the provider `{OTHER.name}` and with the credential `{X509}` only"


def _goes_with_a_certificate(connection: Connection) -> bool:
    """A credential that could not be read has had its problem."""
    return connection.provider is OTHER or connection.credential.certified


def unusable_parts(tls: TLSSettings) -> Iterator[Problem]:
    """What is wrong with the PEM text in `tls`; what is kept elsewhere is not read."""
    certificate, key, ca = _text(tls.certificate), _text(tls.private_key), _text(tls.ca)
    broken = _reason(chain_in, certificate)
    if broken:
        yield Problem("tls.certificate", broken)
    # A pair is read together, for reading a key takes its time.
    pair = (certificate, key) if certificate is not None and not broken else None
    if reason := _reason(check_pair, *pair) if pair else _reason(check_private_key, key):
        yield Problem("tls.private_key", reason)
    if reason := _reason(certificates_in, ca):
        yield Problem("tls.ca", reason)


def _text(secret: Secret | None) -> str | None:
    return secret.reveal() if secret and secret.at_hand else None


def _reason(check: Callable[..., object], *pems: str | None) -> str | None:
    """What a check has against PEM text; None where there is nothing to check, or nothing wrong."""
    if None in pems:
        return None
    try:
        check(*pems)
    except Unusable as unusable:
        return unusable.reason
    return None

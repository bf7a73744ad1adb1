"""PKI in Elastic's words: base64 of PEM in three secrets, and the rules and sentences by which they are judged.

Source: `validate_pki` of Kibana's `.gen-ai` connector and
https://www.elastic.co/docs/reference/kibana/connectors-kibana/openai-action-type
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.dialects.plain_values import is_given
from connectory.errors import Problem
from connectory.pem import decoded

PKI = {"certificateData": "tls.certificate", "privateKeyData": "tls.private_key", "caData": "tls.ca"}
"""Keys of `secrets` and where they stand in our document."""

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_KEYS = ("-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----")
_MARKERS = {"certificateData": (_CERTIFICATE,), "privateKeyData": _KEYS, "caData": (_CERTIFICATE,)}
"""What must stand in each. Kibana takes no key of the third kind; TLS does."""

_NO_CERTIFICATE = (
    'Invalid {} file format: The file must be a PEM-encoded certificate beginning with "-----BEGIN CERTIFICATE-----".'
)
_NO_KEY = (
    "Invalid Private key data file format: The file must be a PEM-encoded private key beginning with "
    '"-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----".'
)
_INVALID = {
    "certificateData": _NO_CERTIFICATE.format("Certificate data"),
    "privateKeyData": _NO_KEY,
    "caData": _NO_CERTIFICATE.format("CA certificate data"),
}
_MISSING = {
    "certificateData": "Certificate data must be provided for PKI",
    "privateKeyData": "Private key data must be provided for PKI",
}

SENTENCES = {PKI[key]: sentence for key, sentence in _INVALID.items()}
"""What is said of one that has the right marker and cannot be used: the same as of one that has not."""


def texts_of(secrets: Mapping[Any, Any]) -> dict[str, Any]:
    """The PKI fields that are given, decoded; one that is kept elsewhere, or that is no text, is left as it is."""
    given = {key: secrets[key] for key in PKI if is_given(secrets.get(key))}
    return {key: decoded(value) if isinstance(value, str) else value for key, value in given.items()}


def marker_problems(texts: Mapping[str, Any]) -> Iterator[Problem]:
    """What Kibana has against the fields, in its order; it says the first thing only."""
    for key, sentence in _MISSING.items():
        if key not in texts:
            yield Problem(f"secrets.{key}", sentence)
    for key, markers in _MARKERS.items():
        text = texts.get(key)
        if isinstance(text, str) and not any(marker in text for marker in markers):
            yield Problem(f"secrets.{key}", _INVALID[key])

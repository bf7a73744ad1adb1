"""Checks the JWT by which an application proves to Entra that it has the key of its certificate.

Read of https://learn.microsoft.com/entra/identity-platform/certificate-credentials and RFC 7523.
"""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Collection
from typing import Any, TypeGuard

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.upstream.entra_errors import wrong_assertion
from tests.upstream.messages import Document

_DAY = 24 * 60 * 60


def check_assertion(
    assertion: str, *, certificate: x509.Certificate, client_id: str, audiences: Collection[str]
) -> None:
    """`audiences` are the names of the token endpoint. Raises Refused."""
    try:
        head, claims, signature = [_decoded(part) for part in assertion.split(".")]
        header, payload = _document(head), _document(claims)
    except ValueError as error:
        raise wrong_assertion(50027, f"JWT token is invalid or malformed: {error}.") from error
    _check_thumbprint(header, certificate)
    _check_signature(header, assertion.rpartition(".")[0].encode(), signature, certificate)
    _check_claims(payload, client_id, audiences)
    _check_times(payload, certificate)


def _decoded(part: str) -> bytes:
    if "=" in part:
        raise ValueError("base64url is written without padding")
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("a part is not base64url") from error


def _document(part: bytes) -> Document:
    document = json.loads(part)
    if not isinstance(document, dict):
        raise ValueError("a part is not a JSON object")
    return document


def _check_thumbprint(header: Document, certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(serialization.Encoding.DER)
    expected = {"x5t#S256": hashlib.sha256(der), "x5t": hashlib.sha1(der)}
    named = [name for name in expected if name in header]
    right = all(_decoded_or_none(header[name]) == expected[name].digest() for name in named)
    if not named or not right:
        text = "The certificate with identifier used to sign the client assertion is not registered on application."
        raise wrong_assertion(700027, text)


def _decoded_or_none(value: Any) -> bytes | None:
    try:
        return _decoded(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _check_signature(header: Document, signed: bytes, signature: bytes, certificate: x509.Certificate) -> None:
    paddings: dict[str, padding.AsymmetricPadding] = {
        "PS256": padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH),
        "RS256": padding.PKCS1v15(),
    }
    key = certificate.public_key()
    used = paddings.get(str(header.get("alg")))
    if used is None or header.get("typ") != "JWT" or not isinstance(key, rsa.RSAPublicKey):
        raise wrong_assertion(50027, "JWT token is invalid or malformed: typ JWT and alg PS256 or RS256 are expected.")
    try:
        key.verify(signature, signed, used, hashes.SHA256())
    except InvalidSignature as error:
        raise wrong_assertion(700027, "Client assertion failed signature validation.") from error


def _check_claims(payload: Document, client_id: str, audiences: Collection[str]) -> None:
    if payload.get("aud") not in list(audiences):  # it may be any JSON
        raise wrong_assertion(700023, f"Client assertion audience claim does not match Realm issuer: {audiences}.")
    if not (payload.get("iss") == payload.get("sub") == client_id):
        raise wrong_assertion(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if not isinstance(payload.get("jti"), str) or not payload["jti"]:
        raise wrong_assertion(50027, "JWT token is invalid or malformed: jti is missing.")


def _check_times(payload: Document, certificate: x509.Certificate) -> None:
    now = time.time()
    begin, end = payload.get("nbf"), payload.get("exp")
    if not _is_number(begin) or not _is_number(end):
        raise wrong_assertion(50027, "JWT token is invalid or malformed: nbf or exp is no number.")
    if not (begin <= now < end <= now + _DAY):
        raise wrong_assertion(700024, "Client assertion is not within its valid time range.")
    if not (certificate.not_valid_before_utc.timestamp() <= now < certificate.not_valid_after_utc.timestamp()):
        raise wrong_assertion(1000502, "The provided certificate is not within its specified validity period.")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

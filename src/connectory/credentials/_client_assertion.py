"""The JWT by which an application proves to Microsoft Entra ID that it has the key of its certificate.

Source: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectory.certificates import chain_in, chain_of, check_pair, expiry_problem, facts_of, private_key_of
from connectory.pem import Unusable, pem_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LIFETIME = 600
"""Seconds; the documentation asks for 5 to 10 minutes."""


def check_certificate(pem: str) -> None:
    """Whether `pem` holds a certificate and its own private key, both RSA. Dates are not judged. Raises Unusable."""
    _certificate_with_key(pem)


def client_assertion(pem: str, *, client_id: str, audience: str, now: float) -> str:
    """An assertion signed with the key beside the certificate in `pem`, for ten minutes. Raises Unusable."""
    certificate = _certificate_with_key(pem)
    if reason := expiry_problem(facts_of(pem), datetime.fromtimestamp(now, UTC)):
        raise Unusable(reason)
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": _thumbprint(certificate)}
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid.uuid4()),
        "nbf": int(now),
        "exp": int(now) + _LIFETIME,
    }
    signed = f"{_encoded(header)}.{_encoded(claims)}"
    return f"{signed}.{_base64url(_signature(pem, signed.encode()))}"


def _certificate_with_key(pem: str) -> Certificate:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    chain_in(pem)
    if "PRIVATE KEY-----" not in pem_of(pem):
        raise Unusable("has no private key beside the certificate: put both into one PEM text")
    check_pair(pem, pem)
    certificate = load_pem_x509_certificate(chain_of(pem).encode())
    if not isinstance(certificate.public_key(), RSAPublicKey):
        raise Unusable("has another kind of key than RSA, and Entra takes no other")
    return certificate


def _thumbprint(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return _base64url(certificate.fingerprint(SHA256()))


def _signature(pem: str, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # `check_pair` has proved the key already, which is what takes most of the time.
    key = load_pem_private_key(private_key_of(pem).encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 (its certificate is RSA)
    return key.sign(data, PSS(mgf=MGF1(SHA256()), salt_length=PSS.DIGEST_LENGTH), SHA256())


def _encoded(document: Mapping[str, object]) -> str:
    return _base64url(json.dumps(document, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

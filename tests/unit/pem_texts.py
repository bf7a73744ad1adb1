"""Keys, certificates of their own making, and PEM of both, for tests of what reads them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)
PKCS8, TRADITIONAL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL


def written(key: Any, form: PrivateFormat = PKCS8, *, password: bytes | None = None) -> str:
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    text: bytes = key.private_bytes(serialization.Encoding.PEM, form, hidden)
    return text.decode()


def certified(key: Any, common_name: str = "client") -> str:
    """A certificate of its own making."""
    attributes = [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Ours"), (NameOID.COMMON_NAME, common_name)]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(FIRST).not_valid_after(LAST)
    hash_ = None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
    return builder.sign(key, hash_).public_bytes(serialization.Encoding.PEM).decode()


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {"rsa": RSA, "ec": EC, "ed25519": ED25519, "ed448": ed448.Ed448PrivateKey.generate()}
RSA_CERTIFICATE, EC_CERTIFICATE = certified(RSA), certified(EC, "issuer")
BUNDLE = RSA_CERTIFICATE + EC_CERTIFICATE
KEY = written(EC)
LEGACY_ENCRYPTED = written(RSA, TRADITIONAL, password=b"open sesame")
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
BAGS = "Bag Attributes\n    friendlyName: client\nKey Attributes: <No Attributes>\n"

"""Client assertions for Entra, right ones unless a test says otherwise."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.upstream import Identity

PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "PS256": padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH),
    "RS256": padding.PKCS1v15(),
}


def assertion(
    identity: Identity,
    audience: str,
    *,
    signed_as: str = "PS256",
    header: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
) -> str:
    """`header` and `claims` are put over the right ones; None as a value takes one away."""
    now = int(time.time())
    head = {"alg": signed_as, "typ": "JWT", "x5t#S256": b64(identity.sha256)}
    payload = {"aud": audience, "iss": "client-test", "sub": "client-test", "nbf": now, "exp": now + 600}
    payload["jti"] = str(uuid.uuid4())
    signed = f"{_part(head | dict(header or {}))}.{_part(payload | dict(claims or {}))}"
    assert isinstance(identity.key, rsa.RSAPrivateKey)
    signature = identity.key.sign(signed.encode(), PADDINGS[signed_as], hashes.SHA256())
    return f"{signed}.{b64(signature)}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(document: Mapping[str, Any]) -> str:
    return b64(json.dumps({name: value for name, value in document.items() if value is not None}).encode())

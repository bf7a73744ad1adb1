"""Certificates and private keys as text: PEM in all the shapes that people paste, and what is wrong with it.

Pure: no network, no clock. Whatever `pem_of` takes, the other functions take too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_WIDTH = 64
"""Characters in a line of PEM (RFC 7468, section 2)."""

_NAMES = {
    "CERTIFICATE": "a certificate",
    "TRUSTED CERTIFICATE": "a certificate in OpenSSL's own form (`openssl x509 -in CERT -out PLAIN` makes it plain)",
    "CERTIFICATE REQUEST": "a certificate request",
    "NEW CERTIFICATE REQUEST": "a certificate request",
    "X509 CRL": "a list of revoked certificates",
    "PKCS7": "PKCS#7 (`openssl pkcs7 -print_certs -in FILE -out PEM` takes the certificates out)",
    "CMS": "CMS",
    "PRIVATE KEY": "a private key",
    "RSA PRIVATE KEY": "a private key",
    "EC PRIVATE KEY": "a private key",
    "DSA PRIVATE KEY": "a DSA key",
    "ENCRYPTED PRIVATE KEY": "an encrypted private key",
    "OPENSSH PRIVATE KEY": "a key in OpenSSH's own form",
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "EC PARAMETERS": "parameters of a key",
    "DH PARAMETERS": "parameters of a key exchange",
}
"""What stands in a block, by its label. Other labels are not repeated: they may be anything."""

_ALIASES = {"X509 CERTIFICATE": "CERTIFICATE", "X.509 CERTIFICATE": "CERTIFICATE"}
"""Old labels that mean the same (RFC 7468, section 5.1)."""

_CERTIFICATE = "CERTIFICATE"
_KEYS = frozenset({"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})
_BESIDE_A_KEY = frozenset({"EC PARAMETERS"})
"""`openssl ecparam -genkey` writes it before the key."""

_MARKER = re.compile(r"-----(BEGIN|END) ([^-\r\n]{1,64})-----")
_WRITTEN_BREAK = re.compile(r"\\+[rn]")
_ENCRYPTED = re.compile(r"(?i)\bProc-Type:\s*4,\s*ENCRYPTED")
_PATH = re.compile(r"(?i)[^\n]*\.(pem|crt|cer|cert|key|p12|pfx)")
_OUTSIDE_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_FROM_URL_SAFE = str.maketrans("-_", "+/")


_PAIRS = 1024
_good_pairs: set[bytes] = set()
"""Digests of pairs that were found good."""


class Unusable(ValueError):
    """Text that is not what it should be. `reason` completes a sentence that begins with "it", and quotes nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"it {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a certificate says of itself. Names are RFC 4514 text, the most particular part first (`CN=a,O=B,C=DE`)."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


def pem_of(text: str) -> str:
    """The same blocks as clean PEM, in their order, without what stands between them. Raises Unusable.

    Takes PEM or base64 of PEM, with its line breaks kept, turned into blanks, written as a backslash and `n` (as
    variables often have them), or lost.
    """
    return "".join(block.text for block in _blocks(text))


def decoded(base64_text: str) -> str:
    """Text that base64 stands for, read as Node reads it: whatever the alphabet does not have is skipped, `=` ends it.

    Nothing is an error. Source: Node 20, `src/base64-inl.h`.
    """
    digits = _OUTSIDE_BASE64.sub("", base64_text.partition("=")[0].translate(_FROM_URL_SAFE))
    if len(digits) % 4 == 1:  # six bits, which are no byte
        digits = digits[:-1]
    return base64.b64decode(_padded(digits)).decode("utf-8", "replace")


def certificates_in(pem: str) -> tuple[Facts, ...]:
    """Facts of all certificates, at least one. Raises Unusable; of anything else in the text too."""
    blocks = _blocks(pem)
    if strange := [block for block in blocks if block.label != _CERTIFICATE]:
        raise Unusable(f"holds {_named(strange)}, where only certificates belong")
    return _facts_of_all(blocks)


def chain_in(pem: str) -> tuple[Facts, ...]:
    """The same of a client certificate, beside which its private key may stand in one file. Raises Unusable."""
    return _facts_of_all(_chain_blocks(pem))


def chain_of(pem: str) -> str:
    """The certificates alone, as PEM, out of a client certificate that may have its key beside it. Raises Unusable."""
    return "".join(block.text for block in _chain_blocks(pem))


def private_key_of(pem: str) -> str:
    """The private key alone, as PEM, out of text that may have its certificates beside it. Raises Unusable.

    The key is found, not read: that is what `check_private_key` and `check_pair` do.
    """
    return _key_block(pem).text


def facts_of(pem: str) -> Facts:
    """Facts of the first certificate. Raises Unusable."""
    return _facts(_read(_chain_blocks(pem)[0]))


def check_private_key(pem: str) -> None:
    """Whether there is exactly one private key that TLS can use, in plain. Raises Unusable.

    Reading an RSA key proves its primes, which takes 50 ms of CPU for 2048 bits and 250 ms for 4096.
    """
    _read_key(_key_block(pem))


def check_pair(certificate_pem: str, key_pem: str) -> None:
    """Whether the key is that of the first certificate. Dates are not judged. Raises Unusable, where "it" is the key.

    What `chain_in` and `check_private_key` find is found here too. A pair that was found good is known again: to prove
    the primes of an RSA key takes 50 ms and more.
    """
    pair = hashlib.sha256(repr((certificate_pem, key_pem)).encode(errors="surrogatepass")).digest()
    if pair in _good_pairs:
        return
    certificates = [_read(block) for block in _chain_blocks(certificate_pem)]
    public = _read_key(_key_block(key_pem)).public_key()
    owners = [_public_key(certificate) == public for certificate in certificates]
    if owners[0]:
        if len(_good_pairs) >= _PAIRS:
            _good_pairs.clear()
        _good_pairs.add(pair)
        return
    if any(owners):
        raise Unusable(
            "belongs to another certificate than the first one: "
            "the bundle must begin with the certificate of the key, and those that issued it come after"
        )
    raise Unusable("does not belong to the certificate")


def expiry_problem(facts: Facts, now: datetime) -> str | None:
    """Why a certificate is of no use at a time, as the rest of a sentence; None if it is. Dates are those of UTC."""
    if now > facts.not_after:
        return f"expired on {facts.not_after.astimezone(UTC):%Y-%m-%d}"
    if now < facts.not_before:
        return f"is valid only from {facts.not_before.astimezone(UTC):%Y-%m-%d} on"
    return None


@dataclass(frozen=True, slots=True)
class _Block:
    """One PEM block. `body` is base64 without blanks; only that of an encrypted key may have headers."""

    label: str
    body: str = field(repr=False)

    @property
    def encrypted(self) -> bool:
        return self.label == "ENCRYPTED PRIVATE KEY" or ":" in self.body

    @property
    def text(self) -> str:
        lines = [self.body] if ":" in self.body else _wrapped(self.body)
        return "\n".join([f"-----BEGIN {self.label}-----", *lines, f"-----END {self.label}-----", ""])


def _blocks(text: str) -> list[_Block]:
    """Every block, in order; at least one."""
    pem = _WRITTEN_BREAK.sub("\n", text)
    if "-----BEGIN " not in pem:
        pem = _WRITTEN_BREAK.sub("\n", _from_base64(pem))
    markers = list(_MARKER.finditer(pem))
    if not markers:
        raise Unusable("is broken PEM: what begins with `-----BEGIN` names nothing")
    return list(_paired(pem, markers))


def _paired(pem: str, markers: list[re.Match[str]]) -> Iterator[_Block]:
    ends = iter([*markers, None])
    for begin in ends:
        if begin is None:
            return
        end = next(ends)
        if begin[1] != "BEGIN" or end is None or (end[1], end[2]) != ("END", begin[2]):
            raise Unusable("is broken PEM: a block has no end, or an end has no block")
        label = _ALIASES.get(begin[2], begin[2])
        yield _Block(label, _body(pem[begin.end() : end.start()]))


def _body(between: str) -> str:
    if _ENCRYPTED.search(between):  # of an encrypted key in its old form; kept as it is
        return "\n".join(line.strip() for line in between.strip().splitlines())
    body = "".join(between.split())
    if not body or _bytes_of(body) is None:
        raise Unusable("is broken PEM: a block holds other text than base64, or is cut short")
    return body


def _from_base64(text: str) -> str:
    """The PEM that base64 stands for."""
    data = _bytes_of(_padded("".join(text.split()).rstrip("=").translate(_FROM_URL_SAFE)))
    if data and b"-----BEGIN " in data:
        return data.decode("utf-8", "replace")
    if data and (binary := _binary_form(data)):
        raise Unusable(binary)
    if _PATH.fullmatch(text.strip()):
        raise Unusable("is no PEM but looks like the path of a file, which is written {file: PATH}")
    raise Unusable("is no PEM: `-----BEGIN` is missing")


def _binary_form(data: bytes) -> str | None:
    """What DER is, told by the first thing in its outer sequence: a version number, or the certificate's own part."""
    if data[0] != 0x30:
        return None
    inside = data[2 + (data[1] & 0x7F) if data[1:2] >= b"\x80" else 2 :]
    if inside.startswith(b"\x02\x01\x03"):
        return "is PKCS#12 and no PEM: `openssl pkcs12 -in FILE -nodes -out PEM` makes PEM of it"
    if inside.startswith(b"\x30"):
        return "is DER and no PEM: `openssl x509 -inform DER -in FILE -out PEM` makes PEM of a certificate"
    if inside.startswith((b"\x02\x01\x00", b"\x02\x01\x01")):
        return "is DER and no PEM: `openssl pkey -inform DER -in FILE -out PEM` makes PEM of a key"
    return None


def _bytes_of(body: str) -> bytes | None:
    try:
        return binascii.a2b_base64(body, strict_mode=True)
    except ValueError:  # binascii's own error, and text that is not ASCII
        return None


def _padded(digits: str) -> str:
    return digits + "=" * (-len(digits) % 4)


def _wrapped(body: str) -> list[str]:
    return [body[at : at + _WIDTH] for at in range(0, len(body), _WIDTH)]


def _named(blocks: list[_Block]) -> str:
    names = dict.fromkeys(_NAMES.get(block.label, "a block of an unknown kind") for block in blocks)
    return " and ".join(names)


def _chain_blocks(pem: str) -> list[_Block]:
    """The certificates; a private key may stand beside them, for many keep both in one file."""
    blocks = _blocks(pem)
    chain = [block for block in blocks if block.label == _CERTIFICATE]
    others = [block for block in blocks if block.label != _CERTIFICATE]
    strange = [block for block in others if not chain or block.label not in _KEYS | _BESIDE_A_KEY]
    if strange:
        raise Unusable(f"holds {_named(strange)}, where {'only ' if chain else ''}certificates belong")
    return chain


def _key_block(pem: str) -> _Block:
    blocks = _blocks(pem)
    keys = [block for block in blocks if block.label in _KEYS]
    if not keys:
        raise Unusable(f"holds {_named(blocks)}, where a private key belongs")
    if len(keys) > 1:
        raise Unusable(f"holds {len(keys)} private keys, where one belongs")
    if keys[0].encrypted:
        raise Unusable("is encrypted: `openssl pkey -in KEY -out PLAIN` takes the pass phrase away")
    return keys[0]


def _facts_of_all(blocks: list[_Block]) -> tuple[Facts, ...]:
    return tuple(_facts(_read(block)) for block in blocks)


# A parser's error may hold what it parsed. Ours are raised after its `except` has ended, so that none goes along.


def _read(block: _Block) -> Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(block.text.encode())
    except ValueError:
        pass
    raise Unusable("holds a certificate that cannot be read: it is damaged or cut short")


def _facts(certificate: Certificate) -> Facts:
    try:
        return Facts(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
    except ValueError:  # names and dates are parsed when they are asked for
        pass
    raise Unusable("holds a certificate whose names or dates cannot be read")


def _public_key(certificate: Certificate) -> object:
    """None for a kind of key that nobody here knows, which is then no key's partner."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _read_key(block: _Block) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    kinds = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    reason = "is of a kind that cannot be used: RSA, EC, Ed25519 and Ed448 can"
    try:
        if isinstance(key := load_pem_private_key(block.text.encode(), password=None), kinds):
            return key
    except (ValueError, TypeError):
        reason = "is damaged or cut short"
    except UnsupportedAlgorithm:
        pass
    raise Unusable(reason)

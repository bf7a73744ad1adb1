"""Certificates and private keys: what they say, whether they belong together, and what is wrong with them.

Pure: no network, no clock. Texts are PEM in every shape that `pem_of` takes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectory.pem import Block, Unusable, blocks_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_CERTIFICATE = "CERTIFICATE"
_KEYS = frozenset({"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})
_BESIDE_A_KEY = frozenset({"EC PARAMETERS"})
"""`openssl ecparam -genkey` writes it before the key."""

_NAME = 1000
"""Characters of a name. Those of hosts have 253 at most, and common names 64 (RFC 5280, appendix A)."""

_COMMON_NAME, _ESCAPED = re.compile(r"(?:^|,)CN=((?:\\.|[^,\\])+)"), re.compile(r"\\(.)")

_PAIRS = 1024
_good_pairs: set[bytes] = set()
"""Digests of pairs that were found good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a certificate says of itself. Names are RFC 4514 text, the most particular part first (`CN=a,O=B,C=DE`)."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    hosts: tuple[str, ...] = ()
    """The names and addresses that it is good for (RFC 5280, 4.2.1.6)."""


def certificates_in(pem: str) -> tuple[Facts, ...]:
    """Facts of all certificates, at least one. Raises Unusable; of anything else in the text too."""
    blocks = blocks_of(pem)
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


def facts_of_der(certificate: bytes) -> Facts:
    """Facts of a certificate as TLS sends it. Raises Unusable."""
    from cryptography import x509

    with contextlib.suppress(Exception):
        return _facts(x509.load_der_x509_certificate(certificate))
    raise Unusable("is a certificate that cannot be read")


def plain_name(name: str) -> str:
    """What people call somebody by: the common name of RFC 4514 text, the whole where it has none."""
    found = _COMMON_NAME.search(name)
    return _ESCAPED.sub(r"\1", found[1]) if found else name


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


def _named(blocks: list[Block]) -> str:
    return " and ".join(dict.fromkeys(block.name for block in blocks))


def _chain_blocks(pem: str) -> list[Block]:
    """The certificates; a private key may stand beside them, for many keep both in one file."""
    blocks = blocks_of(pem)
    chain = [block for block in blocks if block.label == _CERTIFICATE]
    others = [block for block in blocks if block.label != _CERTIFICATE]
    strange = [block for block in others if not chain or block.label not in _KEYS | _BESIDE_A_KEY]
    if strange:
        raise Unusable(f"holds {_named(strange)}, where {'only ' if chain else ''}certificates belong")
    return chain


def _key_block(pem: str) -> Block:
    blocks = blocks_of(pem)
    keys = [block for block in blocks if block.label in _KEYS]
    if not keys:
        raise Unusable(f"holds {_named(blocks)}, where a private key belongs")
    if len(keys) > 1:
        raise Unusable(f"holds {len(keys)} private keys, where one belongs")
    if keys[0].encrypted:
        raise Unusable("is encrypted: `openssl pkey -in KEY -out PLAIN` takes the pass phrase away")
    return keys[0]


def _facts_of_all(blocks: list[Block]) -> tuple[Facts, ...]:
    return tuple(_facts(_read(block)) for block in blocks)


# A parser's error may hold what it parsed. Ours are raised after its `except` has ended, so that none goes along. Those
# of certificates are of many kinds, with no parent but Exception (cryptography 50: InvalidVersion, DuplicateExtension).


def _read(block: Block) -> Certificate:
    from cryptography import x509

    with contextlib.suppress(Exception):
        return x509.load_pem_x509_certificate(block.text.encode())
    raise Unusable("holds a certificate that cannot be read: it is damaged or cut short")


def _facts(certificate: Certificate) -> Facts:
    with contextlib.suppress(Exception):  # names and dates are parsed when they are asked for
        return Facts(
            subject=_visible(certificate.subject.rfc4514_string()),
            issuer=_visible(certificate.issuer.rfc4514_string()),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            hosts=_hosts(certificate),
        )
    raise Unusable("holds a certificate whose names or dates cannot be read")


def _hosts(certificate: Certificate) -> tuple[str, ...]:
    from cryptography.x509 import DNSName, ExtensionNotFound, IPAddress, SubjectAlternativeName

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return ()
    return (*map(_visible, names.get_values_for_type(DNSName)), *map(str, names.get_values_for_type(IPAddress)))


def _visible(name: str) -> str:
    """A name less what cannot be seen: whoever made a certificate may have put anything into it."""
    return "".join(character for character in name if character.isprintable())[:_NAME]


def _public_key(certificate: Certificate) -> object:
    """None for a kind of key that nobody here knows, which is then no key's partner."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _read_key(block: Block) -> PrivateKeyTypes:
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

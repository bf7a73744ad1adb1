"""PEM in all the shapes that people paste, as text: its blocks, and why a text has none.

Pure. What a block means is judged in certificates.py.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

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

_MARKER = re.compile(r"-----(BEGIN|END) ([^-\r\n]{1,64})-----")
_WRITTEN_BREAK = re.compile(r"(?<!\\)\\++[rn]")
_ENCRYPTED = re.compile(r"(?i)\bProc-Type:\s*4,\s*ENCRYPTED")
_PATH = re.compile(r"(?i)[^\n]*\.(pem|crt|cer|cert|key|p12|pfx)")
_OUTSIDE_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_FROM_URL_SAFE = str.maketrans("-_", "+/")


class Unusable(ValueError):
    """Text that is not what it should be. `reason` completes a sentence that begins with "it", and quotes nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"it {reason}")


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block. `body` is base64 without blanks; only that of an encrypted key may have headers."""

    label: str
    body: str = field(repr=False)

    @property
    def name(self) -> str:
        """What stands in it, for people."""
        return _NAMES.get(self.label, "a block of an unknown kind")

    @property
    def encrypted(self) -> bool:
        return self.label == "ENCRYPTED PRIVATE KEY" or ":" in self.body

    @property
    def text(self) -> str:
        lines = [self.body] if ":" in self.body else _wrapped(self.body)
        return "\n".join([f"-----BEGIN {self.label}-----", *lines, f"-----END {self.label}-----", ""])


def pem_of(text: str) -> str:
    """The same blocks as clean PEM, in their order, without what stands between them. Raises Unusable.

    Takes PEM or base64 of PEM, with its line breaks kept, turned into blanks, written as a backslash and `n` (as
    variables often have them), or lost.
    """
    return "".join(block.text for block in blocks_of(text))


def decoded(base64_text: str) -> str:
    """Text that base64 stands for, read as Node reads it: whatever the alphabet does not have is skipped, `=` ends it.

    Nothing is an error. Source: Node 20, `src/base64-inl.h`.
    """
    digits = _OUTSIDE_BASE64.sub("", base64_text.partition("=")[0].translate(_FROM_URL_SAFE))
    if len(digits) % 4 == 1:  # six bits, which are no byte
        digits = digits[:-1]
    return base64.b64decode(_padded(digits)).decode("utf-8", "replace")


def blocks_of(text: str) -> list[Block]:
    """Every block, in order; at least one. Takes what `pem_of` takes. Raises Unusable."""
    pem = _WRITTEN_BREAK.sub("\n", text)
    if "-----BEGIN " not in pem:
        pem = _WRITTEN_BREAK.sub("\n", _from_base64(pem))
    markers = list(_MARKER.finditer(pem))
    if not markers:
        raise Unusable("is broken PEM: what begins with `-----BEGIN` names nothing")
    return list(_paired(pem, markers))


def _paired(pem: str, markers: list[re.Match[str]]) -> Iterator[Block]:
    ends = iter([*markers, None])
    for begin in ends:
        if begin is None:
            return
        end = next(ends)
        if begin[1] != "BEGIN" or end is None or (end[1], end[2]) != ("END", begin[2]):
            raise Unusable("is broken PEM: a block has no end, or an end has no block")
        label = _ALIASES.get(begin[2], begin[2])
        yield Block(label, _body(pem[begin.end() : end.start()]))


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

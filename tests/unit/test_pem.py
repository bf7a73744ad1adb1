"""PEM is read in every shape that people paste, and what is wrong with it is said without quoting it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from connectory.pem import Unusable, decoded, pem_of
from tests.unit.pem_texts import (
    BAGS,
    BUNDLE,
    EC,
    KEY,
    LEGACY_ENCRYPTED,
    PKCS8,
    RSA,
    RSA_CERTIFICATE,
    TRADITIONAL,
    in_base64,
    written,
)

SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": lambda pem: pem,
    "no final line break": str.rstrip,
    "breaks of Windows": lambda pem: pem.replace("\n", "\r\n"),
    "breaks as blanks": lambda pem: pem.replace("\n", " "),
    "breaks lost": lambda pem: pem.replace("\n", ""),
    "breaks written out": lambda pem: pem.replace("\n", r"\n"),
    "breaks of Windows written out": lambda pem: pem.replace("\n", r"\r\n"),
    "breaks escaped twice": lambda pem: pem.replace("\n", r"\\n"),
    "indented": lambda pem: pem.replace("\n", "\n    "),
    "quoted": lambda pem: f'"{pem}"',
    "after a byte order mark": lambda pem: "\ufeff" + pem,
    "with attributes between": lambda pem: BAGS + pem.replace("-----BEGIN", f"{BAGS}-----BEGIN"),
    "long lines": lambda pem: re.sub(r"(?<=[A-Za-z0-9+/]{64})\n", "", pem),
    "base64": in_base64,
    "base64 in lines": lambda pem: base64.encodebytes(pem.encode()).decode(),
    "base64 in lines written out": lambda pem: base64.encodebytes(pem.encode()).decode().replace("\n", r"\n"),
    "base64 without padding": lambda pem: in_base64(pem).rstrip("="),
    "base64 for URLs": lambda pem: base64.urlsafe_b64encode(pem.encode()).decode(),
    "base64 of one line": lambda pem: in_base64(pem.replace("\n", " ")),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("pem", [RSA_CERTIFICATE, BUNDLE, BUNDLE + KEY, written(RSA, TRADITIONAL)])
def test_every_shape_is_the_same_pem(shape: Callable[[str], str], pem: str) -> None:
    assert pem_of(shape(pem)) == pem


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_headers_of_a_key_stay(shape: Callable[[str], str]) -> None:
    again = pem_of(shape(LEGACY_ENCRYPTED))
    assert "".join(again.split()) == "".join(LEGACY_ENCRYPTED.split())
    assert pem_of(again) == again


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_any_other_text_is_unusable(text: str) -> None:
    with pytest.raises(Unusable):
        pem_of(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no PEM: `-----BEGIN` is missing"),
        ("sk-canary", "is no PEM: `-----BEGIN` is missing"),
        ("/etc/tls/client.pem", "is no PEM but looks like the path of a file, which is written {file: PATH}"),
        ("-----BEGIN -----", "is broken PEM: what begins with `-----BEGIN` names nothing"),
        (RSA_CERTIFICATE[:600], "is broken PEM: a block has no end, or an end has no block"),
        (RSA_CERTIFICATE + KEY[:60], "is broken PEM: a block has no end, or an end has no block"),
        (
            RSA_CERTIFICATE.replace("END CERTIFICATE", "END PRIVATE KEY"),
            "is broken PEM: a block has no end, or an end has no block",
        ),
        (
            RSA_CERTIFICATE.replace("M", "!", 1),
            "is broken PEM: a block holds other text than base64, or is cut short",
        ),
        (
            RSA_CERTIFICATE[:200] + RSA_CERTIFICATE[201:],
            "is broken PEM: a block holds other text than base64, or is cut short",
        ),
    ],
)
def test_what_is_no_pem_is_said(text: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        pem_of(text)
    assert (caught.value.reason, str(caught.value)) == (reason, f"it {reason}")


def test_binary_forms_are_named() -> None:
    certificate = x509.load_pem_x509_certificate(RSA_CERTIFICATE.encode())
    hidden = BestAvailableEncryption(b"x")
    archive = pkcs12.serialize_key_and_certificates(b"client", RSA, certificate, None, hidden)
    key = EC.private_bytes(serialization.Encoding.DER, PKCS8, NoEncryption())
    der = certificate.public_bytes(serialization.Encoding.DER)
    commands = []
    for data in (archive, key, der):
        with pytest.raises(Unusable) as caught:
            pem_of(base64.b64encode(data).decode())
        commands.append(re.findall("openssl [a-z0-9]+", caught.value.reason))
    assert commands == [["openssl pkcs12"], ["openssl pkey"], ["openssl x509"]]


def test_old_label_of_certificates_becomes_the_one_of_today() -> None:
    assert pem_of(RSA_CERTIFICATE.replace("CERTIFICATE", "X509 CERTIFICATE")) == RSA_CERTIFICATE


@pytest.mark.parametrize(
    ("text", "as_node_reads_it"),
    [
        ("SQ==QU0=", "I"),
        ("!!!!", ""),
        ("=bad", ""),
        ("QU0", "AM"),
        ("QU0-_w", "AM>\ufffd"),
        ("Q U\n0=", "AM"),
        ("Q", ""),
        ("QUFB\u20acQUE=", "AAAAA"),
        ("////", "\ufffd\ufffd\ufffd"),
        ("QUF", "AA"),
        ("QUI_QUI-", "AB?AB>"),
        (" QQ= =QQ", "A"),
        ("w6k", "é"),
        ("Q=U0", ""),
    ],
)
def test_lenient_base64_is_that_of_node(text: str, as_node_reads_it: str) -> None:
    assert decoded(text) == as_node_reads_it


@given(st.text())
def test_lenient_base64_never_fails(text: str) -> None:
    decoded(text)


@given(st.text())
def test_lenient_base64_gives_back_what_was_encoded(text: str) -> None:
    assert decoded(base64.encodebytes(text.encode()).decode()) == text

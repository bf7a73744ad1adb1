"""Certificates and keys are read in every shape that people paste, and what is wrong is said without quoting them."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from connectory.certificates import (
    Facts,
    Unusable,
    certificates_in,
    chain_in,
    chain_of,
    check_pair,
    check_private_key,
    decoded,
    expiry_problem,
    facts_of,
    pem_of,
    private_key_of,
)

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


def facts(common_name: str) -> Facts:
    name = f"CN={common_name},O=Ours,C=DE"
    return Facts(subject=name, issuer=name, not_before=FIRST, not_after=LAST)


def test_all_certificates_are_read_in_their_order() -> None:
    assert certificates_in(in_base64(BUNDLE)) == (facts("client"), facts("issuer"))
    assert facts_of(BUNDLE) == facts("client")


def test_old_label_of_certificates_is_read() -> None:
    old = RSA_CERTIFICATE.replace("CERTIFICATE", "X509 CERTIFICATE")
    assert (pem_of(old), certificates_in(old)) == (RSA_CERTIFICATE, (facts("client"),))


def relabelled(label: str) -> str:
    return RSA_CERTIFICATE.replace("CERTIFICATE", label)


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (KEY, "holds a private key, where only certificates belong"),
        (BUNDLE + KEY, "holds a private key, where only certificates belong"),
        (relabelled("X509 CRL") + KEY, "holds a list of revoked certificates and a private key, where only"),
        (relabelled("TRUSTED CERTIFICATE"), "holds a certificate in OpenSSL's own form (`openssl x509 "),
        (relabelled("SK CANARY"), "holds a block of an unknown kind, where only certificates belong"),
    ],
)
def test_other_things_among_certificates_are_named(pem: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        certificates_in(pem)
    assert caught.value.reason.startswith(reason)


def test_damaged_certificate_is_said_to_be() -> None:
    with pytest.raises(Unusable, match="a certificate that cannot be read"):
        certificates_in(RSA_CERTIFICATE + relabelled("CERTIFICATE").replace("MII", "MIJ", 1))


def test_client_certificate_may_have_its_key_beside_it() -> None:
    combined = BAGS + PARAMETERS + KEY + BUNDLE
    assert chain_in(combined) == (facts("client"), facts("issuer"))
    assert facts_of(combined) == facts("client")
    assert (chain_of(combined), private_key_of(combined)) == (BUNDLE, KEY)


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (KEY, "holds a private key, where certificates belong"),
        (BUNDLE + relabelled("CERTIFICATE REQUEST"), "holds a certificate request, where only certificates belong"),
    ],
)
def test_client_certificate_may_have_nothing_else_beside_it(pem: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        chain_in(pem)
    assert caught.value.reason == reason


TRADITIONAL_KEYS = [written(RSA, TRADITIONAL), written(EC, TRADITIONAL)]


@pytest.mark.parametrize("pem", [*map(written, KEYS.values()), *TRADITIONAL_KEYS])
def test_every_kind_of_key_is_taken(pem: str) -> None:
    check_private_key(pem)
    check_private_key(BUNDLE + PARAMETERS + pem)
    check_private_key(in_base64(pem))


ENCRYPTED = "is encrypted: `openssl pkey -in KEY -out PLAIN` takes the pass phrase away"


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (written(EC, password=b"open sesame"), ENCRYPTED),
        (LEGACY_ENCRYPTED, ENCRYPTED),
        (LEGACY_ENCRYPTED.replace("\n", ""), ENCRYPTED),
        (BUNDLE, "holds a certificate, where a private key belongs"),
        (relabelled("PUBLIC KEY"), "holds a public key, where a private key belongs"),
        (relabelled("OPENSSH PRIVATE KEY"), "holds a key in OpenSSH's own form, where a private key belongs"),
        (KEY + written(RSA), "holds 2 private keys, where one belongs"),
        (relabelled("PRIVATE KEY"), "is damaged or cut short"),
        (
            written(x25519.X25519PrivateKey.generate()),
            "is of a kind that cannot be used: RSA, EC, Ed25519 and Ed448 can",
        ),
        (
            written(dsa.generate_private_key(1024)),
            "is of a kind that cannot be used: RSA, EC, Ed25519 and Ed448 can",
        ),
    ],
)
def test_key_of_no_use_is_refused_with_the_way_to_mend_it(pem: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        check_private_key(pem)
    assert caught.value.reason == reason


def test_mending_it_as_told_gives_a_key_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "KEY").write_text(written(EC, password=b"x"))
    command = re.findall("`(.*)`", ENCRYPTED)[0].split()
    try:
        subprocess.run([*command, "-passin", "pass:x"], cwd=tmp_path, check=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here")
    check_private_key((tmp_path / "PLAIN").read_text())


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_pair_that_belongs_together_is_taken(key: Any) -> None:
    check_pair(certified(key) + BUNDLE, written(key))
    check_pair(certified(key) + written(key), certified(key) + written(key))


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (RSA_CERTIFICATE, "does not belong to the certificate"),
        (BUNDLE, "belongs to another certificate than the first one: the bundle must begin with the certificate of "),
    ],
)
def test_key_of_another_certificate_is_refused(certificate: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        check_pair(certificate, KEY)
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (FIRST - timedelta(seconds=1), "is valid only from 2026-01-01 on"),
        (FIRST, None),
        (LAST, None),
        (LAST + timedelta(seconds=1), "expired on 2026-11-01"),
    ],
)
def test_dates_are_judged_for_the_time_that_is_given(now: datetime, problem: str | None) -> None:
    assert expiry_problem(facts("client"), now) == problem


def problem_of(check: Callable[[str], object], text: str) -> Unusable | None:
    try:
        check(text)
    except Unusable as problem:
        return problem
    return None


@pytest.mark.parametrize("check", [pem_of, certificates_in, chain_in, chain_of, facts_of, check_private_key])
@pytest.mark.parametrize("shape", [str, in_base64])
@pytest.mark.parametrize(
    "text",
    [
        "sk-canary-canary-canary",
        "-----BEGIN SK CANARY-----sk-canary-----END SK CANARY-----",
        "-----BEGIN CERTIFICATE-----sk:canary-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----sk0canary000-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----sk0canary000-----END CERTIFICATE-----",
        "-----BEGIN RSA PRIVATE KEY-----Proc-Type: 4,ENCRYPTED canary-----END RSA PRIVATE KEY-----",
    ],
)
def test_no_error_holds_what_was_read(check: Callable[[str], object], shape: Callable[[str], str], text: str) -> None:
    problem = problem_of(check, shape(text))
    if problem:
        assert (problem.__context__, problem.__cause__) == (None, None)
        assert "canary" not in "".join(traceback.format_exception(problem)).casefold()


def test_cryptography_waits_until_it_is_needed() -> None:
    program = "import sys, connectory.certificates; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

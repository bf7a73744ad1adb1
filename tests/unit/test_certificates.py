"""Certificates and keys are read and judged, and what is wrong is said without quoting them."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, x25519

from connectory.certificates import (
    Facts,
    certificates_in,
    chain_in,
    chain_of,
    check_pair,
    check_private_key,
    expiry_problem,
    facts_of,
    private_key_of,
)
from connectory.pem import Unusable, pem_of
from tests.unit.pem_texts import (
    BAGS,
    BUNDLE,
    EC,
    FIRST,
    KEY,
    KEYS,
    LAST,
    LEGACY_ENCRYPTED,
    PARAMETERS,
    RSA,
    RSA_CERTIFICATE,
    TRADITIONAL,
    certified,
    in_base64,
    written,
)


def facts(common_name: str) -> Facts:
    name = f"CN={common_name},O=Ours,C=DE"
    return Facts(subject=name, issuer=name, not_before=FIRST, not_after=LAST)


def test_all_certificates_are_read_in_their_order() -> None:
    assert certificates_in(in_base64(BUNDLE)) == (facts("client"), facts("issuer"))
    assert facts_of(BUNDLE) == facts("client")


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

"""TLS contexts are as the settings say, are kept by content, and no key of theirs is ever written to a file."""

from __future__ import annotations

import dataclasses
import gc
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from connectory.engine import tls
from connectory.errors import CertificateUnusable, SecretUnavailable, TrustUnavailable
from connectory.pem import Unusable
from connectory.secret import Secret
from connectory.tls import TLSSettings
from tests.environments import context_of, default_trust

EXPIRES = datetime(2051, 5, 1, 12, tzinfo=UTC)
AUTHORITY = trustme.CA(key_type=trustme.KeyType.ECDSA)
OTHER_AUTHORITY = trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def pem_of_ca(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def identity(authority: trustme.CA = AUTHORITY, **arguments: Any) -> tuple[str, str]:
    """A client certificate with those that issued it, and its key."""
    leaf = authority.issue_cert("client", **arguments)
    return "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems), leaf.private_key_pem.bytes().decode()


CERTIFICATE, KEY = identity(not_after=EXPIRES)
PKI = TLSSettings(certificate=Secret(CERTIFICATE), private_key=Secret(KEY))
PRIVATE_CA = TLSSettings(ca=Secret(pem_of_ca(AUTHORITY)))


def encrypted(key: str) -> str:
    loaded = load_pem_private_key(key.encode(), password=None)
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


def trusted_by(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]


@pytest.mark.parametrize(
    "settings",
    [
        TLSSettings(),
        TLSSettings(verification="full"),
        TLSSettings(minimum_version="1.2"),
        TLSSettings(ca_mode="add"),
    ],
)
def test_settings_that_say_nothing_give_the_same_context(settings: TLSSettings) -> None:
    assert context_of(settings) is default_trust()


@pytest.mark.parametrize(
    ("verification", "mode", "names"),
    [
        (None, ssl.CERT_REQUIRED, True),
        ("full", ssl.CERT_REQUIRED, True),
        ("certificate", ssl.CERT_REQUIRED, False),
        ("none", ssl.CERT_NONE, False),
    ],
)
@pytest.mark.parametrize("settings", [TLSSettings(), PKI, PRIVATE_CA])
def test_modes_of_verification(
    settings: TLSSettings, verification: str | None, mode: ssl.VerifyMode, names: bool
) -> None:
    context = context_of(dataclasses.replace(settings, verification=verification))
    assert (context.verify_mode, context.check_hostname) == (mode, names)


def test_minimum_version() -> None:
    oldest = [context_of(TLSSettings(minimum_version=version)).minimum_version for version in ("1.2", "1.3")]
    assert oldest == [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("variable", [None, "SSL_CERT_FILE"])
@pytest.mark.parametrize("ca_mode", ["replace", "add"])
@pytest.mark.parametrize("ca", [None, pem_of_ca(OTHER_AUTHORITY)])
def test_certificates_are_judged_alike_whatever_the_trust_is_made_of(
    ca: str | None, ca_mode: str, variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    flags = context_of(TLSSettings(ca=Secret(ca) if ca else None, ca_mode=ca_mode)).verify_flags
    assert (ssl.VERIFY_X509_PARTIAL_CHAIN in flags, ssl.VERIFY_X509_STRICT in flags) == (True, False)


def test_ca_takes_the_place_of_the_system_or_is_added_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text(pem_of_ca(AUTHORITY) + pem_of_ca(trustme.CA()))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    settings = TLSSettings(ca=Secret(pem_of_ca(OTHER_AUTHORITY)))
    modes = [context_of(dataclasses.replace(settings, ca_mode=mode)) for mode in ("replace", "add")]
    assert [trusted_by(context) for context in [default_trust(), *modes]] == [2, 1, 3]


def test_same_content_gives_the_same_context() -> None:
    assert context_of(PKI) is context_of(TLSSettings(certificate=Secret(CERTIFICATE), private_key=Secret(KEY)))


def test_other_content_gives_another_context() -> None:
    certificate, key = identity()
    others = [
        PKI,
        TLSSettings(certificate=Secret(certificate), private_key=Secret(key)),
        dataclasses.replace(PKI, verification="certificate"),
        dataclasses.replace(PKI, minimum_version="1.3"),
        dataclasses.replace(PKI, ca=PRIVATE_CA.ca),
        dataclasses.replace(PKI, ca=PRIVATE_CA.ca, ca_mode="add"),
        PRIVATE_CA,
    ]
    assert len({id(context_of(settings)) for settings in others}) == len(others)


def test_file_that_changed_gives_another_context(tmp_path: Path) -> None:
    settings = TLSSettings(
        certificate=Secret.file(str(tmp_path / "tls.crt")), private_key=Secret.file(str(tmp_path / "tls.key"))
    )
    contexts = []
    for certificate, key in (identity(), identity()):
        (tmp_path / "tls.crt").write_text(certificate)
        (tmp_path / "tls.key").write_text(key)
        contexts += [context_of(settings), context_of(settings)]
    assert [context is contexts[0] for context in contexts] == [True, True, False, False]
    assert contexts[2] is contexts[3]


def test_variable_that_changed_gives_another_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    before, with_certificate = default_trust(), context_of(PKI)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert default_trust() is default_trust() is not before
    assert context_of(PKI) is not with_certificate
    monkeypatch.delenv("SSL_CERT_FILE")
    assert default_trust() is before


def test_file_of_a_variable_that_was_written_anew_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "ca.pem"
    OTHER_AUTHORITY.cert_pem.write_to_path(str(place))
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    before = default_trust()
    AUTHORITY.cert_pem.write_to_path(str(place))
    assert default_trust() is default_trust() is not before


def test_threads_that_ask_at_once_get_the_same_context() -> None:
    settings = TLSSettings(ca=Secret(pem_of_ca(trustme.CA())))
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return id(context_of(settings))

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1


def test_contexts_that_nobody_asks_for_are_let_go() -> None:
    kept = tls._Contexts()
    first = tls._Made(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), None)
    second = dataclasses.replace(first)
    kept.keep(b"first", first)
    kept.keep(b"second", second)
    for number in range(tls._KEPT - 1):
        assert kept.get(b"first") is first
        kept.keep(str(number).encode(), first)
    assert (kept.get(b"first"), kept.get(b"second")) == (first, None)


def test_no_key_is_kept_beside_its_context() -> None:
    certificate, key = identity()
    context_of(TLSSettings(certificate=Secret(certificate), private_key=Secret(key)))
    line = key.splitlines()[1]
    assert not [item for item in reachable(tls._contexts) if isinstance(item, str | bytes) and line in str(item)]


def reachable(start: object) -> list[object]:
    found, queue = {id(start): start}, [start]
    while queue:
        for item in gc.get_referents(queue.pop()):
            if id(item) not in found and not isinstance(item, type | type(sys)):
                found[id(item)] = item
                queue.append(item)
    return list(found.values())


def test_child_of_a_fork_makes_contexts_though_the_parent_was_making_one() -> None:
    program = """
import os
from connectory.engine import tls
from connectory.transport import Trust
with tls._contexts._lock:
    child = os.fork()
    if not child:
        os._exit(tls.context_of(Trust()) is None)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == "0\n"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_trust_that_cannot_be_read_is_an_error(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/nowhere/at/all")
    if variable == "SSL_CERT_FILE":
        for settings in (TLSSettings(), PKI, dataclasses.replace(PRIVATE_CA, ca_mode="add")):
            with pytest.raises(TrustUnavailable, match=f"/nowhere/at/all, which {variable} names"):
                context_of(settings)
    context_of(PRIVATE_CA)
    context_of(TLSSettings(verification="none"))


def test_reference_that_leads_nowhere_is_the_secrets_own_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    for settings in (TLSSettings(ca=Secret.file(missing)), dataclasses.replace(PKI, private_key=Secret.file(missing))):
        with pytest.raises(SecretUnavailable, match="no such file"):
            context_of(settings)


FOREIGN, FOREIGN_KEY = identity()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (TLSSettings(ca=Secret("sk-canary")), "`tls.ca` cannot be used: it is no PEM: `-----BEGIN` is missing."),
        (
            TLSSettings(ca=Secret(KEY)),
            "`tls.ca` cannot be used: it holds a private key, where only certificates belong.",
        ),
        (
            TLSSettings(ca=Secret(CERTIFICATE.replace("MII", "MIJ", 1))),
            "`tls.ca` cannot be used: it holds a certificate that cannot be read: it is damaged or cut short.",
        ),
        (
            dataclasses.replace(PKI, certificate=Secret(KEY)),
            "`tls.certificate` cannot be used: it holds a private key, where certificates belong.",
        ),
        (
            dataclasses.replace(PKI, private_key=Secret(FOREIGN_KEY)),
            "`tls.private_key` cannot be used: it does not belong to the certificate.",
        ),
        (
            dataclasses.replace(PKI, certificate=Secret(FOREIGN + CERTIFICATE)),
            "`tls.private_key` cannot be used: it belongs to another certificate than the first one: the bundle must "
            "begin with the certificate of the key, and those that issued it come after.",
        ),
        (
            dataclasses.replace(PKI, private_key=Secret(encrypted(KEY))),
            "`tls.private_key` cannot be used: it is encrypted: "
            "`openssl pkey -in KEY -out PLAIN` takes the pass phrase away.",
        ),
        (
            dataclasses.replace(PKI, private_key=None),
            "`tls.private_key` cannot be used: it is missing, and the certificate is of no use without it.",
        ),
        (
            dataclasses.replace(PKI, certificate=None),
            "`tls.certificate` cannot be used: it is missing, and the private key is of no use without it.",
        ),
    ],
)
def test_what_cannot_be_used_is_an_error_that_names_its_place(settings: TLSSettings, text: str) -> None:
    with pytest.raises(CertificateUnusable) as caught:
        context_of(settings)
    assert str(caught.value) == text
    assert caught.value.__cause__ is None or caught.value.__cause__.__context__ is None


def short_identity() -> tuple[str, str]:
    """Of a kind that trustme does not make."""
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(EXPIRES)
    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
    return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_key_that_openssl_finds_too_short_is_an_error() -> None:
    certificate, key = short_identity()
    with pytest.raises(CertificateUnusable, match="it is refused by OpenSSL: ee key too small") as caught:
        context_of(TLSSettings(certificate=Secret(certificate), private_key=Secret(key)))
    assert caught.value.place == "tls.certificate"


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (EXPIRES + timedelta(seconds=1), "it expired on 2051-05-01."),
        (datetime(1999, 1, 1, tzinfo=UTC), "it is valid only from "),
    ],
)
def test_certificate_out_of_date_fails_its_use(now: datetime, text: str) -> None:
    with pytest.raises(CertificateUnusable, match=text) as caught:
        context_of(PKI, now=now.timestamp())
    assert caught.value.place == "tls.certificate"


def test_certificate_that_expires_while_it_is_kept_fails_its_next_use() -> None:
    context_of(PKI, now=EXPIRES.timestamp())
    with pytest.raises(CertificateUnusable):
        context_of(PKI, now=EXPIRES.timestamp() + 1)


def test_out_of_date_is_judged_by_the_clock() -> None:
    certificate, key = identity(not_after=datetime(2020, 1, 1, tzinfo=UTC), not_before=datetime(2019, 1, 1, tzinfo=UTC))
    with pytest.raises(CertificateUnusable, match="expired on 2020-01-01"):
        context_of(TLSSettings(certificate=Secret(certificate), private_key=Secret(key)))


def test_certificate_and_key_may_be_one_file() -> None:
    combined = Secret(KEY + CERTIFICATE)
    context_of(TLSSettings(certificate=combined, private_key=combined))


def test_no_descriptor_is_left_open() -> None:
    before = descriptors()
    certificate, key = identity()
    context_of(TLSSettings(certificate=Secret(certificate), private_key=Secret(key)))
    assert descriptors() == before


def descriptors() -> list[str]:
    try:
        return os.listdir("/proc/self/fd")
    except FileNotFoundError:
        pytest.skip("this system does not list a process's descriptors")


def test_folder_of_systems_without_files_in_memory_is_private_and_gone_at_once() -> None:
    with tls._in_private_folder(Secret(KEY + CERTIFICATE)) as path:
        modes = [oct(Path(place).stat().st_mode & 0o777) for place in (path, os.path.dirname(path))]
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path)
    assert modes == ["0o600", "0o700"]
    assert not os.path.exists(os.path.dirname(path))


def test_nothing_asks_for_a_pass_phrase_on_a_terminal() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(Unusable, match="the private key is encrypted"):
        tls._load(context, Secret(encrypted(KEY) + CERTIFICATE))


USING_A_KEY = """
import json, os, sys
opened = []
def listen(event, arguments):
    if event == "open" and arguments[2] is not None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        opened.append(str(arguments[0]))
from connectory.engine.tls import context_of
from connectory.secret import Secret
from connectory.tls import TLSSettings
from tests.environments import context_of, default_trust
pem = Secret(sys.stdin.read())
sys.addaudithook(listen)
context_of(TLSSettings(certificate=pem, private_key=pem, verification="none"))
print(json.dumps(opened))
"""
only_linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")


def using_a_key(*tracer: str) -> str:
    command = [*tracer, sys.executable, "-B", "-c", USING_A_KEY]
    ended = subprocess.run(command, input=KEY + CERTIFICATE, capture_output=True, text=True, timeout=60, check=True)
    return ended.stdout


@only_linux
def test_python_opens_no_file_for_writing() -> None:
    opened = using_a_key()
    assert re.fullmatch(r'\["\d+"\]\n', opened), opened


@only_linux
def test_no_key_is_written_anywhere_but_to_memory(tmp_path: Path) -> None:
    if not can_trace():
        pytest.skip("strace cannot be used here")
    calls = "trace=openat,open,creat,write,pwrite64,writev,memfd_create"
    using_a_key("strace", "-f", "-s", "4096", "-e", calls, "-o", str(tmp_path / "calls"))
    traced = [line.split(" ", 1)[1].strip() for line in (tmp_path / "calls").read_text().splitlines()]
    made = [re.search(r"= (\d+)$", call) for call in traced if call.startswith("memfd_create")]
    assert len(made) == 1
    assert made[0]
    assert [call for call in traced if re.search("O_WRONLY|O_RDWR|O_CREAT|^creat", call)] == []
    holding = [call for call in traced if "PRIVATE KEY" in call and re.match("write|pwrite64|writev", call)]
    assert [call.startswith(f"write({made[0][1]}, ") for call in holding] == [True]


def can_trace() -> bool:
    strace = shutil.which("strace")
    return bool(strace) and subprocess.run([str(strace), "true"], capture_output=True, check=False).returncode == 0

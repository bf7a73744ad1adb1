"""`tls` and `network` of a document: certificates in every form, whose they may be, and the way through a proxy."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any

import pytest

from connectory.connection import Connection
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects import own
from connectory.errors import DocumentError, Problem
from connectory.secret import Secret
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings
from tests.unit.problems import problems
from tests.upstream.pki import Pki

OTHER = {"provider": "other", "url": "https://llm.example.com/v1"}
X509 = {"kind": "x509_workload_identity", "identity_provider_id": "i", "service_account_id": "s"}


def read(**document: Any) -> Connection:
    return own.read("case", {**OTHER, **document})


def with_tls(**tls: Any) -> Connection:
    return read(tls=tls)


def with_key(**document: Any) -> Connection:
    return read(credential={"api_key": "k"}, **document)


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("form", [str, base64_of, lambda pem: pem.replace("\n", " "), lambda pem: pem * 2])
def test_certificates_are_pem_or_base64_of_it_and_kept_as_given(pki: Pki, form: Any) -> None:
    certificate, key, ca = form(pki.client_ec.pem), base64_of(pki.client_ec.key_pem), form(pki.root.pem)
    given = with_tls(certificate=certificate, private_key=key, ca=ca)
    assert given.tls == TLSSettings(certificate=Secret(certificate), private_key=Secret(key), ca=Secret(ca))
    assert own.read("case", own.write(given)) == given


@pytest.mark.parametrize("who", ["client_rsa", "client_ec", "client_ed25519"])
def test_keys_may_be_of_every_usual_kind(pki: Pki, who: str) -> None:
    client = getattr(pki, who)
    assert with_tls(certificate=client.pem, private_key=client.key_pem).tls.private_key == Secret(client.key_pem)


def test_an_expired_certificate_is_read(pki: Pki) -> None:
    client = pki.client_expired
    assert with_tls(certificate=client.pem, private_key=client.key_pem).warnings == ()


@pytest.mark.parametrize("credential", [None, "", {}, {"kind": "api_key"}, {"kind": None, "api_key": ""}])
def test_a_client_certificate_takes_the_place_of_a_key(pki: Pki, credential: Any) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_ec.key_pem}
    assert read(tls=tls, credential=credential).credential == NoCredential()


def test_a_key_may_stand_beside_it(pki: Pki) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_ec.key_pem}
    assert with_key(tls=tls).credential == ApiKey(api_key=Secret("k"))
    assert read(tls=tls, client={"api_key": "k"}).credential == ApiKey(api_key=Secret("k"))


def test_a_ca_alone_takes_no_keys_place(pki: Pki) -> None:
    assert [path for path, _ in problems(lambda: with_tls(ca=pki.root.pem))] == ["credential.api_key"]
    assert with_key(tls={"ca": pki.root.pem}).tls.ca == Secret(pki.root.pem)


def test_certificate_and_key_want_each_other(pki: Pki) -> None:
    assert problems(lambda: with_tls(certificate=pki.client_ec.pem)) == [
        ("tls.private_key", "is required: `tls.certificate` stands here without it")
    ]
    assert problems(lambda: with_tls(private_key=pki.client_ec.key_pem)) == [
        ("tls.certificate", "is required: `tls.private_key` stands here without it")
    ]


@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_they_go_with_other_services_only(pki: Pki, provider: str) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_ec.key_pem}
    message = "goes with the provider `other` and with the credential `x509_workload_identity` only"
    assert problems(lambda: with_key(provider=provider, tls=tls)) == [
        ("tls.certificate", message),
        ("tls.private_key", message),
    ]


def test_and_with_an_identity_that_they_prove(pki: Pki) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_ec.key_pem}
    assert own.read("case", {"credential": X509, "tls": tls}).warnings == ()


def test_which_without_them_is_a_warning() -> None:
    assert own.read("case", {"credential": X509}).warnings == (
        Problem("tls.certificate", "is not given, so something on the way (a sidecar) has to show one"),
    )


def test_everything_that_cannot_be_used_is_told_at_its_place(pki: Pki) -> None:
    tls = {"certificate": "canary", "private_key": pki.client_ec.encrypted_key_pem("canary"), "ca": pki.root.key_pem}
    assert problems(lambda: read(tls=tls)) == [
        ("tls.certificate", "is no PEM: `-----BEGIN` is missing"),
        ("tls.private_key", "is encrypted: `openssl pkey -in KEY -out PLAIN` takes the pass phrase away"),
        ("tls.ca", "holds a private key, where only certificates belong"),
    ]


def test_a_key_of_another_certificate_is_told_at_the_key(pki: Pki) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_rsa.key_pem}
    assert problems(lambda: read(tls=tls)) == [("tls.private_key", "does not belong to the certificate")]


def test_what_is_kept_elsewhere_is_not_read() -> None:
    tls = {"certificate": {"file": "/no/cert"}, "private_key": {"env": "NO_KEY"}, "ca": {"file": "/no/ca"}}
    assert read(tls=tls).tls == TLSSettings(
        certificate=Secret.file("/no/cert"), private_key=Secret.env("NO_KEY"), ca=Secret.file("/no/ca")
    )


def test_a_public_document_shows_no_certificate_and_every_reference(pki: Pki) -> None:
    document = {
        "certificate": pki.client_ec.pem,
        "private_key": {"env": "KEY"},
        "ca": {"file": "/ca.pem"},
        "verification": "none",
    }
    given = with_tls(**document)
    del document["certificate"]
    assert own.write(given, public=True)["tls"] == document
    assert "BEGIN" not in repr(given)


@pytest.mark.parametrize("version", [1.2, "1.2", None, ""])
def test_yaml_takes_a_version_for_a_number(version: Any) -> None:
    assert with_key(tls={"minimum_version": version}) == with_key()


def test_a_version_that_is_not_spoken_is_refused() -> None:
    assert problems(lambda: with_key(tls={"minimum_version": 1.1})) == [
        ("tls.minimum_version", "this is not one of the choices; known: `1.2`, `1.3`")
    ]


def test_without_pem_text_nothing_heavy_is_imported() -> None:
    program = """
import sys
from connectory.dialects import airflow, kibana, own
own.read("a", {"credential": {"api_key": "k"}, "tls": {"verification": "none", "ca": {"file": "/ca"}}})
airflow.read("a", "openai://:k@")
kibana.read("a", {"name": "n", "actionTypeId": ".gen-ai", "secrets": {"apiKey": "k"},
                  "config": {"apiProvider": "OpenAI", "apiUrl": "https://h/v1"}})
print([name for name in ("cryptography", "openai", "httpx2", "ssl", "asyncio") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("network", "read_as"),
    [
        ({"proxy": "default"}, {}),
        ({"proxy": None}, {}),
        ({"proxy": "none"}, {"proxy": "none"}),
        ({"proxy": "http://proxy"}, {"proxy": "http://proxy"}),
        ({"proxy": "https://proxy:3128/"}, {"proxy": "https://proxy:3128/"}),
        (
            {"proxy": "http://us%40er:p%3Ass@[::1]:3128"},
            {"proxy": "http://[::1]:3128", "proxy_username": Secret("us@er"), "proxy_password": Secret("p:ss")},
        ),
        ({"proxy": "http://user@p"}, {"proxy": "http://p", "proxy_username": Secret("user")}),
        ({"proxy": "http://:pw@p"}, {"proxy": "http://p", "proxy_password": Secret("pw")}),
        (
            {"proxy": "http://user:pw@p", "proxy_password": {"env": "PW"}, "proxy_username": ""},
            {"proxy": "http://p", "proxy_username": Secret("user"), "proxy_password": Secret.env("PW")},
        ),
        ({"proxy_username": "user"}, {"proxy_username": Secret("user")}),
    ],
)
def test_a_proxy_is_a_word_or_a_url_without_secrets(network: dict[str, Any], read_as: dict[str, Any]) -> None:
    given = with_key(network=network)
    assert given.network == NetworkSettings(**read_as)
    assert own.read("case", own.write(given)) == given


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("proxy:3128", "must begin with `http://` or `https://`; `default` and `none` are taken too"),
        ("None", "must begin with `http://` or `https://`; `default` and `none` are taken too"),
        ("socks5://user:canary@p", "is a SOCKS proxy: HTTP proxies only can be used"),
        ("socks5h://p", "is a SOCKS proxy: HTTP proxies only can be used"),
        ("http://p/path", "has a path or a query, and a proxy has neither"),
        ("http://u:canary@p?a=b", "has a path or a query, and a proxy has neither"),
        ("http://", "has no host"),
        ("http://u:canary@", "has no host"),
        ("http://p:99999", "is no URL: its host or port cannot be read"),
        ("http://u:can/ary@p", "is no URL: its host or port cannot be read"),
        ("http://u:can\nary@p", "has a blank, a line break or a control character in it"),
    ],
)
def test_another_one_is_refused(proxy: str, message: str) -> None:
    assert problems(lambda: with_key(network={"proxy": proxy})) == [("network.proxy", message)]


def test_what_stands_in_the_url_is_judged_there() -> None:
    assert problems(lambda: with_key(network={"proxy": 1, "proxy_username": 1})) == [
        ("network.proxy", "must be text, not a number"),
        ("network.proxy_username", "must be text, `{env: NAME}` or `{file: PATH}`"),
    ]


def test_tls_that_has_no_effect_is_warned_of() -> None:
    read = own.read(
        "case",
        {"provider": "other", "url": "http://h/v1", "credential": {"api_key": "k"}, "tls": {"verification": "full"}},
    )
    assert [warning.path for warning in read.warnings] == ["tls"]


@pytest.mark.parametrize("version", [10**400, 1.3, "1.3", 2])
def test_a_version_may_be_any_number(version: object) -> None:
    document = {
        "provider": "other",
        "url": "https://h/v1",
        "credential": {"api_key": "k"},
        "tls": {"minimum_version": version},
    }
    if version in (1.3, "1.3"):
        assert own.read("case", document).tls.minimum_version == "1.3"
    else:
        with pytest.raises(DocumentError):
            own.read("case", document)


@pytest.mark.parametrize("url", ["http://sts.example.com/oauth/token", "http://10.0.0.1/oauth/token"])
def test_a_workloads_token_is_not_sent_in_clear(url: str) -> None:
    identity = {
        "kind": "workload_identity",
        "identity_provider_id": "i",
        "service_account_id": "s",
        "source": {"kind": "gcp"},
        "exchange_url": url,
    }
    with pytest.raises(DocumentError, match="a secret is sent there"):
        own.read("case", {"credential": identity})

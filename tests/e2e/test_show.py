"""connectory connection show and list: what there is to know of a certificate and of a token's source."""

from __future__ import annotations

import base64

import pytest

from tests.e2e.shell import Shell
from tests.upstream import Pki

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def knows(shell: Shell, pki: Pki, client: str) -> None:
    identity = getattr(pki, client)
    certificate = base64.b64encode(identity.chain_pem.encode()).decode()
    tls = {"certificate": certificate, "private_key": identity.key_pem, "ca": pki.root.pem}
    shell.knows("llm", provider="other", url="https://127.0.0.1:1/v1", tls=tls)


def test_a_certificate_has_a_subject_an_issuer_and_an_end(shell: Shell, pki: Pki) -> None:
    knows(shell, pki, "client_ec")
    ran = shell("connection", "show", "llm")
    end = pki.client_ec.certificate.not_valid_after_utc
    line = next(line for line in ran.out.splitlines() if line.startswith("tls.certificate is of"))
    assert (ran.code, ran.err) == (0, "")
    assert line.split(maxsplit=3)[3] == f"CN=client-ec, issued by CN=Test Client Root, expires {end:%Y-%m-%d}"


def test_machines_read_the_same(shell: Shell, pki: Pki) -> None:
    knows(shell, pki, "client_ec")
    shown = shell("connection", "show", "llm", "--json").json()
    assert shown["certificates"]["tls.certificate"] == {
        "subject": "CN=client-ec",
        "issuer": "CN=Test Client Root",
        "expires": pki.client_ec.certificate.not_valid_after_utc.isoformat(),
    }
    assert shown["certificates"].keys() == {"tls.certificate", "tls.ca"}


def test_a_private_key_is_never_shown(shell: Shell, pki: Pki) -> None:
    knows(shell, pki, "client_rsa")
    said = "".join(shell("connection", "show", "llm", *json).out for json in ([], ["--json"]))
    assert not any(line in said for line in pki.client_rsa.key_pem.splitlines()[1:-1])


def test_an_expired_certificate_is_warned_of(shell: Shell, pki: Pki) -> None:
    knows(shell, pki, "client_expired")
    assert "warning: tls.certificate: expired on" in shell("connection", "show", "llm").out
    [listed] = shell("connection", "list", "--json").json()
    assert listed["warnings"][0].startswith("tls.certificate: expired on")
    assert shell("chat", "llm", "Hello").code == 5


def test_a_certificate_that_ends_soon_is_warned_of(shell: Shell, pki: Pki) -> None:
    knows(shell, pki, "client_ending")
    told = f"tls.certificate: expires on {pki.client_ending.certificate.not_valid_after_utc:%Y-%m-%d}, in 9 days"
    assert f"warning: {told}: renew it" in shell("connection", "show", "llm").out
    [listed] = shell("connection", "list", "--json").json()
    assert listed["warnings"] == [f"{told}: renew it"]


def test_the_operators_table_of_models_counts(shell: Shell) -> None:
    (shell.home / "models.yml").write_text("models: [{id: new, default: true}, {id: old, shutdown: 2020-01-31}]")
    (shell.home / "connectory.yml").write_text("connectory.usage.models: models.yml")
    shell.knows("llm", model="old", credential={"api_key": "k"})
    told = "model: `old` was shut down on 2020-01-31: take another, `new` say"
    assert f"warning: {told}" in shell("connection", "show", "llm").out
    [listed] = shell("connection", "list", "--json").json()
    assert listed["warnings"] == [told]
    tested = shell("connection", "test", "llm", "--json").json()
    assert (tested["stages"][0]["state"], tested["stages"][0]["seen"]) == ("warning", told)


def test_a_table_of_models_that_is_none_is_told(shell: Shell) -> None:
    (shell.home / "models.yml").write_text("models: [{id: old, shutdown: soon}]")
    (shell.home / "connectory.yml").write_text("connectory.usage.models: models.yml")
    shell.knows("llm", credential={"api_key": "k"})
    ran = shell("connection", "list")
    assert ran.code == 3
    assert "models.0.shutdown: must be a day" in ran.err


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ({"kind": "kubernetes"}, "the file /var/run/secrets/kubernetes.io/serviceaccount/token"),
        ({"kind": "kubernetes", "token_file_path": "/run/token"}, "the file /run/token"),
        ({"kind": "custom", "token_provider": "no_such.module.function"}, "the function no_such.module.function"),
    ],
)
def test_a_token_source_says_where_it_reads(shell: Shell, source: dict[str, str], reads: str) -> None:
    ids = {"identity_provider_id": "idp-123", "service_account_id": "sa-456"}
    shell.knows("pod", credential={"kind": "workload_identity", **ids, "source": source})
    assert reads in shell("connection", "show", "pod").out
    assert shell("connection", "show", "pod", "--json").json()["token_source"].startswith(reads)


def test_a_key_in_a_file_that_does_not_belong_is_warned_of(shell: Shell, pki: Pki) -> None:
    for name, text in (("cert", pki.client_ec.chain_pem), ("key", pki.client_rsa.key_pem)):
        (shell.home / name).write_text(text)
    tls = {"certificate": {"file": str(shell.home / "cert")}, "private_key": {"file": str(shell.home / "key")}}
    shell.knows("llm", provider="other", url="https://127.0.0.1:1/v1", tls=tls)
    told = "tls.private_key: does not belong to the certificate"
    assert told in shell("connection", "show", "llm").out
    [listed] = shell("connection", "list", "--json").json()
    assert listed["warnings"] == [told]

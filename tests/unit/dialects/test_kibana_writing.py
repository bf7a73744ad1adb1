"""Connections in Elastic's words: what is written, where secrets stand, and what is told of what cannot be said."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectory.connection import Connection
from connectory.dialects import configuration, kibana, own
from connectory.dialects.kept import together
from connectory.errors import DialectError
from connectory.secret import Secret
from tests.unit.problems import problems
from tests.upstream.pki import Pki

URL = "https://api.openai.com/v1/chat/completions"
KEY = "sk-proj-canary-0123456789"


def connection(**settings: Any) -> Connection:
    plain = {"name": "n", "url": URL, "model": "m", "credential": {"api_key": "k"}}
    return own.read("case", {**plain, **settings})


def written(**settings: Any) -> dict[str, Any]:
    """What is written, which has to read as the same."""
    given = connection(**settings)
    entry = kibana.write(given)
    assert kibana.read("case", json.loads(json.dumps(entry))) == given
    return entry


def refused(**settings: Any) -> dict[str, str]:
    return dict(problems(lambda: kibana.write(connection(**settings))))


def test_a_connection_that_needs_nothing_of_ours_is_what_kibana_takes() -> None:
    assert written(headers={"X-Team": "a"}, credential={"api_key": "k", "organization": "o", "project": "p"}) == {
        "name": "n",
        "actionTypeId": ".gen-ai",
        "config": {
            "apiProvider": "OpenAI",
            "apiUrl": URL,
            "defaultModel": "m",
            "headers": {"X-Team": "a"},
            "organizationId": "o",
            "projectId": "p",
        },
        "secrets": {"apiKey": "k"},
    }


@pytest.mark.parametrize(("provider", "word"), [("openai", "OpenAI"), ("azure", "Azure OpenAI"), ("other", "Other")])
def test_every_provider_has_its_word(provider: str, word: str) -> None:
    url = "https://h.example.com/v1/chat/completions"
    assert written(provider=provider, url=url)["config"] == {"apiProvider": word, "apiUrl": url, "defaultModel": "m"}


def test_azure_may_go_without_a_model() -> None:
    assert "defaultModel" not in written(provider="azure", model=None)["config"]


def test_the_name_is_the_id_where_there_is_no_other() -> None:
    assert written(name="")["name"] == "case"


def test_a_url_that_is_posted_to_as_it_stands() -> None:
    url = "https://h/generate"
    assert written(provider="other", url=url, endpoint=url)["config"]["apiUrl"] == url


def test_secrets_stand_in_secrets_alone() -> None:
    entry = written(
        headers={"Authorization": KEY, "X-Tenant": {"secret": KEY}, "X-Team": "a"},
        client={
            "max_retries": 3,
            "admin_api_key": KEY,
            "webhook_secret": KEY,
            "default_headers": {"Cookie": KEY, "A": "b"},
            "default_query": {"api_key": KEY, "v": 1},
        },
        credential={"api_key": KEY},
    )
    assert entry["config"]["openai_client_kwargs"] == {
        "max_retries": 3,
        "default_headers": {"A": "b"},
        "default_query": {"v": 1},
    }
    assert entry["secrets"] == {
        "apiKey": KEY,
        "secretHeaders": {"Authorization": KEY, "X-Tenant": KEY},
        "openai_client_kwargs": {
            "admin_api_key": KEY,
            "webhook_secret": KEY,
            "default_headers": {"Cookie": KEY},
            "default_query": {"api_key": KEY},
        },
    }
    assert KEY not in json.dumps(entry["config"])


def test_a_reference_stays_what_it_is() -> None:
    entry = written(credential={"api_key": {"env": "KEY"}}, headers={"X-Tenant": {"file": "/t"}})
    assert entry["secrets"] == {"apiKey": {"env": "KEY"}, "secretHeaders": {"X-Tenant": {"file": "/t"}}}


def test_a_limit_that_is_none_is_said() -> None:
    assert written(client={"timeout": None})["config"]["openai_client_kwargs"] == {"timeout": None}


def test_another_credential_is_asked_for_by_its_flat_names() -> None:
    entra = {"kind": "entra", "tenant_id": "t", "client_id": "c", "client_secret": KEY}
    entry = written(provider="azure", credential=entra)
    assert entry["config"] | {"apiUrl": ""} == {
        "apiProvider": "Azure OpenAI",
        "apiUrl": "",
        "defaultModel": "m",
        "auth_type": "entra",
        "entra_tenant_id": "t",
        "entra_client_id": "c",
    }
    assert entry["secrets"] == {"entra_client_secret": KEY}


@pytest.mark.parametrize("mode", ["full", "certificate", "none"])
def test_certificates_are_base64_of_pem(pki: Pki, mode: str) -> None:
    tls = {"certificate": pki.client_ec.pem, "private_key": pki.client_ec.key_pem, "ca": pki.root.pem}
    entry = written(provider="other", credential={"kind": "none"}, tls={**tls, "verification": mode})
    assert entry["config"] == {"apiProvider": "Other", "apiUrl": URL, "defaultModel": "m", "verificationMode": mode}
    assert {key: base64.b64decode(text).decode() for key, text in entry["secrets"].items()} == {
        "certificateData": pki.client_ec.pem,
        "privateKeyData": pki.client_ec.key_pem,
        "caData": pki.root.pem,
    }


def test_a_certificate_in_another_form_becomes_plain_pem(pki: Pki) -> None:
    certificate, key = pki.client_ec.pem, pki.client_ec.key_pem
    tls = {"certificate": base64.b64encode(certificate.encode()).decode(), "private_key": key.replace("\n", "\\n")}
    given = connection(provider="other", credential={"kind": "none"}, tls={**tls, "verification": "full"})
    again = kibana.read("case", kibana.write(given)).tls
    assert (again.certificate, again.private_key) == (Secret(certificate), Secret(key))


def test_an_identity_by_certificate_takes_its_certificate_along() -> None:
    tls = {"certificate": {"file": "/c"}, "private_key": {"env": "K"}, "verification": "full"}
    ids = {"identity_provider_id": "i", "service_account_id": "s"}
    entry = written(credential={"kind": "x509_workload_identity", **ids}, tls=tls)
    assert entry["secrets"] == {"certificateData": {"file": "/c"}, "privateKeyData": {"env": "K"}}


def test_what_only_kibana_reads_is_written_back() -> None:
    left = {
        "contextWindowLength": 8000,
        "temperature": 0.5,
        "enableNativeFunctionCalling": False,
        "verificationMode": "none",
        "exposeConfig": True,
        "apiKey": KEY,
    }
    entry = written(provider="other", credential={"kind": "none"}, foreign={"kibana": left})
    shown = {key: value for key, value in left.items() if key not in ("exposeConfig", "apiKey")}
    assert (entry["config"].items() >= shown.items(), entry["exposeConfig"]) == (True, True)
    assert entry["secrets"] == {"apiKey": KEY}


NO_PLACE = "has no place in a connector"


@pytest.mark.parametrize(
    ("settings", "path", "told"),
    [
        ({"description": "d"}, "description", NO_PLACE),
        ({"labels": {"team": "a"}}, "labels.team", NO_PLACE),
        ({"model": None}, "model", "is left out: give the connection a model"),
        ({"model": None, "provider": "other"}, "model", "is left out: give the connection a model"),
        ({"url": "https://h/v1", "endpoint": "https://h/x"}, "endpoint", "cannot differ from `url` there"),
        ({"url": "https://h/generate"}, "endpoint", "cannot differ from `url` there"),
        ({"provider": "azure", "azure": {"api_version": "v"}}, "azure.api_version", f"{NO_PLACE}: put it into the URL"),
        ({"provider": "azure", "azure": {"deployments": {"a": "b"}}}, "azure.deployments.a", NO_PLACE),
        ({"network": {"proxy": "http://p:1"}}, "network.proxy", NO_PLACE),
        ({"network": {"proxy_password": "p"}}, "network.proxy_password", NO_PLACE),
        ({"tls": {"ca": {"file": "/ca"}}}, "tls.ca", "stands beside a client certificate there"),
        ({"tls": {"verification": "none"}}, "tls.verification", "stands beside a client certificate there"),
        ({"tls": {"minimum_version": "1.3"}}, "tls.minimum_version", NO_PLACE),
        ({"tls": {"ca_mode": "add"}}, "tls.ca_mode", NO_PLACE),
        (
            {"provider": "azure", "credential": {"api_key": "k", "organization": "o"}},
            "credential.organization",
            "goes with the provider `openai` only there: say it in `client.organization`",
        ),
        ({"foreign": {"airflow": {"extra.a": "1"}}}, "foreign.airflow.extra.a", f"{NO_PLACE}: it is Airflow's"),
        ({"foreign": {"kibana": {"color": "red"}}}, "foreign.kibana.color", "is nothing that this connector can say"),
        (
            {"foreign": {"kibana": {"enableNativeFunctionCalling": True}}},
            "foreign.kibana.enableNativeFunctionCalling",
            "is nothing that this connector can say",
        ),
        ({"foreign": {"kibana": {"verificationMode": "full"}}}, "foreign.kibana.verificationMode", "goes with the"),
        ({"foreign": {"kibana": {"exposeConfig": "x"}}}, "foreign.kibana.exposeConfig", "goes with `xpack.actions."),
        ({"foreign": {"kibana": {"apiKey": KEY}}}, "foreign.kibana.apiKey", "is nothing that this connector can say"),
        ({"credential": {"api_key": {"missing": True}}}, "credential.api_key", "is missing: give it first"),
        ({"headers": {"X-Tenant": {"missing": True}}}, "headers.X-Tenant", "is missing: give it first"),
    ],
)
def test_what_has_no_words_is_told_with_its_path(settings: dict[str, Any], path: str, told: str) -> None:
    [(place, message)] = refused(**settings).items()
    assert (place, message[: len(told)]) == (path, told)


def test_a_region_gives_way_to_a_url() -> None:
    assert set(refused(url=None, client={"data_residency": "eu"})) == {"url", "client.data_residency"}


def test_a_certificate_wants_its_mode_said() -> None:
    tls = {"certificate": {"file": "/c"}, "private_key": {"file": "/k"}}
    assert list(refused(provider="other", credential={"kind": "none"}, tls=tls)) == ["tls.verification"]


def test_all_of_it_is_told_at_once_and_without_a_secret() -> None:
    given = connection(description="d", model=None, network={"proxy_password": KEY}, headers={"X": {"missing": True}})
    with pytest.raises(DialectError) as caught:
        kibana.write(given)
    assert {problem.path for problem in caught.value.problems} == {
        "headers.X",
        "description",
        "model",
        "network.proxy_password",
    }
    assert KEY not in f"{caught.value!r} {caught.value}"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_secret_that_is_sealed_has_to_be_opened() -> None:
    document = together(own.write(connection(), public=True), {("credential", "api_key"): Secret.sealed("1a2b3c4d")})
    [(path, message)] = problems(lambda: kibana.write(own.read("case", document)))
    assert (path, message.startswith("is sealed with a master key that is not here")) == ("credential.api_key", True)


def test_in_public_no_secret_is_written_and_none_is_asked_for() -> None:
    missing = {"missing": True}
    given = connection(
        credential={"api_key": missing},
        headers={"X-Tenant": {"secret": KEY}, "X-Team": "a"},
        client={"admin_api_key": missing, "timeout": 3},
        network={"proxy_password": KEY},
    )
    assert kibana.write(given, public=True) == {
        "name": "n",
        "actionTypeId": ".gen-ai",
        "config": {
            "apiProvider": "OpenAI",
            "apiUrl": URL,
            "defaultModel": "m",
            "headers": {"X-Team": "a"},
            "openai_client_kwargs": {"timeout": 3.0},
        },
    }


def test_in_public_all_else_is_asked_for_all_the_same() -> None:
    given = connection(credential={"api_key": {"missing": True}}, description="d")
    assert [path for path, _ in problems(lambda: kibana.write(given, public=True))] == ["description"]


def test_space_and_the_operators_addresses_are_no_loss() -> None:
    plain = {"url": URL, "model": "m", "credential": {"api_key": "k"}}
    assert kibana.write(own.read("case", plain, space="s", source="there"))["name"] == "case"


def test_what_is_written_stands_in_a_kibana_yml(tmp_path: Path, pki: Pki) -> None:
    tls = {"certificate": pki.client_rsa.chain_pem, "private_key": pki.client_rsa.key_pem, "verification": "full"}
    given = [
        connection(
            headers={"X-Tenant": {"secret": "on"}},
            client={"timeout": {"connect": 1, "read": None, "write": 2, "pool": 3}},
        ),
        connection(provider="other", credential={"api_key": "no"}, tls=tls, foreign={"kibana": {"temperature": 0.5}}),
        connection(provider="azure", model=None, credential={"api_key": {"env": "K"}}, name="2026-01-01"),
        connection(
            credential={
                "kind": "workload_identity",
                "identity_provider_id": "1",
                "service_account_id": "~",
                "source": {"kind": "gcp", "audience": "a: b"},
            }
        ),
    ]
    entries = {f"c{number}": kibana.write(each) for number, each in enumerate(given)}
    file = tmp_path / "kibana.yml"
    file.write_text(yaml.safe_dump({"xpack": {"actions": {"preconfigured": entries}}}), encoding="utf-8")
    read = configuration.read(file)
    assert [own.write(read.connection(id)) for id in read.ids()] == [own.write(each) for each in given]

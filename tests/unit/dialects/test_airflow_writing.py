"""A connection in Airflow's words: what is written, so that Apache's provider understands it, and what cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectory.connection import Connection
from connectory.credential import IdentityEndpoints
from connectory.dialects import airflow, own
from connectory.errors import DialectError, Problem
from connectory.secret import Secret

KWARGS = "openai_client_kwargs"
ALL = {
    "name": "Ours",
    "description": "What for.",
    "labels": {"team": "a"},
    "provider": "azure",
    "url": "https://r.openai.azure.com/openai",
    "endpoint": "https://r.openai.azure.com/openai/x",
    "model": "m",
    "credential": {"api_key": "k"},
    "tls": {"verification": "certificate", "minimum_version": "1.3", "ca_mode": "add", "ca": {"file": "/ca.pem"}},
    "network": {"proxy": "http://proxy:3128", "proxy_username": "u", "proxy_password": {"env": "PROXY_PASSWORD"}},
    "headers": {"X-Team": "a", "X-Hidden": {"secret": "h"}},
    "azure": {"api_version": "V", "deployments": {"m": "d"}},
    "client": {"timeout": "10", "max_retries": "3"},
    "foreign": {"kibana": {"temperature": 0.5}},
}


def connection(**document: Any) -> Connection:
    return own.read("case", {"credential": {"api_key": "sk"}, **document})


def refusals(given: Connection) -> list[tuple[str, str]]:
    with pytest.raises(DialectError) as caught:
        airflow.write(given)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return [(problem.path, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, {"password": "sk"}),
        ({"url": "https://h/v1"}, {"host": "https://h/v1", "password": "sk"}),
        ({"description": "d"}, {"description": "d", "password": "sk"}),
        ({"name": "n"}, {"password": "sk", "extra": {"name": "n"}}),
        ({"client": {"timeout": None}}, {"password": "sk", "extra": {KWARGS: {"timeout": None}}}),
        ({"client": {"data_residency": "eu"}}, {"password": "sk", "extra": {KWARGS: {"data_residency": "eu"}}}),
        (
            {"provider": "other", "url": "https://h"},
            {"host": "https://h", "password": "sk", "extra": {"provider": "other"}},
        ),
    ],
)
def test_a_connection_with_a_key_says_no_more_than_it_has_to(document: Any, fields: dict[str, Any]) -> None:
    assert airflow.write(connection(**document)) == {"conn_type": "openai", **fields}


def test_every_part_of_our_document_has_a_place() -> None:
    given = own.read("case", ALL)
    written = airflow.write(given)
    assert airflow.read("case", json.loads(json.dumps(written))) == given
    assert written == {
        "conn_type": "openai",
        "description": "What for.",
        "host": "https://r.openai.azure.com/openai",
        "password": "k",
        "extra": {
            "provider": "azure",
            "model": "m",
            "endpoint": "https://r.openai.azure.com/openai/x",
            "headers": {"X-Team": "a", "X-Hidden": {"secret": "h"}},
            "labels": {"team": "a"},
            "azure_api_version": "V",
            "azure_deployments": {"m": "d"},
            "proxy": "http://proxy:3128",
            "proxy_username": "u",
            "proxy_password": {"env": "PROXY_PASSWORD"},
            "ca": {"file": "/ca.pem"},
            "ca_mode": "add",
            "verification_mode": "certificate",
            "minimum_version": "1.3",
            "name": "Ours",
            "foreign": {"kibana": {"temperature": 0.5}},
            "openai_client_kwargs": {"timeout": 10.0, "max_retries": 3},
        },
    }


@pytest.mark.parametrize(
    ("credential", "extra"),
    [
        ({"kind": "none"}, {"auth_type": "none"}),
        (
            {
                "kind": "workload_identity",
                "identity_provider_id": "i",
                "service_account_id": "s",
                "source": {"kind": "custom", "token_provider": "a.b", "token_type": "id"},
                "refresh_buffer_seconds": "60",
            },
            {
                "auth_type": "workload_identity",
                "identity_provider_id": "i",
                "service_account_id": "s",
                "workload_identity_provider": "custom",
                "token_provider": "a.b",
                "token_type": "id",
                "refresh_buffer_seconds": 60.0,
            },
        ),
        (
            {"kind": "x509_workload_identity", "identity_provider_id": "i", "service_account_id": "s"},
            {
                "openai_client_kwargs": {
                    "workload_identity": {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}
                }
            },
        ),
        (
            {
                "kind": "x509_workload_identity",
                "identity_provider_id": "i",
                "service_account_id": "s",
                "exchange_url": "https://e/token",
            },
            {
                "auth_type": "x509_workload_identity",
                "identity_provider_id": "i",
                "service_account_id": "s",
                "exchange_url": "https://e/token",
            },
        ),
    ],
)
def test_other_credentials_stand_in_the_extra_as_apaches_hook_has_them(
    credential: dict[str, Any], extra: dict[str, Any]
) -> None:
    assert airflow.write(connection(credential=credential)) == {"conn_type": "openai", "extra": extra}


def test_the_organization_of_a_key_is_told_to_apaches_client_too() -> None:
    given = connection(credential={"api_key": "sk", "organization": "o"}, client={"project": "p"})
    written = airflow.write(given)
    assert written["extra"] == {"organization": "o", "openai_client_kwargs": {"project": "p", "organization": "o"}}
    assert airflow.read("case", written) == given


def test_unless_the_client_has_another() -> None:
    given = connection(credential={"api_key": "sk", "organization": "o"}, client={"organization": "c"})
    written = airflow.write(given)
    assert written["extra"] == {"organization": "o", "openai_client_kwargs": {"organization": "c"}}
    assert airflow.read("case", written) == given


def test_the_same_one_twice_cannot_be_said() -> None:
    given = connection(credential={"api_key": "sk", "project": "p"}, client={"project": "p"})
    assert refusals(given) == [
        ("client.project", "is what `credential.project` says already; leave one of the two out")
    ]


def test_the_password_of_an_airflow_connection_can_be_no_reference() -> None:
    assert refusals(connection(credential={"api_key": {"env": "KEY"}})) == [
        (
            "credential.api_key",
            "is kept in a variable or a file, which the password of an Airflow connection cannot name; "
            "put the key itself here",
        )
    ]


def test_all_that_cannot_be_said_is_told_at_once() -> None:
    given = connection(
        credential={"api_key": {"missing": True}, "organization": "o"},
        client={"organization": "o", "admin_api_key": {"missing": True}},
        headers={"X-Token": {"missing": True}},
    )
    assert refusals(given) == [
        ("credential.api_key", "is missing: give it first"),
        ("headers.X-Token", "is missing: give it first"),
        ("client.admin_api_key", "is missing: give it first"),
        ("client.organization", "is what `credential.organization` says already; leave one of the two out"),
    ]


def test_a_sealed_secret_cannot_be_said() -> None:
    given = connection(credential={"api_key": Secret.sealed("1a2b3c4d")})
    assert refusals(given) == [
        ("credential.api_key", "is sealed with a master key that is not here: add that key first")
    ]


def test_space_and_the_operators_endpoints_are_no_matter_of_words() -> None:
    given = replace(connection(), space="team", identity_endpoints=IdentityEndpoints(exchange_url="https://e"))
    assert airflow.write(given) == {"conn_type": "openai", "password": "sk"}


def test_the_public_form_has_no_secret_and_is_never_refused() -> None:
    secret = "canary-0123456789"
    document = {
        **ALL,
        "credential": {"api_key": secret, "organization": "o"},
        "headers": {"X-Api-Key": secret, "X-Team": "a", "X-Token": {"missing": True}},
        "client": {"admin_api_key": secret, "default_headers": {"Cookie": secret}, "default_query": {"key": secret}},
        "foreign": {"airflow": {"extra.token": f'"{secret}"', "password": {"env": "OLD"}}},
    }
    written = airflow.write(own.read("case", document), public=True)
    assert secret not in json.dumps(written)
    assert (written.get("password"), written["extra"]["headers"]) == (None, {"X-Team": "a"})
    assert written["extra"]["proxy_password"] == {"env": "PROXY_PASSWORD"}
    assert written["extra"]["openai_client_kwargs"] == {"organization": "o"}


@pytest.mark.parametrize("key", [{"env": "KEY"}, {"missing": True}, Secret.sealed("1a2b3c4d")])
def test_nor_for_a_key_that_is_not_at_hand(key: Any) -> None:
    assert airflow.write(connection(credential={"api_key": key}), public=True) == {"conn_type": "openai"}


def test_a_description_may_stand_in_the_extra() -> None:
    given = airflow.read("case", {"password": "k", "extra": {"description": "d"}})
    assert (given.description, given.warnings) == ("d", ())


def test_a_wrong_one_is_told_where_it_stands() -> None:
    with pytest.raises(DialectError) as caught:
        airflow.require_sayable(connection(), {"password": "k", "extra": {"description": "sk-proj-0123456789abcdef"}})
    assert [problem.path for problem in caught.value.problems] == ["extra.description"]


def test_a_dialects_own_sentence_names_what_is_different() -> None:
    with pytest.raises(DialectError) as caught:
        airflow.require_sayable(connection(model="m"), {"password": "k"})
    assert caught.value.problems == (
        Problem("model", "cannot be said in Airflow's words"),
        Problem("credential.api_key", "cannot be said in Airflow's words"),
    )

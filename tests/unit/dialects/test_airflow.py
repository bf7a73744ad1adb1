"""Airflow's words beyond what was recorded: hosts, our keys in `extra`, and what is left alone with a warning."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from connectory.connection import Connection
from connectory.credentials.none import NoCredential
from connectory.credentials.x509_workload_identity import X509WorkloadIdentity
from connectory.dialects import airflow, own
from connectory.dialects.airflow_value import parse
from connectory.errors import DocumentError, Problem
from connectory.secret import Secret
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings, Timeouts
from tests.unit.problems import problems
from tests.upstream.pki import Pki

NO_SCHEME = Problem("host", "names no scheme; it is read with `https://` before it")
PORT_ALONE = Problem("port", "is left alone, for `host` names another")
SCHEMA_ALONE = Problem("schema", "is left alone, for `host` has a path")


def read(**fields: Any) -> Connection:
    return airflow.read("case", {"conn_type": "openai", "password": "k", **fields})


def extra(**keys: Any) -> Connection:
    return read(extra=keys)


@pytest.mark.parametrize(
    ("fields", "url", "warnings"),
    [
        ({"host": "https://h/v1"}, "https://h/v1", ()),
        ({"host": "https://h"}, "https://h", ()),
        ({"host": "h"}, "https://h", (NO_SCHEME,)),
        ({"host": "h/v1"}, "https://h/v1", (NO_SCHEME,)),
        ({"host": "localhost:11434/v1"}, "https://localhost:11434/v1", (NO_SCHEME,)),
        ({"host": "h", "schema": "http"}, "http://h", ()),
        ({"host": "h", "schema": "https", "port": 8443}, "https://h:8443", ()),
        ({"host": "h", "port": 8080, "schema": "v1"}, "https://h:8080/v1", (NO_SCHEME,)),
        ({"host": "https://h", "port": 8080, "schema": "/v1"}, "https://h:8080/v1", ()),
        ({"host": "https://h/", "port": "8080"}, "https://h:8080/", ()),
        ({"host": "https://h/v1", "port": 8443}, "https://h:8443/v1", ()),
        ({"host": "https://h/v1?api-version=V", "port": 8443}, "https://h:8443/v1?api-version=V", ()),
        ({"host": "https://h/v1", "schema": "v1"}, "https://h/v1", ()),
        ({"host": "https://h/v1", "schema": "v2"}, "https://h/v1", (SCHEMA_ALONE,)),
        ({"host": "https://h/v1", "schema": "https"}, "https://h/v1", ()),
        ({"host": "https://h:8443/v1", "port": 8443}, "https://h:8443/v1", ()),
        ({"host": "https://h:8443/v1", "port": 1}, "https://h:8443/v1", (PORT_ALONE,)),
        ({"host": "::1", "port": 8080}, "https://[::1]:8080", (NO_SCHEME,)),
        ({"host": "[::1]", "port": 8080}, "https://[::1]:8080", (NO_SCHEME,)),
        ({"host": "http://::1", "port": 8080, "schema": "v1"}, "http://[::1]:8080/v1", ()),
        ({"host": "https://h/v1", "port": 0}, "https://h/v1", ()),
        ({"host": ""}, "https://api.openai.com/v1", ()),
        ({"port": 8080, "schema": "v1"}, "https://api.openai.com/v1", ()),
    ],
)
def test_host_port_and_schema_are_one_url(fields: dict[str, Any], url: str, warnings: tuple[Problem, ...]) -> None:
    given = read(**fields)
    assert (given.url, given.warnings) == (url, warnings)


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("openai://:k@api.example.com:8080/v1", "https://api.example.com:8080/v1"),
        ("openai://https://:k@api.example.com:8443/v1", "https://api.example.com:8443/v1"),
        ("openai://http://:k@localhost:11434/v1", "http://localhost:11434/v1"),
        ("openai://:k@https%3A%2F%2FApi.Example.com%3A8443%2Fv1", "https://Api.Example.com:8443/v1"),
        ("openai://https://:k@Api.Example.com%3A8443%2Fv1", "https://Api.Example.com:8443/v1"),
        ("openai://:k@[::1]:8080", "https://[::1]:8080"),
        ("openai://http://:k@[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("OpenAI://:k@", "https://api.openai.com/v1"),
    ],
)
def test_uris_mean_what_they_look_like(uri: str, url: str) -> None:
    given = airflow.read("case", uri)
    assert (given.url, given.credential) == (url, read().credential)


@pytest.mark.parametrize("host", ["https://[::1", "[h]", "https://h:port", "1:2:3", "https://h:0", "http://"])
@pytest.mark.parametrize("more", [{}, {"port": 80}, {"schema": "v1"}])
def test_a_host_that_cannot_be_read_is_a_problem_of_the_host(host: str, more: dict[str, Any]) -> None:
    assert {path for path, _ in problems(lambda: read(host=host, **more))} == {"host"}


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("eighty", "must be a number, not text"),
        (80.5, "must be a whole number"),
        (True, "must be a number, not true or false"),
        (-1, "must be from 1 to 65535"),
        (70000, "must be from 1 to 65535"),
        ([], "must be a number, not a list"),
    ],
)
def test_a_port_that_is_none_is_refused(port: Any, message: str) -> None:
    assert problems(lambda: read(host="h", port=port)) == [("port", message)]


@pytest.mark.parametrize("kwargs", [{"api_key": "sk"}, json.dumps({"api_key": "sk"})])
def test_the_clients_key_wins_over_the_password(kwargs: Any) -> None:
    given = extra(openai_client_kwargs=kwargs)
    assert given.credential.fixed_key() == Secret("sk")


def test_the_clients_key_alone_is_enough() -> None:
    given = airflow.read("case", {"extra": {"openai_client_kwargs": {"api_key": "sk"}}})
    assert given.credential.fixed_key() == Secret("sk")


def test_our_keys_may_stand_in_the_extra() -> None:
    given = read(
        description="What for.",
        host="https://r.openai.azure.com/openai",
        extra={
            "provider": "azure",
            "model": "m",
            "endpoint": "https://r.openai.azure.com/openai/x",
            "headers": {"X-Team": "a"},
            "labels": {"team": "a"},
            "azure_api_version": "V",
            "azure_deployments": {"m": "d"},
            "openai_client_kwargs": {"timeout": 10},
        },
    )
    assert own.write(given) == {
        "description": "What for.",
        "labels": {"team": "a"},
        "provider": "azure",
        "url": "https://r.openai.azure.com/openai",
        "endpoint": "https://r.openai.azure.com/openai/x",
        "model": "m",
        "credential": {"kind": "api_key", "api_key": "k"},
        "headers": {"X-Team": "a"},
        "azure": {"api_version": "V", "deployments": {"m": "d"}},
        "client": {"timeout": 10.0},
    }


def test_all_of_them_may_be_text_in_a_uri() -> None:
    query = "&".join(
        f"{key}={quote(value)}"
        for key, value in {
            "provider": "other",
            "headers": '{"X-Team": "a"}',
            "labels": '{"team": "a"}',
            "openai_client_kwargs": '{"timeout": "10", "max_retries": "1"}',
            "model": "",
        }.items()
    )
    given = airflow.read("case", f"openai://:k@https%3A%2F%2Fh%2Fv1/?{query}")
    assert own.write(given) == {
        "provider": "other",
        "url": "https://h/v1",
        "labels": {"team": "a"},
        "credential": {"kind": "api_key", "api_key": "k"},
        "headers": {"X-Team": "a"},
        "client": {"timeout": 10.0, "max_retries": 1},
    }


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_text_mean_that_a_key_was_left_out(nothing: Any) -> None:
    keys = (
        "auth_type",
        "model",
        "headers",
        "openai_client_kwargs",
        "workload_identity_provider",
        "proxy",
        "unheard_of",
    )
    given = read(host=nothing, port=nothing, extra=dict.fromkeys(keys, nothing))
    assert (given, given.warnings) == (read(), ())


@pytest.mark.parametrize("given", [None, "", "{}", {}, "null"])
def test_an_extra_may_be_left_out(given: Any) -> None:
    assert read(extra=given) == read()


def test_a_null_timeout_is_no_limit() -> None:
    assert extra(openai_client_kwargs={"timeout": None}).client.timeout == Timeouts.all(None)


def test_no_credential_is_asked_for_by_name() -> None:
    given = airflow.read(
        "case", {"host": "http://localhost:1234/v1", "extra": {"provider": "other", "auth_type": "none"}}
    )
    assert (given.credential, given.warnings) == (NoCredential(), ())


def test_a_password_beside_it_is_left_alone_with_a_warning() -> None:
    given = extra(auth_type="none")
    assert given.warnings == (Problem("password", "is left alone: `auth_type` asks for another credential"),)


def test_a_key_for_the_client_beside_it_too() -> None:
    document = {"extra": {"auth_type": "none", "openai_client_kwargs": {"api_key": "sk", "timeout": 3}}}
    given = airflow.read("case", document)
    assert (given.credential, given.client.timeout, given.warnings) == (
        NoCredential(),
        Timeouts.all(3.0),
        (Problem("extra.openai_client_kwargs.api_key", "is left alone: `auth_type` asks for another credential"),),
    )


def test_unknown_keys_are_left_alone_with_a_warning_that_names_the_nearest() -> None:
    given = extra(modell="m", something="x", **{"sk-proj-canary1234": 1})
    assert [(found.path, found.message[:66]) for found in given.warnings] == [
        ("extra.modell", "is no key that is known here, and is left alone; did you mean `mod"),
        ("extra.something", "is no key that is known here, and is left alone; known: `provider`"),
        ("extra.(a key)", "is no key that is known here, and is left alone; known: `provider`"),
    ]


@pytest.mark.parametrize("conn_type", ["http", "postgres", "open-ai"])
def test_another_type_is_read_with_a_warning(conn_type: str) -> None:
    assert read(conn_type=conn_type).warnings == (
        Problem("conn_type", "is no type that speaks to OpenAI; its password is used as the API key"),
    )


@pytest.mark.parametrize("extra", [{"auth_type": "none"}, {"openai_client_kwargs": {"api_key": "sk"}}])
def test_which_says_nothing_of_a_password_that_is_not_used(extra: dict[str, Any]) -> None:
    assert Problem("conn_type", "is no type that speaks to OpenAI") in read(conn_type="http", extra=extra).warnings


@pytest.mark.parametrize("conn_type", ["openai", "connectory", None, ""])
def test_a_type_of_ours_and_a_missing_one_need_none(conn_type: Any) -> None:
    assert read(conn_type=conn_type).warnings == ()


def test_keys_of_another_way_to_authenticate_are_left_alone_with_a_warning() -> None:
    given = extra(identity_provider_id="i", entra_tenant_id="t")
    assert given.warnings == (
        Problem("extra.identity_provider_id", "is left alone: it belongs to another `auth_type`"),
        Problem("extra.entra_tenant_id", "is left alone: it belongs to another `auth_type`"),
    )


def test_keys_of_the_network_and_of_tls_stand_in_the_extra(pki: Pki) -> None:
    client = pki.client_ec
    given = airflow.read(
        "case",
        {
            "host": "https://h/v1",
            "extra": {
                "provider": "other",
                "verification_mode": "certificate",
                "client_certificate": client.pem,
                "client_key": client.key_pem,
                "ca": pki.root.pem,
                "ca_mode": "add",
                "proxy": "http://user:p%40ss@proxy:3128",
            },
        },
    )
    assert (given.credential, given.tls, given.network, given.warnings) == (
        NoCredential(),
        TLSSettings(
            verification="certificate",
            certificate=Secret(client.pem),
            private_key=Secret(client.key_pem),
            ca=Secret(pki.root.pem),
            ca_mode="add",
        ),
        NetworkSettings(proxy="http://proxy:3128", proxy_username=Secret("user"), proxy_password=Secret("p@ss")),
        (),
    )


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("proxy", "must begin with `http://` or `https://`; `default` and `none` are taken too"),
        ("ca", "is no PEM: `-----BEGIN` is missing"),
        ("ca_mode", "this is not one of the choices; known: `replace`, `add`"),
        ("verification_mode", "this is not one of the choices; known: `full`, `certificate`, `none`"),
    ],
)
def test_and_are_checked(key: str, message: str) -> None:
    assert problems(lambda: extra(**{key: "x"})) == [(f"extra.{key}", message)]


def test_a_client_certificate_needs_its_key_and_a_service_that_takes_it() -> None:
    assert problems(lambda: extra(client_certificate="x")) == [
        ("extra.client_key", "is required: `extra.client_certificate` stands here without it"),
        (
            "extra.client_certificate",
            "goes with the provider `other` and with the credential `x509_workload_identity` only",
        ),
        ("extra.client_certificate", "is no PEM: `-----BEGIN` is missing"),
    ]


IDENTITY = {
    "auth_type": "workload_identity",
    "identity_provider_id": "idp-123",
    "service_account_id": "sa-456",
    "workload_identity_provider": "kubernetes",
}


def test_the_keys_of_an_identity_stand_side_by_side() -> None:
    given = airflow.read("case", {"extra": {**IDENTITY, "token_file_path": "/t", "refresh_buffer_seconds": "300"}})
    assert own.write(given) == {
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {
            "kind": "workload_identity",
            "identity_provider_id": "idp-123",
            "service_account_id": "sa-456",
            "source": {"kind": "kubernetes", "token_file_path": "/t"},
            "refresh_buffer_seconds": 300.0,
        },
    }


def test_those_of_another_source_are_left_alone_with_a_warning() -> None:
    given = airflow.read("case", {"extra": {**IDENTITY, "audience": "a", "entra_scope": "s"}})
    assert given.warnings == (
        Problem("extra.audience", "is left alone: it belongs to another `workload_identity_provider`"),
        Problem("extra.entra_scope", "is left alone: it belongs to another `auth_type`"),
    )


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "identity_provider_id",
            "Missing required 'identity_provider_id' for workload_identity auth on OpenAI connection 'case'.",
        ),
        (
            "service_account_id",
            "Missing required 'service_account_id' for workload_identity auth on OpenAI connection 'case'.",
        ),
        (
            "workload_identity_provider",
            "Unsupported workload_identity_provider None for OpenAI connection 'case'; "
            "expected one of 'kubernetes', 'azure', 'gcp', 'custom'.",
        ),
    ],
)
def test_what_is_missing_is_told_in_apaches_words(key: str, message: str, nothing: Any) -> None:
    assert problems(lambda: airflow.read("case", {"extra": {**IDENTITY, key: nothing}})) == [(f"extra.{key}", message)]


def test_the_first_thing_alone_in_the_order_of_apaches_hook() -> None:
    extra: dict[str, Any] = {"auth_type": "workload_identity", "refresh_buffer_seconds": "soon"}
    document = {"extra": extra}
    given = {
        "identity_provider_id": "i",
        "service_account_id": "s",
        "workload_identity_provider": "custom",
        "token_provider": "a.b",
        "refresh_buffer_seconds": 1,
    }
    for key, value in given.items():
        assert [path for path, _ in problems(lambda: airflow.read("case", document))] == [f"extra.{key}"]
        extra[key] = value
    assert airflow.read("case", document).credential.kind == "workload_identity"


@pytest.mark.parametrize(
    ("auth_type", "shown"),
    [
        ("magic", " 'magic'"),
        ("API_KEY", " 'API_KEY'"),
        ("it's", ' "it\'s"'),
        (1, " 1"),
        (True, " True"),
        ([], ""),
        ({"a": 1}, ""),
        ("sk-proj-canary0123456789", ""),
        ("0c4a9a2e7b1d4f3c8e6d5b0a1f2e3d4c", ""),
        ("word " * 20, ""),
    ],
)
def test_a_word_is_repeated_only_if_it_can_be_no_secret(auth_type: Any, shown: str) -> None:
    assert problems(lambda: extra(auth_type=auth_type)) == [
        (
            "extra.auth_type",
            f"Unsupported auth_type{shown} for OpenAI connection 'case'; expected 'api_key' or 'workload_identity'.",
        )
    ]


X509 = {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}


@pytest.mark.parametrize("beside", [{}, {"auth_type": "none"}])
def test_an_identity_among_the_clients_arguments_wins(beside: dict[str, Any]) -> None:
    given = read(extra={**beside, "openai_client_kwargs": {"workload_identity": X509}})
    assert (given.credential, given.url) == (
        X509WorkloadIdentity(identity_provider_id="i", service_account_id="s"),
        "https://mtls.api.openai.com/v1",
    )
    assert given.warnings == (
        Problem("password", "is left alone: `workload_identity` in `openai_client_kwargs` wins"),
        Problem("extra.client_certificate", "is not given, so something on the way (a sidecar) has to show one"),
    )


def test_over_one_that_stands_in_the_extra_too_with_a_warning_for_each_key() -> None:
    document = {"extra": {**IDENTITY, "openai_client_kwargs": {"workload_identity": X509}}}
    warnings = airflow.read("case", document).warnings
    assert [warning.path for warning in warnings if "wins" in warning.message] == [
        "extra.identity_provider_id",
        "extra.service_account_id",
        "extra.workload_identity_provider",
    ]


def test_a_wrong_one_is_refused_where_it_stands() -> None:
    document = {"extra": {"openai_client_kwargs": {"workload_identity": {"provider": "kubernetes"}}}}
    assert problems(lambda: airflow.read("case", document)) == [
        (
            "extra.openai_client_kwargs.workload_identity",
            "Invalid `workload_identity` configuration: expected an X.509 or subject-token identity; one with a source "
            "of tokens is asked for by `extra.auth_type`: `workload_identity`",
        )
    ]


@pytest.mark.parametrize(
    "document", [{"extra": "{"}, {"extra": {"openai_client_kwargs": "{"}}, {"password": 1}, {"uri": 1}]
)
def test_a_key_that_may_stand_in_what_cannot_be_read_is_not_said_to_be_missing(document: dict[str, Any]) -> None:
    assert len(problems(lambda: airflow.read("case", document))) == 1


def test_a_problem_stands_where_airflow_keeps_it() -> None:
    document = {
        "password": "é",
        "host": "ftp://h",
        "extra": {
            "provider": "x",
            "model": 1,
            "azure_deployments": {"m": 1},
            "openai_client_kwargs": {"base_url": "ftp://b", "timeout": "x"},
        },
    }
    assert [path for path, _ in problems(lambda: airflow.read("case", document))] == [
        "extra.provider",
        "extra.model",
        "password",
        "extra.azure_deployments.m",
        "extra.openai_client_kwargs.timeout",
        "extra.openai_client_kwargs.base_url",
    ]


def test_a_url_that_is_missing_is_missing_from_the_host() -> None:
    assert problems(lambda: extra(provider="other")) == [("host", "is required for the provider `other`")]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("openai://:sk-abc", "has no `@`, so its key was read as a port"),
        ("openai://:sk/abc@h", "is no Airflow URI"),
        ("openai://:sk#abc@h", "is no Airflow URI"),
        ("openai://:k@https://h/v1", "is no Airflow URI"),
        ("openai://https://http://h", "is no Airflow URI"),
        ("sk-abc", "is no Airflow URI"),
        ("   ", "is no Airflow URI"),
    ],
)
def test_a_uri_that_is_none_says_what_one_looks_like(uri: str, message: str) -> None:
    [(path, said)] = problems(lambda: airflow.read("case", uri))
    assert (path, said[: len(message)]) == ("", message)


@pytest.mark.parametrize("text", ['{"a": 1', "{]", '{"a": ' + "[" * 90])
def test_text_that_begins_like_json_and_is_none_is_refused(text: str) -> None:
    [(path, message)] = problems(lambda: airflow.read("case", text))
    assert (path, message[:10]) == ("", "is no JSON")


def test_a_repr_of_the_fields_has_no_secret_in_it() -> None:
    assert "canary" not in repr(parse("openai://:canary@h/?x=canary"))


def test_what_stands_beside_a_uri_is_refused_and_nothing_is_read_of_it() -> None:
    document = {"uri": "openai://:k@", "password": "p", "host": "", "port": None, "extra": {"model": "m"}}
    assert [path for path, _ in problems(lambda: airflow.read("case", document))] == ["password", "extra"]


def test_a_slip_of_the_pen_is_named_beside_what_is_missing() -> None:
    extra = {
        "auth_type": "workload_identity",
        "workload_identity_provider": "gcp",
        "identity_providr_id": "i",
        "service_account_id": "s",
    }
    with pytest.raises(DocumentError) as told:
        airflow.read("case", {"conn_type": "openai", "extra": extra})
    assert [problem.path for problem in told.value.problems] == [
        "extra.identity_provider_id",
        "extra.identity_providr_id",
    ]
    assert "did you mean `identity_provider_id`?" in told.value.problems[1].message


def test_a_kind_that_apache_does_not_have_is_named_when_it_is_meant() -> None:
    with pytest.raises(DocumentError, match="Did you mean 'entra'"):
        airflow.read("case", {"conn_type": "openai", "extra": {"auth_type": "entraa"}})

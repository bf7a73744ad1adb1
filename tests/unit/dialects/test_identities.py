"""Identities in our own document: a credential with a source, their URLs by region, and the SDK's own form of one."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.connection import Connection, secrets_of
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.credentials.x509_workload_identity import X509WorkloadIdentity
from connectory.dialects import own
from connectory.secret import Secret
from connectory.subject_tokens.azure import AzureToken
from connectory.subject_tokens.kubernetes import KubernetesToken
from tests.unit.problems import problems

IDS = {"identity_provider_id": "i", "service_account_id": "s"}
X509 = {"kind": "x509_workload_identity", **IDS}
SDK_IDENTITY = {"type": "x509", **IDS}
REQUIRES_IDS = "X.509 workload identity requires identity-provider and service-account IDs"
ONLY_IDS = "X.509 workload identity accepts only identity IDs and an optional refresh buffer"
NO_PROVIDER = "X.509 workload identity does not accept a subject-token provider or client ID"
BUFFER = "X.509 workload identity requires a finite, non-negative refresh buffer"


def identity(**more: Any) -> Connection:
    return own.read("case", {"credential": {"kind": "workload_identity", **IDS, **more}})


def with_client(identity: Any, **document: Any) -> Connection:
    return own.read("case", {**document, "client": {"workload_identity": identity}})


@pytest.mark.parametrize(
    ("source", "read_as"),
    [
        ({"kind": "kubernetes"}, KubernetesToken()),
        ({"kind": "azure", "resource": "r", "client_id": None}, AzureToken(resource="r")),
    ],
)
def test_a_source_is_an_object_with_its_kind(source: dict[str, Any], read_as: Any) -> None:
    given = identity(source=source, refresh_buffer_seconds="7.5")
    assert given.credential == WorkloadIdentity(**IDS, source=read_as, refresh_buffer_seconds=7.5)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (None, ("source", "is required: Where the workload's own token comes from")),
        ({}, ("source.kind", "is required; known: `azure`, `custom`, `gcp`, `kubernetes`")),
        ({"kind": "azur"}, ("source.kind", "`azur` is no kind of source that is known here; did you mean `azure`?")),
        ({"kind": ["gcp"]}, ("source.kind", None)),
        ("gcp", ("source", "must be an object with `kind`, not text")),
        ({"kind": "gcp", "resource": "r"}, ("source.resource", None)),
        ({"kind": "custom"}, ("source.token_provider", None)),
        ({"kind": "custom", "token_provider": "a.b", "token_type": "saml"}, ("source.token_type", None)),
    ],
)
def test_another_one_is_refused_where_it_stands(source: Any, problem: tuple[str, str | None]) -> None:
    [(path, message)] = problems(lambda: identity(source=source))
    assert path == f"credential.{problem[0]}"
    assert problem[1] in (None, message)


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_id_is_none(nothing: Any) -> None:
    [(path, _)] = problems(lambda: identity(identity_provider_id=nothing, source={"kind": "gcp"}))
    assert path == "credential.identity_provider_id"


def test_a_custom_function_is_not_imported_by_a_reading() -> None:
    assert identity(source={"kind": "custom", "token_provider": "no.such.module"})


@pytest.mark.parametrize(
    ("client", "url"),
    [
        ({}, "https://mtls.api.openai.com/v1"),
        ({"data_residency": "global"}, "https://mtls.api.openai.com/v1"),
        ({"data_residency": "us"}, "https://mtls-us.api.openai.com/v1"),
        ({"data_residency": "eu"}, "https://mtls-eu.api.openai.com/v1"),
        ({"base_url": "https://h/v1"}, "https://h/v1"),
    ],
)
def test_an_identity_by_certificate_has_urls_of_its_own(client: dict[str, Any], url: str) -> None:
    given = own.read("case", {"credential": X509, "client": client})
    assert given.url == url
    assert own.read("case", own.write(given)) == given


def test_but_not_in_every_region() -> None:
    assert problems(lambda: own.read("case", {"credential": X509, "client": {"data_residency": "jp"}})) == [
        ("client.data_residency", "is no region of `x509_workload_identity`; known: `global`, `us`, `eu`")
    ]


def test_and_wants_https() -> None:
    assert problems(lambda: own.read("case", {"credential": X509, "url": "http://h/v1"})) == [
        ("url", "X.509 workload identity requires an absolute HTTPS API URL")
    ]
    assert [
        path for path, _ in problems(lambda: own.read("case", {"credential": {**X509, "exchange_url": "http://h"}}))
    ] == ["credential.exchange_url"]


@pytest.mark.parametrize(
    "url", ["ftp://h", "https://", "https://u:canary@h", "https://h/#x", "https://h?api_key=canary", "h/token"]
)
def test_where_tokens_are_exchanged_is_a_url_like_every_other(url: str) -> None:
    [(path, message)] = problems(lambda: identity(source={"kind": "gcp"}, exchange_url=url))
    assert (path, "canary" in message) == ("credential.exchange_url", False)


def test_the_sdks_own_identity_becomes_the_credential() -> None:
    given = with_client({**SDK_IDENTITY, "refresh_buffer_seconds": "300"})
    assert given.credential == X509WorkloadIdentity(
        identity_provider_id="i", service_account_id="s", refresh_buffer_seconds=300.0
    )
    assert own.read("case", own.write(given)) == given


@pytest.mark.parametrize("credential", [{"api_key": "k"}, {"kind": "none"}, {"kind": "workload_identity"}])
def test_and_wins_over_the_one_that_stands_there(credential: dict[str, Any]) -> None:
    expected = X509WorkloadIdentity(identity_provider_id="i", service_account_id="s")
    assert with_client(SDK_IDENTITY, credential=credential).credential == expected


def test_but_not_over_a_key_beside_it() -> None:
    document = {"client": {"workload_identity": SDK_IDENTITY, "api_key": "k"}}
    assert problems(lambda: own.read("case", document)) == [
        (
            "client.api_key",
            "stands beside a credential of the kind `x509_workload_identity`; leave one of the two out",
        )
    ]


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        (
            {**SDK_IDENTITY, "audience": "x"},
            ONLY_IDS,
        ),
        (
            {**SDK_IDENTITY, "provider": {}},
            NO_PROVIDER,
        ),
        (
            {**SDK_IDENTITY, "client_id": "c"},
            NO_PROVIDER,
        ),
        ({**SDK_IDENTITY, "service_account_id": ""}, REQUIRES_IDS),
        ({"type": "x509", "service_account_id": "s"}, REQUIRES_IDS),
        ({**SDK_IDENTITY, "refresh_buffer_seconds": -1}, BUFFER),
        ({**SDK_IDENTITY, "refresh_buffer_seconds": float("nan")}, BUFFER),
    ],
)
def test_a_wrong_one_is_refused_in_the_sdks_words(identity: dict[str, Any], message: str) -> None:
    assert problems(lambda: with_client(identity)) == [("client.workload_identity", message)]


@pytest.mark.parametrize("identity", [{"a": 1}, {"provider": "kubernetes", **IDS}, "x", [], {"type": "jwt"}, {}])
def test_one_with_a_source_is_asked_for_by_its_kind(identity: Any) -> None:
    assert problems(lambda: with_client(identity)) == [
        (
            "client.workload_identity",
            "Invalid `workload_identity` configuration: expected an X.509 or subject-token identity; one with a source "
            "of tokens is asked for by `credential.kind`: `workload_identity`",
        )
    ]


def test_what_is_wrong_inside_is_told_inside() -> None:
    assert [path for path, _ in problems(lambda: with_client({**SDK_IDENTITY, "service_account_id": 1}))] == [
        "client.workload_identity.service_account_id"
    ]
    assert [path for path, _ in problems(lambda: with_client({**SDK_IDENTITY, "refresh_buffer_seconds": "x"}))] == [
        "client.workload_identity.refresh_buffer_seconds"
    ]


def test_a_provider_that_it_does_not_go_with_is_told_at_the_argument() -> None:
    assert problems(lambda: with_client(SDK_IDENTITY, provider="other", url="https://h")) == [
        ("client.workload_identity", "`x509_workload_identity` goes with the provider `openai` only")
    ]


def test_a_certificate_of_an_application_is_a_secret() -> None:
    credential = {"kind": "entra", "tenant_id": "t", "client_id": "c", "client_certificate": {"file": "/c.pem"}}
    given = own.read("case", {"provider": "azure", "url": "https://r.openai.azure.com", "credential": credential})
    assert dict(secrets_of(given)) == {"credential.client_certificate": Secret.file("/c.pem")}

"""Elastic's words beyond what was recorded: endpoints, secret headers, and keys that change nothing."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest

from connectory.connection import Connection, ForeignSettings
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.credentials.x509_workload_identity import X509WorkloadIdentity
from connectory.dialects import kibana, own
from connectory.dialects.model_table import shipped_default_model
from connectory.errors import Problem
from connectory.provider import PROVIDERS
from connectory.secret import Secret
from connectory.tls import TLSSettings
from connectory.transport import Timeouts
from tests.unit.problems import problems
from tests.upstream.certificates import Identity
from tests.upstream.pki import Pki

OPENAI = {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1/chat/completions"}
OTHER = {"apiProvider": "Other", "apiUrl": "https://llm/v1", "defaultModel": "m"}
AZURE = {"apiProvider": "Azure OpenAI", "apiUrl": "https://r.openai.azure.com/openai/v1"}


def entry(config: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"name": "n", "actionTypeId": ".gen-ai", "config": config, "secrets": {"apiKey": "k"}, **rest}


def read(config: dict[str, Any], **rest: Any) -> Connection:
    return kibana.read("case", entry(config, **rest), default_model="default")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://h", None),
        ("https://h/", None),
        ("https://h/v1", None),
        ("https://h/v1/", None),
        ("https://h/api/v2", None),
        ("https://h/v1/chat/completions", None),
        ("https://h/v1/embeddings/", None),
        ("https://h/v1?x=1", None),
        ("https://h/generate", "https://h/generate"),
        ("https://h/v1/models", "https://h/v1/models"),
        ("https://h/v1beta", "https://h/v1beta"),
        ("HTTPS://h/v1beta/openai/", "HTTPS://h/v1beta/openai/"),
        ("https://h/preview?x=1", "https://h/preview?x=1"),
    ],
)
def test_elastic_posts_to_a_url_that_names_no_endpoint_as_it_stands(url: str, endpoint: str | None) -> None:
    assert read({**OTHER, "apiUrl": url}).endpoint == endpoint


@pytest.mark.parametrize("url", ["https://[", "https://h:x/y", "ftp://h/x", "h/x", " https://h/x", "https://h/ü"])
def test_a_url_that_is_none_is_one_problem_of_api_url(url: str) -> None:
    assert [path for path, _ in problems(lambda: read({**OTHER, "apiUrl": url}))] == ["config.apiUrl"]


def test_a_default_model_is_written_into_openai_connectors_only() -> None:
    assert [read(config).model for config in (OPENAI, OTHER, AZURE)] == ["default", "m", None]


def test_without_one_it_is_that_of_the_shipped_table() -> None:
    assert kibana.read("case", entry(OPENAI)).model == shipped_default_model()


def test_the_shipped_default_is_not_shut_down() -> None:
    assert shipped_default_model() == "gpt-5.5"


def test_organization_and_project_go_into_the_credential() -> None:
    given = read({**OPENAI, "organizationId": "o", "projectId": "p"})
    assert (given.organization, given.project) == ("o", "p")


def test_secret_headers_are_secrets_whatever_they_look_like() -> None:
    given = read({**OPENAI, "headers": {"X-Team": "a"}}, secrets={"apiKey": "k", "secretHeaders": {"X-Tenant": "t"}})
    assert given.headers == {"X-Team": "a", "X-Tenant": Secret("t")}


def test_a_secret_header_takes_the_place_of_a_plain_one_of_its_name() -> None:
    given = read({**OPENAI, "headers": {"X-TENANT": "a"}}, secrets={"apiKey": "k", "secretHeaders": {"x-tenant": "t"}})
    assert given.headers == {"x-tenant": Secret("t")}


def test_secret_headers_survive_our_own_document() -> None:
    given = read(OPENAI, secrets={"apiKey": "k", "secretHeaders": {"X-Tenant": "t"}})
    assert own.read("case", own.write(given)) == given


def test_wrong_headers_and_wrong_secret_headers_are_told_apart() -> None:
    found = problems(
        lambda: read(
            {**OPENAI, "headers": {"X-A": 1}}, secrets={"apiKey": "k", "secretHeaders": {"X-B": 2, "X-C": "ü"}}
        )
    )
    assert [path for path, _ in found] == [
        "secrets.secretHeaders.X-B",
        "secrets.secretHeaders.X-C",
        "config.headers.X-A",
    ]


@pytest.mark.parametrize("headers", [[], "x", 1])
def test_headers_must_be_an_object(headers: Any) -> None:
    found = problems(lambda: read({**OPENAI, "headers": headers}, secrets={"apiKey": "k", "secretHeaders": headers}))
    assert [path for path, _ in found] == ["secrets.secretHeaders", "config.headers"]


@pytest.mark.parametrize(
    ("unused", "kept"),
    [
        ({"contextWindowLength": "128000"}, {"contextWindowLength": 128000}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": "0.7"}, {"temperature": 0.7}),
        ({"enableNativeFunctionCalling": "true"}, {"enableNativeFunctionCalling": True}),
        ({"verificationMode": "full"}, {"verificationMode": "full"}),
        ({"verificationMode": None, "temperature": ""}, {}),
    ],
)
def test_keys_by_which_no_request_changes_are_kept_for_kibana(unused: dict[str, Any], kept: dict[str, Any]) -> None:
    assert read({**OTHER, **unused}) == dataclasses.replace(read(OTHER), foreign=ForeignSettings(kibana=kept))


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    ("config", "key"),
    [
        (OPENAI, "verificationMode"),
        (OPENAI, "enableNativeFunctionCalling"),
        (AZURE, "organizationId"),
        (AZURE, "projectId"),
        (AZURE, "defaultModel"),
        (OTHER, "headers"),
    ],
)
def test_null_and_empty_text_mean_that_a_key_was_left_out(config: dict[str, Any], key: str, nothing: Any) -> None:
    assert read({**config, key: nothing}) == read(config)


@pytest.mark.parametrize("nothing", [None, ""])
def test_in_secrets_and_for_whole_sections_too(nothing: Any) -> None:
    keys = ("certificateData", "privateKeyData", "caData", "secretHeaders")
    secrets = {"apiKey": "k", **dict.fromkeys(keys, nothing)}
    assert read(OPENAI, secrets=secrets, exposeConfig=nothing) == read(OPENAI)
    found = problems(lambda: read(OPENAI, secrets=nothing))
    assert found == [("secrets.apiKey", "is required")]


@pytest.mark.parametrize(
    ("unused", "message"),
    [
        ({"contextWindowLength": "long"}, "must be a number, not text"),
        ({"temperature": []}, "must be a number, not a list"),
        ({"enableNativeFunctionCalling": 1}, "must be true or false, not a number"),
        (
            {"verificationMode": "fulll"},
            "`fulll` is no verification mode; did you mean `full`?",
        ),
    ],
)
def test_but_they_are_checked(unused: dict[str, Any], message: str) -> None:
    assert problems(lambda: read({**OTHER, **unused})) == [(f"config.{next(iter(unused))}", message)]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (OPENAI, "verificationMode"),
        (AZURE, "verificationMode"),
        (OPENAI, "enableNativeFunctionCalling"),
        (AZURE, "organizationId"),
        (AZURE, "projectId"),
        (OTHER, "organizationId"),
    ],
)
def test_some_keys_belong_to_one_provider(config: dict[str, Any], key: str) -> None:
    [(path, message)] = problems(lambda: read({**config, key: "x"}))
    assert (path, message.startswith("goes with the provider `O")) == (f"config.{key}", True)


@pytest.mark.parametrize("mode", ["none", "certificate"])
def test_a_verification_mode_without_pki_is_left_alone_with_a_warning(mode: str) -> None:
    given = read({**OTHER, "verificationMode": mode})
    assert (given.tls, given.foreign.kibana, given.warnings) == (
        TLSSettings(),
        {"verificationMode": mode},
        (Problem("config.verificationMode", "is left alone: it goes with a client certificate"),),
    )


def base64_of(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def pki_of(client: Identity, **more: Any) -> dict[str, Any]:
    return {"certificateData": base64_of(client.pem), "privateKeyData": base64_of(client.key_pem), **more}


@pytest.mark.parametrize("who", ["client_rsa", "client_ec", "client_ed25519"])
def test_certificates_are_base64_of_pem(pki: Pki, who: str) -> None:
    client: Identity = getattr(pki, who)
    given = read(OTHER, secrets=pki_of(client, caData=base64_of(pki.root.pem)))
    assert (given.credential, given.tls) == (
        NoCredential(),
        TLSSettings(
            verification="full",
            certificate=Secret(client.pem),
            private_key=Secret(client.key_pem),
            ca=Secret(pki.root.pem),
        ),
    )


@pytest.mark.parametrize("mode", ["full", "certificate", "none"])
def test_the_verification_mode_goes_with_them(pki: Pki, mode: str) -> None:
    given = read({**OTHER, "verificationMode": mode}, secrets=pki_of(pki.client_ec, apiKey="k"))
    assert (given.tls.verification, given.credential) == (mode, ApiKey(api_key=Secret("k")))


def test_base64_is_read_as_node_reads_it(pki: Pki) -> None:
    strewn = {key: "\n".join(value) + "!" for key, value in pki_of(pki.client_ec).items()}
    assert read(OTHER, secrets=strewn) == read(OTHER, secrets=pki_of(pki.client_ec))


def test_a_key_in_its_old_form_is_taken(pki: Pki) -> None:
    keys = {who: getattr(pki, who).traditional_key_pem for who in ("client_rsa", "client_ec")}
    assert ["RSA PRIVATE KEY" in keys["client_rsa"], "EC PRIVATE KEY" in keys["client_ec"]] == [True, True]
    for who, key in keys.items():
        secrets = pki_of(getattr(pki, who), privateKeyData=base64_of(key))
        assert read(OTHER, secrets=secrets).tls.private_key == Secret(key)


NO_CERTIFICATE = (
    "Invalid Certificate data file format: The file must be a PEM-encoded certificate beginning with "
    '"-----BEGIN CERTIFICATE-----".'
)
NO_KEY = (
    "Invalid Private key data file format: The file must be a PEM-encoded private key beginning with "
    '"-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----".'
)
NO_CA = (
    "Invalid CA certificate data file format: The file must be a PEM-encoded certificate beginning with "
    '"-----BEGIN CERTIFICATE-----".'
)


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_each_field_wants_certificate_and_key(pki: Pki, key: Any, nothing: Any) -> None:
    certificate, private_key = pki_of(pki.client_ec).values()
    missing_certificate = ("secrets.certificateData", "Certificate data must be provided for PKI")
    missing_key = ("secrets.privateKeyData", "Private key data must be provided for PKI")
    for secrets, problem in (
        ({"privateKeyData": private_key, "certificateData": nothing}, missing_certificate),
        ({"caData": certificate}, missing_certificate),
        ({"certificateData": certificate, "privateKeyData": nothing}, missing_key),
        ({"certificateData": "!!!!", "caData": "!!!!"}, missing_key),
    ):
        assert problems(lambda secrets=secrets: read(OTHER, secrets={"apiKey": key, **secrets})) == [problem]  # type: ignore[misc]


@pytest.mark.parametrize("nothing", ["!!!!", "aGVsbG8=", "canary"])
def test_what_is_none_is_refused_in_elastics_order_the_first_alone(pki: Pki, nothing: str) -> None:
    for wrong, problem in (
        (("certificateData", "privateKeyData", "caData"), ("secrets.certificateData", NO_CERTIFICATE)),
        (("privateKeyData", "caData"), ("secrets.privateKeyData", NO_KEY)),
        (("caData",), ("secrets.caData", NO_CA)),
    ):
        secrets = pki_of(pki.client_ec, **dict.fromkeys(wrong, nothing))
        assert problems(lambda secrets=secrets: read(OTHER, secrets=secrets)) == [problem]  # type: ignore[misc]


def test_pem_that_is_not_in_base64_is_none(pki: Pki) -> None:
    secrets = pki_of(pki.client_ec, certificateData=pki.client_ec.pem)
    assert problems(lambda: read(OTHER, secrets=secrets)) == [("secrets.certificateData", NO_CERTIFICATE)]


def test_what_only_looks_like_pem_is_refused_in_the_same_words(pki: Pki) -> None:
    empty = "-----BEGIN {0}-----\ncanary\n-----END {0}-----"
    secrets = {
        "certificateData": base64_of(empty.format("CERTIFICATE")),
        "privateKeyData": base64_of(empty.format("PRIVATE KEY")),
        "caData": base64_of(empty.format("CERTIFICATE")),
    }
    assert problems(lambda: read(OTHER, secrets=secrets)) == [
        ("secrets.certificateData", NO_CERTIFICATE),
        ("secrets.privateKeyData", NO_KEY),
        ("secrets.caData", NO_CA),
    ]


def test_so_is_a_key_of_another_certificate_and_one_that_is_encrypted(pki: Pki) -> None:
    for key in (pki.client_rsa.key_pem, pki.client_ec.encrypted_key_pem("canary")):
        secrets = pki_of(pki.client_ec, privateKeyData=base64_of(key))
        assert problems(lambda secrets=secrets: read(OTHER, secrets=secrets)) == [("secrets.privateKeyData", NO_KEY)]  # type: ignore[misc]


def test_certificates_that_are_kept_elsewhere_are_not_read() -> None:
    given = read(OTHER, secrets={"certificateData": {"env": "NO_CERT"}, "privateKeyData": {"file": "/no/key"}})
    assert (given.tls.certificate, given.tls.private_key) == (Secret.env("NO_CERT"), Secret.file("/no/key"))


def test_no_more_is_said_of_them_where_the_provider_cannot_be_read(pki: Pki) -> None:
    config = {**OTHER, "apiProvider": "?"}
    assert [path for path, _ in problems(lambda: read(config, secrets=pki_of(pki.client_ec)))] == ["config.apiProvider"]


IDS = {"identity_provider_id": "i", "service_account_id": "s"}


def test_a_way_to_authenticate_is_asked_for_in_config() -> None:
    given = read(
        {**OPENAI, "auth_type": "workload_identity", "workload_identity_provider": "gcp", "audience": "a", **IDS},
        secrets={},
    )
    assert own.write(given)["credential"] == {
        "kind": "workload_identity",
        **IDS,
        "source": {"kind": "gcp", "audience": "a"},
    }


def test_then_a_key_is_left_alone_with_a_warning() -> None:
    given = read({**OTHER, "auth_type": "none"})
    assert (given.credential, given.foreign.kibana, given.warnings) == (
        NoCredential(),
        {"apiKey": Secret("k")},
        (Problem("secrets.apiKey", "is left alone: `auth_type` asks for another credential"),),
    )


@pytest.mark.parametrize("key", [1, [], {"a": "b"}, {"env": "sk-proj-canary0123456789"}])
def test_which_must_be_one_all_the_same(key: Any) -> None:
    [(path, _)] = problems(lambda: read({**OTHER, "auth_type": "none"}, secrets={"apiKey": key}))
    assert path.startswith("secrets.apiKey")


def test_an_entry_may_say_that_its_config_is_shown() -> None:
    assert read(OPENAI, exposeConfig="true").foreign.kibana == {"exposeConfig": True}
    assert problems(lambda: read(OPENAI, exposeConfig=1)) == [("exposeConfig", "must be true or false, not a number")]


def test_its_secrets_stand_in_secrets() -> None:
    config = {**AZURE, "auth_type": "entra", "entra_tenant_id": "t", "entra_client_id": "c"}
    given = read(config, secrets={"entra_client_secret": "canary"})
    assert own.write(given)["credential"] == {
        "kind": "entra",
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": "canary",
    }


def test_keys_of_another_way_are_refused() -> None:
    config = {**OPENAI, "auth_type": "x509_workload_identity", "audience": "a", "entra_scope": "s", **IDS}
    assert problems(lambda: read(config, secrets={})) == [
        ("config.audience", "belongs to another `auth_type`"),
        ("config.entra_scope", "belongs to another `auth_type`"),
    ]


def test_an_identity_that_misses_something_says_it_at_the_authors_key() -> None:
    config = {**OPENAI, "auth_type": "workload_identity", "service_account_id": 1}
    assert [path for path, _ in problems(lambda: read(config, secrets={}))] == [
        "config.identity_provider_id",
        "config.service_account_id",
        "config.workload_identity_provider",
    ]


def test_a_way_that_nobody_knows_is_refused() -> None:
    assert problems(lambda: read({**OPENAI, "auth_type": "entraa"})) == [
        ("config.auth_type", "`entraa` is no kind of credential that is known here; did you mean `entra`?")
    ]


def test_a_way_that_goes_with_another_provider_too() -> None:
    config = {**OTHER, "auth_type": "x509_workload_identity", **IDS}
    assert problems(lambda: read(config, secrets={})) == [
        ("config.auth_type", "`x509_workload_identity` goes with the provider `openai` only")
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {"auth_type": "x509_workload_identity", **IDS},
        {"openai_client_kwargs": {"workload_identity": {"type": "x509", **IDS}}},
    ],
)
def test_an_identity_by_certificate_takes_one_with_openai(pki: Pki, asked: dict[str, Any]) -> None:
    given = read({**OPENAI, "verificationMode": "full", **asked}, secrets=pki_of(pki.client_ec))
    assert (given.credential, given.tls.certificate, given.warnings) == (
        X509WorkloadIdentity(identity_provider_id="i", service_account_id="s"),
        Secret(pki.client_ec.pem),
        (),
    )


def test_the_organization_is_the_clients_where_no_key_carries_it() -> None:
    config = {**OPENAI, "auth_type": "none", "organizationId": "o", "projectId": "p"}
    given = read(config, secrets={})
    assert (given.organization, given.project) == ("o", "p")
    assert problems(lambda: read({**config, "organizationId": "é"}, secrets={})) == [
        ("config.organizationId", "no header can carry this: it has a character outside ASCII")
    ]


def test_the_clients_arguments_stand_in_config() -> None:
    given = read({**OPENAI, "openai_client_kwargs": {"timeout": "10", "api_key": "k2"}}, secrets={})
    assert (given.client.timeout, given.credential) == (Timeouts.all(10.0), ApiKey(api_key=Secret("k2")))
    assert [path for path, _ in problems(lambda: read({**OPENAI, "openai_client_kwargs": {"x": 1}}))] == [
        "config.openai_client_kwargs.x"
    ]


@pytest.mark.parametrize("arguments", ["x", [], 1])
def test_and_must_be_an_object(arguments: Any) -> None:
    config = {**OPENAI, "auth_type": "none", "organizationId": "o", "openai_client_kwargs": arguments}
    assert [path for path, _ in problems(lambda: read(config, secrets={}))] == ["config.openai_client_kwargs"]


@pytest.mark.parametrize("config", [OPENAI, AZURE])
def test_they_go_with_other_services_only_and_take_no_keys_place_elsewhere(config: dict[str, Any]) -> None:
    assert problems(lambda: read(config, secrets={"certificateData": "x"})) == [
        ("secrets.apiKey", "is required"),
        ("secrets.certificateData", "goes with the provider `Other` only"),
    ]


def test_secrets_that_stand_in_config_are_sent_where_they_belong() -> None:
    assert problems(lambda: read({**OPENAI, "apiKey": "k"}, secrets={})) == [
        ("config.apiKey", "belongs under `secrets`"),
        ("secrets.apiKey", "is required"),
    ]


def test_a_key_may_be_kept_elsewhere() -> None:
    assert read(OPENAI, secrets={"apiKey": {"env": "KEY"}}).credential.fixed_key() is None


@pytest.mark.parametrize("provider", ["OpenAI ", "openai", "azure", "", None, 1, [], {"a": 1}])
def test_a_provider_is_spelled_as_elastic_spells_it(provider: Any) -> None:
    config = {**OTHER, "apiProvider": provider, "organizationId": "o"}
    assert problems(lambda: read(config)) == [
        ("config.apiProvider", "must be one of `OpenAI`, `Azure OpenAI`, `Other`")
    ]


def test_every_provider_has_a_word_of_elastics() -> None:
    assert [read(config).provider for config in (OPENAI, AZURE, OTHER)] == list(PROVIDERS.values())


@pytest.mark.parametrize("path", ["d/chat/completions", "a/b/chat/completions"])
def test_an_api_version_that_is_missing_is_a_warning_at_the_url(path: str) -> None:
    connection = read({**AZURE, "apiUrl": f"https://r.openai.azure.com/openai/deployments/{path}"})
    assert [warning.path for warning in connection.warnings] == ["config.apiUrl"]
    assert connection.address.endpoint == connection.url


@pytest.mark.parametrize("entry", [None, 1, "x", []])
def test_an_entry_must_be_an_object(entry: Any) -> None:
    [(path, message)] = problems(lambda: kibana.read("case", entry))
    assert (path, message[:18]) == ("", "must be an object,")


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ({"actionTypeId": ".slack"}, True),
        ({"actionTypeId": ".gen-ai"}, False),
        ({"actionTypeId": None}, False),
        ({"actionTypeId": ""}, False),
        ({}, False),
        ("x", False),
    ],
)
def test_connectors_of_other_types_are_told_apart(given: Any, other: bool) -> None:
    assert kibana.is_other_type(given) is other


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (".slack", "is a `.slack` connector, and only `.gen-ai` connectors are read"),
        (".slack_api", "is a `.slack_api` connector, and only `.gen-ai` connectors are read"),
        ("gen-ai", "is a connector of another type, and only `.gen-ai` connectors are read"),
        (".sk-proj-canary0123456789", "is a connector of another type, and only `.gen-ai` connectors are read"),
        (["x"], "is a connector of another type, and only `.gen-ai` connectors are read"),
    ],
)
def test_one_of_them_that_is_asked_for_says_what_it_is_and_no_more(given: Any, message: str) -> None:
    assert problems(lambda: kibana.read("case", {"actionTypeId": given, "config": {"url": 1}})) == [("", message)]

"""Elastic's words beyond what was recorded: endpoints, secret headers, and keys that change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.connection import Connection
from connectory.dialects import kibana, own
from connectory.dialects.model_table import shipped_default_model
from connectory.provider import PROVIDERS
from connectory.secret import Secret
from tests.unit.problems import problems

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
    "unused",
    [
        {"contextWindowLength": "128000"},
        {"temperature": 0},
        {"temperature": "0.7"},
        {"enableNativeFunctionCalling": True},
        {"verificationMode": "full"},
        {"verificationMode": None, "temperature": ""},
    ],
)
def test_keys_by_which_no_request_changes_are_taken(unused: dict[str, Any]) -> None:
    assert read({**OTHER, **unused}) == read(OTHER)


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
        ({"verificationMode": "none"}, "cannot be honoured by this version of connectory"),
        ({"verificationMode": "certificate"}, "cannot be honoured by this version of connectory"),
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
        (OPENAI, "enableNativeFunctionCalling"),
        (AZURE, "organizationId"),
        (AZURE, "projectId"),
        (OTHER, "organizationId"),
    ],
)
def test_some_keys_belong_to_one_provider(config: dict[str, Any], key: str) -> None:
    [(path, message)] = problems(lambda: read({**config, key: "x"}))
    assert (path, message.startswith("goes with the provider `O")) == (f"config.{key}", True)


@pytest.mark.parametrize("key", ["certificateData", "privateKeyData", "caData"])
@pytest.mark.parametrize("secrets", [{}, {"apiKey": "k"}])
def test_client_certificates_are_refused_while_they_cannot_be_used(key: str, secrets: dict[str, Any]) -> None:
    assert problems(lambda: read(OTHER, secrets={**secrets, key: "x"})) == [
        (f"secrets.{key}", "cannot be honoured by this version of connectory")
    ]


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

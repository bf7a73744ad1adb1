"""Connectors as Kibana's API takes them and gives them out."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.credentials.api_key import ApiKey
from connectory.credentials.entra import Entra
from connectory.credentials.none import NoCredential
from connectory.dialects import kibana_api, own
from connectory.dialects.kibana_api import id_from_name
from connectory.errors import Problem
from connectory.provider import AZURE, OTHER
from connectory.secret import Secret
from connectory.tls import TLSSettings
from tests.unit.problems import problems

OPENAI = {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1/chat/completions", "defaultModel": "m"}
OTHERS = {"apiProvider": "Other", "apiUrl": "https://llm/v1/chat/completions", "defaultModel": "m"}
GIVEN_OUT = {
    "id": "6f1c",
    "is_preconfigured": False,
    "is_deprecated": False,
    "is_missing_secrets": False,
    "is_system_action": False,
    "is_connector_type_deprecated": True,
    "referenced_by_count": 2,
    "auth_mode": "shared",
}


def body(config: Any = OPENAI, **rest: Any) -> dict[str, Any]:
    return {"name": "n", "connector_type_id": ".gen-ai", "config": config, **rest}


def test_the_body_that_makes_a_connector_is_read_and_written() -> None:
    given = body(secrets={"apiKey": "k"})
    connection = kibana_api.read("case", given)
    assert (connection.model, connection.credential) == ("m", ApiKey(api_key=Secret("k")))
    assert kibana_api.write(connection) == given
    assert kibana_api.write(connection, public=True) == body()


KNOWN = "is no key that is known here; known: `name`, `connector_type_id`, `config`, `secrets`"


def test_problems_have_the_paths_of_the_body() -> None:
    wrong = {"actionTypeId": ".gen-ai", "config": {"apiProvider": "OpenAI"}, "secrets": [], "config.apiUrl": "x"}
    assert problems(lambda: kibana_api.read("case", wrong, default_model="m")) == [
        ("actionTypeId", KNOWN),
        ("config.apiUrl", KNOWN),
        ("connector_type_id", "must be `.gen-ai`"),
        ("name", "is required"),
        ("secrets", "must be an object, not a list"),
        ("config.apiUrl", "is required"),
    ]


@pytest.mark.parametrize("wrong", [None, 1, "x", []])
def test_a_body_must_be_an_object(wrong: Any) -> None:
    assert [path for path, _ in problems(lambda: kibana_api.read("case", wrong))] == [""]


def test_a_body_that_makes_one_needs_its_secrets() -> None:
    assert problems(lambda: kibana_api.read("case", body())) == [("secrets.apiKey", "is required")]


@pytest.mark.parametrize(("connector_type", "other"), [(".slack", True), (".gen-ai", False), (None, False)])
def test_connectors_of_other_types_are_told_apart(connector_type: Any, other: bool) -> None:
    assert kibana_api.is_other_type({"connector_type_id": connector_type}) is other


def test_exposing_its_config_is_nothing_that_a_body_says() -> None:
    given = own.read(
        "case", {"model": "m", "credential": {"api_key": "k"}, "foreign": {"kibana": {"exposeConfig": True}}}
    )
    assert [path for path, _ in problems(lambda: kibana_api.write(given))] == ["foreign.kibana.exposeConfig"]
    assert [path for path, _ in problems(lambda: kibana_api.read("case", body(exposeConfig=True)))] == [
        "exposeConfig",
        "secrets.apiKey",
    ]


def test_what_the_api_gives_out_has_its_key_missing() -> None:
    given = kibana_api.read("6f1c", body(**GIVEN_OUT))
    assert (given.credential, given.warnings) == (
        ApiKey(api_key=Secret.missing()),
        (Problem("secrets", "never leave Kibana, so they have to be given again: `apiKey`"),),
    )


def test_with_another_service_it_may_be_a_certificate() -> None:
    given = kibana_api.read("6f1c", body({**OTHERS, "verificationMode": "certificate"}, **GIVEN_OUT))
    assert (given.credential, given.tls, given.foreign.kibana) == (
        ApiKey(api_key=Secret.missing()),
        TLSSettings(verification="certificate"),
        {},
    )
    assert given.warnings == (
        Problem(
            "secrets",
            "never leave Kibana, so they have to be given again: `apiKey`, or `certificateData`, `privateKeyData`",
        ),
    )


def test_a_certificate_that_is_given_then_takes_the_place_of_the_key() -> None:
    given = kibana_api.read("6f1c", body(OTHERS, **GIVEN_OUT))
    tls = {"certificate": {"file": "/c"}, "private_key": {"file": "/k"}}
    assert own.read("6f1c", {**own.write(given), "tls": tls}).credential == NoCredential()


def test_only_what_must_have_been_there_is_missing() -> None:
    azure = {"apiProvider": "Azure OpenAI", "apiUrl": "https://r/openai/v1", "auth_type": "entra"}
    entra = {"entra_tenant_id": "t", "entra_client_id": "c"}
    given = kibana_api.read("6f1c", body({**azure, **entra}, **GIVEN_OUT))
    assert given.credential == Entra(tenant_id="t", client_id="c", client_secret=Secret.missing())
    machine = kibana_api.read("6f1c", body({**azure, "entra_managed_identity": True}, **GIVEN_OUT))
    assert (machine.credential, machine.warnings) == (Entra(managed_identity=True), ())
    asks_for_none = kibana_api.read("6f1c", body({**OTHERS, "auth_type": "none"}, **GIVEN_OUT))
    assert (asks_for_none.credential, asks_for_none.warnings) == (NoCredential(), ())


def test_what_else_is_wrong_with_it_is_told_alone() -> None:
    found = problems(lambda: kibana_api.read("6f1c", body({"apiProvider": "OpenAI", "color": 1}, **GIVEN_OUT)))
    assert [path for path, _ in found] == ["config.color", "config.apiUrl"]


def test_what_was_given_out_with_its_secrets_filled_in_is_a_body() -> None:
    given = kibana_api.read("6f1c", body(**GIVEN_OUT, secrets={"apiKey": "k"}))
    assert (given.credential, given.warnings) == (ApiKey(api_key=Secret("k")), ())


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("My connector", "my-connector"),
        ("  GPT-4.1 (Büro) ", "gpt-4-1-buro"),
        ("a_b", "a_b"),
        ("_a_", "a"),
        ("x" * 70, "x" * 64),
        ("new", "connector-11507a0e2f5e"),
        ("日本語", "connector-77710aedc74e"),
        ("", "connector-e3b0c44298fc"),
    ],
)
def test_an_id_comes_of_the_name_alone(name: str, id: str) -> None:
    assert (id_from_name(name), own.is_id(id_from_name(name))) == (id, True)


def test_an_id_is_no_key_that_stands_in_the_name() -> None:
    assert id_from_name("sk-proj-canary0123456789").startswith("connector-")


def test_every_provider_is_read() -> None:
    azure = body({"apiProvider": "Azure OpenAI", "apiUrl": "https://r/openai/v1"}, secrets={"apiKey": "k"})
    other = body(OTHERS, secrets={"apiKey": "k"})
    assert [kibana_api.read("case", each).provider for each in (azure, other)] == [AZURE, OTHER]

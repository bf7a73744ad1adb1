"""The examples of Apache's and Elastic's own documentation, word for word."""

from __future__ import annotations

import json
from typing import Any

import pytest

import connectory
from connectory.dialects import airflow, kibana, own
from connectory.dialects.airflow import DEFAULT_ID
from connectory.transport import Timeouts
from connectory.wire.rewriting import prepare_body

EXTRA = '{ "openai_client_kwargs": { "timeout": 10, "api_key": "YOUR_API_KEY" } }'
"""From "Configuring the Connection" of Airflow's OpenAI connection."""

BODY = """{
  "model": "gpt-3.5-turbo",
  "messages": [
    {
      "role": "user",
      "content": "Hello world"
    }
  ]
}"""
"""From "Action configuration" of Elastic's OpenAI connector."""


def preconfigured(**config: Any) -> connectory.Connection:
    entry = {"name": "n", "actionTypeId": ".gen-ai", "config": config, "secrets": {"apiKey": "k"}}
    return kibana.read("my-open-ai", entry)


def test_the_hook_points_to_openai_default() -> None:
    assert DEFAULT_ID == "openai_default"


def test_the_key_in_the_client_arguments_wins_over_the_password_and_its_timeout_counts() -> None:
    fields = {"conn_type": "openai", "password": "the password", "extra": json.loads(EXTRA)}
    given = airflow.read(DEFAULT_ID, fields)
    assert own.write(given) == {
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {"kind": "api_key", "api_key": "YOUR_API_KEY"},
        "client": {"timeout": 10.0},
        "foreign": {"airflow": {"password": '"the password"'}},
    }


def test_the_extra_may_be_json_text() -> None:
    fields = {"conn_type": "openai", "password": "the password", "extra": EXTRA}
    assert airflow.read(DEFAULT_ID, fields).client.timeout == Timeouts.all(10.0)


def test_all_parameters_of_the_extra_are_optional() -> None:
    fields = {"conn_type": "openai", "password": "sk"}
    assert airflow.read(DEFAULT_ID, {**fields, "extra": "{}"}) == airflow.read(DEFAULT_ID, fields)


def test_the_host_is_optional_and_is_the_address_of_the_instance() -> None:
    fields = {"conn_type": "openai", "password": "sk", "host": "https://my-instance/v1"}
    assert airflow.read(DEFAULT_ID, fields).url == "https://my-instance/v1"


def test_the_authentication_is_by_api_key_unless_the_extra_says_so() -> None:
    fields = {"conn_type": "openai", "password": "sk"}
    assert airflow.read(DEFAULT_ID, {**fields, "extra": {"auth_type": "api_key"}}) == airflow.read(DEFAULT_ID, fields)


@pytest.mark.parametrize(
    ("config", "header"),
    [
        (
            {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1/chat/completions"},
            ("Authorization", "Bearer k"),
        ),
        (
            {
                "apiProvider": "Azure OpenAI",
                "apiUrl": "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            },
            ("api-key", "k"),
        ),
        (
            {"apiProvider": "Other", "apiUrl": "http://localhost:1234/v1/chat/completions", "defaultModel": "m"},
            ("Authorization", "Bearer k"),
        ),
    ],
    ids=lambda part: part["apiProvider"] if isinstance(part, dict) else "",
)
def test_each_of_the_three_providers_sends_its_url_and_headers(config: dict[str, Any], header: tuple[str, str]) -> None:
    given = preconfigured(**config, headers={"X-My-Custom-Header": "foo"})
    assert (given.address.endpoint, sent_with(given)) == (
        config["apiUrl"],
        {"X-My-Custom-Header": "foo", header[0]: header[1]},
    )


def test_the_default_model_is_required_for_other_and_optional_for_openai() -> None:
    with pytest.raises(connectory.DocumentError) as caught:
        preconfigured(apiProvider="Other", apiUrl="http://localhost:1234/v1/chat/completions")
    assert [problem.path for problem in caught.value.problems] == ["config.defaultModel"]


@pytest.mark.parametrize("provider", ["OpenAI", "Azure OpenAI", "Other"])
def test_an_api_key_is_required_without_pki(provider: str) -> None:
    config = {"apiProvider": provider, "apiUrl": "https://h/v1", "defaultModel": "m"}
    with pytest.raises(connectory.DocumentError) as caught:
        kibana.read("a", {"name": "n", "actionTypeId": ".gen-ai", "config": config})
    assert [problem.path for problem in caught.value.problems] == ["secrets.apiKey"]


def test_the_body_of_the_example_keeps_its_model() -> None:
    url = "https://api.openai.com/v1/chat/completions"
    given = preconfigured(apiProvider="OpenAI", apiUrl=url, defaultModel="gpt-4.1")
    sent = prepare_body(BODY, provider=given.provider, url=url, model=given.model, stream=False)
    assert json.loads(sent) == {**json.loads(BODY), "stream": False}


def test_the_preconfigured_headers_do_not_replace_the_key() -> None:
    url = "https://api.openai.com/v1/chat/completions"
    given = preconfigured(apiProvider="OpenAI", apiUrl=url, headers={"Authorization": "override"})
    assert sent_with(given) == {"Authorization": "Bearer k"}


def sent_with(given: connectory.Connection) -> dict[str, object]:
    """The connection's headers and its credential's."""
    key = given.credential.fixed_key()
    assert key is not None
    return {**given.own_headers(), **dict([given.provider.credential_header(key.reveal())])}

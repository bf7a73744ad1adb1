"""What our clients rely on inside the SDK, which promises none of it."""

import inspect

import openai
import pytest
from openai.lib import azure

from connectory.provider import DEPLOYMENT_ENDPOINTS


def test_endpoints_that_belong_to_a_deployment_are_those_of_the_sdk() -> None:
    assert set(DEPLOYMENT_ENDPOINTS) == azure._deployments_endpoints


@pytest.mark.parametrize("kind", [openai.OpenAI, openai.AsyncOpenAI])
def test_client_keeps_its_headers_where_ours_takes_them_back(kind: type[openai.OpenAI]) -> None:
    kept = vars(kind(api_key="k", base_url="http://127.0.0.1:9", default_headers={"a": "b"}))
    assert kept["_custom_headers"] == {"a": "b"}
    assert kept["_ambient_authorizations"] == frozenset()
    assert kept["_api_key_provider"] is None
    assert {"organization", "project", "admin_api_key", "webhook_secret"} <= kept.keys()


@pytest.mark.parametrize("kind", [openai.OpenAI, openai.AsyncOpenAI, openai.AzureOpenAI, openai.AsyncAzureOpenAI])
@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("copy", {"_extra_kwargs", "default_headers", "http_client"}),
        ("_build_request", {"options", "retries_taken"}),
        ("_auth_headers", {"security"}),
        ("_validate_headers", {"headers", "custom_headers"}),
    ],
)
def test_method_that_ours_overrides_takes_what_ours_passes(
    kind: type[openai.OpenAI], method: str, parameters: set[str]
) -> None:
    assert parameters <= inspect.signature(getattr(kind, method)).parameters.keys()


def test_azure_client_has_a_word_for_headers_that_carry_the_key() -> None:
    client = openai.AzureOpenAI(api_key=azure.API_KEY_SENTINEL, base_url="http://127.0.0.1:9", api_version="1")
    assert client._auth_headers({"bearer_auth": True}) == {}

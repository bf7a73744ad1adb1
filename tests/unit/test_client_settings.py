"""ClientSettings hold every argument of the SDK's constructor that JSON can express, and no other."""

from __future__ import annotations

import inspect
import json
from typing import Any

import openai
import pytest

from connectory.connection import ClientSettings, Connection
from connectory.dialects import airflow
from connectory.dialects.client_arguments import LIFTED
from connectory.setting import settings_of

OBJECTS = {"self", "http_client", "provider"}
"""Arguments that are objects of Python's."""
SAID_OTHERWISE = {"_enforce_credentials"}
"""Off, the SDK takes a client without a key; the kind `none` of a credential says so in every runtime."""

IDENTITY = {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}
EXAMPLES: dict[str, Any] = {
    "api_key": "k",
    "admin_api_key": "a",
    "workload_identity": IDENTITY,
    "organization": "o",
    "project": "p",
    "webhook_secret": "w",
    "base_url": "https://h/v1",
    "data_residency": "eu",
    "websocket_base_url": "wss://h/v1",
    "timeout": 10,
    "max_retries": 3,
    "default_headers": {"X": "a"},
    "default_query": {"q": [1]},
    "_strict_response_validation": True,
}


def read(arguments: dict[str, Any]) -> Connection:
    password = None if arguments.keys() & {"api_key", "workload_identity"} else "k"
    extra = {"openai_client_kwargs": arguments}
    return airflow.read("case", json.dumps({"conn_type": "openai", "password": password, "extra": extra}))


@pytest.mark.parametrize("kind", [openai.OpenAI, openai.AsyncOpenAI])
def test_they_are_the_arguments_of_the_constructor(kind: type) -> None:
    arguments = inspect.signature(kind).parameters.keys() - OBJECTS - SAID_OTHERWISE
    assert {*settings_of(ClientSettings), *LIFTED} == arguments


def test_each_has_an_example() -> None:
    assert EXAMPLES.keys() == {*settings_of(ClientSettings), *LIFTED}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_is_read_from_an_airflow_connection_and_written_there(name: str) -> None:
    given = read({name: EXAMPLES[name]})
    written = airflow.write(given)
    assert (given == read({}), airflow.read("case", written)) == (name == "api_key", given)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ("api_key", "base_url")])
def test_as_the_same_argument(name: str) -> None:
    written = airflow.write(read({name: EXAMPLES[name]}))
    assert written["extra"] == {"openai_client_kwargs": {name: EXAMPLES[name]}}

"""Airflow's page on the OpenAI connection, its section on authentication, sentence by sentence, at real services."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from connectory import Connection, aconnect, connect, execute
from connectory.credential import IdentityEndpoints
from connectory.dialects import airflow
from connectory.errors import DocumentError, SubjectTokenUnavailable
from tests.integration.connections import HELLO
from tests.integration.identity.conftest import Place
from tests.upstream import AzureMetadata, GoogleMetadata, RotatingTokenFile, Upstream, running

IDENTITY = {"auth_type": "workload_identity", "identity_provider_id": "idp-123", "service_account_id": "sa-456"}
FROM_A_POD = """
{
  "auth_type": "workload_identity",
  "workload_identity_provider": "kubernetes",
  "identity_provider_id": "idp-123",
  "service_account_id": "sa-456"
}
"""

PROVIDERS = """
calls = 0

def subject_token():
    global calls
    calls += 1
    return f"subject-{calls}"

async def async_token():
    return "subject-1"

def id_token():
    return "subject-1"

def empty():
    return ""

def none():
    return None

def number():
    return 7

def failing():
    raise RuntimeError("idp down")

async def failing_async():
    raise RuntimeError("idp down")

nothing = "not a function"
"""


@pytest.fixture
def made(service: Upstream, place: Place) -> Any:
    """Makes a connection of an `extra`, as an operator has said where tokens come from."""

    def make(extra: dict[str, Any] | str, **endpoints: str) -> Connection:
        value = {"conn_type": "openai", "host": f"{service.url}/v1", "extra": extra}
        connection = airflow.read("openai_default", value)
        known = IdentityEndpoints(exchange_url=place.url, **endpoints)
        return dataclasses.replace(connection, identity_endpoints=known, model="gpt-test")

    return make


@pytest.fixture
def providers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "our_tokens.py").write_text(PROVIDERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "our_tokens"
    sys.modules.pop("our_tokens", None)


def exchanged(place: Place) -> list[tuple[str, str]]:
    return [(request.json()["subject_token"], request.json()["subject_token_type"]) for request in place.at.requests]


JWT = "urn:ietf:params:oauth:token-type:jwt"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


def test_for_example_to_authenticate_from_a_kubernetes_pod(
    made: Any, token_file: RotatingTokenFile, place: Place
) -> None:
    """The example as it stands, but for the file, which is not there outside a pod."""
    extra = json.loads(FROM_A_POD) | {"token_file_path": str(token_file.path)}
    with connect(made(extra)) as client:
        client.models.list()
    assert exchanged(place) == [("subject-1", JWT)]


def test_no_api_key_is_stored_in_the_connection() -> None:
    connection = airflow.read("openai_default", {"conn_type": "openai", "extra": FROM_A_POD})
    assert (connection.credential.kind, connection.url) == ("workload_identity", "https://api.openai.com/v1")


def test_the_token_file_path_defaults_to_the_path_in_the_cluster(made: Any) -> None:
    with pytest.raises(SubjectTokenUnavailable, match=r"/var/run/secrets/kubernetes\.io/serviceaccount/token"):
        execute(made(FROM_A_POD), HELLO)


def test_auth_type_defaults_to_api_key() -> None:
    connection = airflow.read("openai_default", {"conn_type": "openai", "password": "k", "extra": {}})
    assert connection.credential.kind == "api_key"


@pytest.mark.parametrize("missing", ["identity_provider_id", "service_account_id"])
def test_identity_provider_id_and_service_account_id_are_always_required(missing: str) -> None:
    extra = {name: value for name, value in json.loads(FROM_A_POD).items() if name != missing}
    with pytest.raises(DocumentError) as told:
        airflow.read("openai_default", {"conn_type": "openai", "extra": extra})
    assert f"Missing required '{missing}' for workload_identity auth on OpenAI connection 'openai_default'." in str(
        told.value
    )


def test_azure_a_managed_identity(made: Any, place: Place, subject_tokens: set[str]) -> None:
    with running(AzureMetadata()) as metadata:
        subject_tokens.add("imds-1")
        extra = {**IDENTITY, "workload_identity_provider": "azure"}
        assert execute(made(extra, azure_metadata_url=metadata.url), HELLO).status == 200
    [asked] = metadata.requests
    query = dict(httpx2.URL(asked.target).params)
    assert query == {"api-version": "2018-02-01", "resource": "https://management.azure.com/"}
    assert (asked.header("Metadata"), exchanged(place)) == ("true", [("imds-1", JWT)])


@pytest.mark.parametrize(
    ("key", "value", "parameter"),
    [
        ("resource", "https://cognitiveservices.azure.com/", "resource"),
        ("client_id", "c", "client_id"),
        ("object_id", "o", "object_id"),
        ("msi_res_id", "m", "msi_res_id"),
        ("api_version", "2019-08-01", "api-version"),
    ],
)
def test_azure_optional_keys(made: Any, subject_tokens: set[str], key: str, value: str, parameter: str) -> None:
    with running(AzureMetadata()) as metadata:
        subject_tokens.add("imds-1")
        extra = {**IDENTITY, "workload_identity_provider": "azure", key: value}
        execute(made(extra, azure_metadata_url=metadata.url), HELLO)
    assert httpx2.URL(metadata.requests[0].target).params[parameter] == value


@pytest.mark.parametrize("audience", [None, "https://aud.example"])
def test_gcp_a_google_cloud_id_token_for_the_given_audience(
    made: Any, place: Place, subject_tokens: set[str], audience: str | None
) -> None:
    with running(GoogleMetadata()) as metadata:
        subject_tokens.add("google-1")
        extra = {**IDENTITY, "workload_identity_provider": "gcp", "audience": audience}
        assert execute(made(extra, gcp_metadata_url=metadata.url), HELLO).status == 200
    [asked] = metadata.requests
    assert httpx2.URL(asked.target).params["audience"] == (audience or "https://api.openai.com/v1")
    assert (asked.header("Metadata-Flavor"), exchanged(place)) == ("Google", [("google-1", ID_TOKEN)])


def custom(providers: str, name: str, **more: str) -> dict[str, Any]:
    return {**IDENTITY, "workload_identity_provider": "custom", "token_provider": f"{providers}.{name}", **more}


@pytest.mark.parametrize("name", ["subject_token", "async_token"])
def test_custom_import_token_provider_and_use_it_as_the_token_source(
    made: Any, place: Place, providers: str, name: str
) -> None:
    with connect(made(custom(providers, name))) as client:
        client.models.list()
    assert exchanged(place) == [("subject-1", JWT)]


def test_custom_in_a_program_with_a_loop_of_its_own(made: Any, place: Place, providers: str) -> None:
    async def call() -> None:
        async with aconnect(made(custom(providers, "async_token"))) as client:
            await client.models.list()

    asyncio.run(call())
    assert exchanged(place) == [("subject-1", JWT)]


@pytest.mark.parametrize(("token_type", "sent"), [("jwt", JWT), ("id", ID_TOKEN), ("", JWT)])
def test_custom_optional_token_type(made: Any, place: Place, providers: str, token_type: str, sent: str) -> None:
    execute(made(custom(providers, "id_token", token_type=token_type)), HELLO)
    assert exchanged(place) == [("subject-1", sent)]


def test_token_type_applies_only_to_the_custom_source(made: Any, token_file: RotatingTokenFile, place: Place) -> None:
    path = str(token_file.path)
    extra = {**IDENTITY, "workload_identity_provider": "kubernetes", "token_file_path": path, "token_type": "id"}
    execute(made(extra), HELLO)
    assert exchanged(place) == [("subject-1", JWT)]


def test_the_callable_is_imported_when_a_client_is_made_and_not_before(made: Any, providers: str) -> None:
    connection = made(custom(providers, "subject_token"))
    assert providers not in sys.modules
    with connect(connection):
        assert providers in sys.modules


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("getcwd", "getcwd doesn't look like a module path"),
        ("os.nosuch", 'Module "os" does not define a "nosuch" attribute/class'),
        ("no_such_module.token", "No module named 'no_such_module'"),
        ("our_tokens.nothing", "is not callable"),
    ],
)
def test_a_token_provider_that_cannot_be_used_is_refused_when_the_client_is_made(
    made: Any, providers: str, path: str, message: str
) -> None:
    extra = {**IDENTITY, "workload_identity_provider": "custom", "token_provider": path}
    with pytest.raises(SubjectTokenUnavailable) as told:
        connect(made(extra))
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", "returned an empty subject token"),
        ("none", "returned an empty subject token"),
        ("number", "int"),
        ("failing", "idp down"),
        ("failing_async", "idp down"),
    ],
)
def test_what_a_token_provider_does_wrong_is_said(
    made: Any, place: Place, providers: str, name: str, message: str
) -> None:
    with connect(made(custom(providers, name))) as client, pytest.raises(openai.OpenAIError) as told:
        client.models.list()
    assert message in str(told.value)
    assert place.exchanges == 0


@pytest.mark.parametrize("seconds", [60, "60", None])
def test_the_optional_refresh_buffer_seconds(token_file: RotatingTokenFile, seconds: Any) -> None:
    path = str(token_file.path)
    extra = {**json.loads(FROM_A_POD), "token_file_path": path, "refresh_buffer_seconds": seconds}
    connection = airflow.read("openai_default", {"conn_type": "openai", "extra": extra})
    assert connection.credential.refresh_buffer == (1200 if seconds is None else 60)

"""What a document says of an SDK client arrives: limits, retries, query, organization, deployments, closing."""

import time
from typing import Any

import openai
import pytest

from connectory import DocumentError, aconnect, connect, execute
from tests.integration.connections import KEY, VERSION, azure_at, azure_v1_at, openai_at
from tests.upstream import Upstream

MESSAGES: Any = [{"role": "user", "content": "Hello there"}]


def say(client: openai.OpenAI, model: str = "gpt-test") -> str | None:
    return client.chat.completions.create(model=model, messages=MESSAGES).choices[0].message.content


def soon_closed(upstream: Upstream) -> bool:
    end = time.monotonic() + 2
    while upstream.open_connections and time.monotonic() < end:
        time.sleep(0.005)
    return upstream.open_connections == 0


# Limits


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({}, (5.0, 600.0, 600.0, 600.0)),
        ({"timeout": 10}, (10.0, 10.0, 10.0, 10.0)),
        ({"timeout": "10"}, (10.0, 10.0, 10.0, 10.0)),
        ({"timeout": None}, (None, None, None, None)),
        ({"timeout": {"connect": 1, "read": 2.5, "write": 3, "pool": None}}, (1.0, 2.5, 3.0, None)),
    ],
)
def test_time_limits_are_those_of_the_document(
    told: dict[str, Any], limits: tuple[float | None, ...], service: Upstream
) -> None:
    with connect(openai_at(service, client=told)) as client:
        timeout: Any = client.timeout
        assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == limits


def test_service_that_is_too_slow_is_a_timeout(service: Upstream) -> None:
    told = {"timeout": 0.1, "max_retries": 0}
    with connect(openai_at(service, client=told)) as client, pytest.raises(openai.APITimeoutError):
        say(client, "stall-5")


def test_failure_is_tried_again_twice(service: Upstream) -> None:
    with connect(openai_at(service)) as client:
        assert say(client, "retry-after-ms-1-times-2") == "You said: Hello there"
    assert len(service.requests) == 3


def test_number_of_tries_is_that_of_the_document(service: Upstream) -> None:
    with connect(openai_at(service, client={"max_retries": 0})) as client, pytest.raises(openai.RateLimitError):
        say(client, "retry-after-ms-1-times-1")
    assert len(service.requests) == 1


def test_argument_of_the_caller_wins_over_the_document(service: Upstream) -> None:
    with connect(openai_at(service, client={"max_retries": 0, "timeout": 1}), max_retries=7, timeout=8) as client:
        assert (client.max_retries, client.timeout) == (7, 8)


def test_argument_that_the_sdk_does_not_have_is_an_error(service: Upstream) -> None:
    with pytest.raises(TypeError, match="colour"):
        connect(openai_at(service), colour="red")


# What goes along with every request


def test_query_and_headers_of_document_and_caller_go_along(service: Upstream) -> None:
    told = {"default_query": {"a": "1", "b": "1"}, "default_headers": {"X-A": "1", "X-B": "1"}}
    given: Any = {"default_query": {"b": "2"}, "default_headers": {"X-B": "2"}}
    with connect(openai_at(service, client=told, headers={"X-C": "3"}), **given) as client:
        say(client)
    request = service.requests[0]
    assert request.query == "a=1&b=2"
    assert [request.header(name) for name in ("x-a", "x-b", "x-c")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "document",
    [
        {"client": {"organization": "org-1", "project": "proj-1"}},
        {"credential": {"api_key": "sk-test", "organization": "org-1", "project": "proj-1"}},
    ],
)
def test_organization_and_project_go_along(document: dict[str, Any], service: Upstream) -> None:
    with connect(openai_at(service, **document)) as client:
        say(client)
        say(client.with_options(timeout=3))
    sent = [(each.header("openai-organization"), each.header("openai-project")) for each in service.requests]
    assert sent == [("org-1", "proj-1")] * 2


def test_data_residency_chooses_the_url() -> None:
    with connect(openai_at("", url="", client={"data_residency": "eu"})) as client:
        assert str(client.base_url) == "https://eu.api.openai.com/v1/"


def test_secrets_of_the_client_are_told(service: Upstream) -> None:
    told = {"admin_api_key": "admin", "webhook_secret": "whsec"}
    with connect(openai_at(service, client=told)) as client:
        for each in (client, client.copy()):
            assert (each.admin_api_key, each.webhook_secret) == ("admin", "whsec")


# Azure


def test_classic_url_without_a_version_is_posted_to_as_it_stands_and_gives_no_client(azure_service: Upstream) -> None:
    connection = azure_at(azure_service, url=f"{azure_service.url}/openai/deployments/prod/chat/completions")
    execute(connection, {"messages": MESSAGES})
    assert azure_service.requests[0].target == "/openai/deployments/prod/chat/completions"
    with pytest.raises(DocumentError, match="api version"):
        connect(connection)
    with connect(connection, api_version=VERSION) as client:
        assert say(client) == "You said: Hello there"


def test_query_of_the_url_keeps_its_order(azure_service: Upstream) -> None:
    url = f"{azure_service.url}/openai/deployments/prod?api-version={VERSION}&foo=1"
    with connect(azure_at(azure_service, url=url)) as client:
        say(client)
    assert azure_service.requests[0].query == f"api-version={VERSION}&foo=1"


@pytest.mark.parametrize(
    ("url", "deployments", "model", "path"),
    [
        ("/openai", {}, "gpt-test", "/openai/deployments/gpt-test/chat/completions"),
        ("/openai", {"gpt-4.1": "prod"}, "gpt-4.1", "/openai/deployments/prod/chat/completions"),
        ("/openai/deployments/prod", {}, "gpt-4.1", "/openai/deployments/prod/chat/completions"),
        ("/openai/deployments/prod/chat/completions", {}, "x", "/openai/deployments/prod/chat/completions"),
        ("/openai/deployments/prod", {"x": "gpt-test"}, "x", "/openai/deployments/gpt-test/chat/completions"),
    ],
)
def test_deployment_is_that_of_the_map_then_of_the_url_then_the_model(
    url: str, deployments: dict[str, str], model: str, path: str, azure_service: Upstream
) -> None:
    document = {"url": f"{azure_service.url}{url}?api-version={VERSION}", "azure": {"deployments": deployments}}
    with connect(azure_at(azure_service, **document)) as client:
        assert say(client, model) == "You said: Hello there"
        assert say(client.with_options(timeout=3), model) == "You said: Hello there"
    assert [(each.path, each.query) for each in azure_service.requests] == [(path, f"api-version={VERSION}")] * 2


@pytest.mark.anyio
async def test_async_client_finds_the_deployment_too(azure_service: Upstream) -> None:
    async with aconnect(azure_at(azure_service, azure={"deployments": {"gpt-4.1": "prod"}})) as client:
        await client.chat.completions.create(model="gpt-4.1", messages=MESSAGES)
    assert azure_service.requests[0].path == "/openai/deployments/prod/chat/completions"


def test_operations_without_a_model_go_past_the_deployment(azure_service: Upstream) -> None:
    url = f"{azure_service.url}/openai/deployments/prod?api-version={VERSION}"
    with connect(azure_at(azure_service, url=url)) as client:
        client.files.create(file=("a", b"b"), purpose="batch")
    assert azure_service.requests[0].path == "/openai/files"


@pytest.mark.parametrize("model", [{}, {"model": "gpt-image-1"}])
def test_image_of_no_model_goes_to_the_deployment_of_the_url(model: dict[str, str], azure_service: Upstream) -> None:
    url = f"{azure_service.url}/openai/deployments/prod?api-version={VERSION}"
    with connect(azure_at(azure_service, url=url)) as client:
        client.images.generate(prompt="a cat", **model)  # type: ignore[call-overload]
    assert azure_service.requests[0].path == "/openai/deployments/prod/images/generations"


@pytest.mark.parametrize("header", ["OpenAI-Organization", "openai-organization"])
def test_organization_of_the_credential_wins_over_a_header(header: str, service: Upstream) -> None:
    credential = {"api_key": KEY, "organization": "org-1"}
    with connect(openai_at(service, credential=credential, headers={header: "org-2"})) as client:
        say(client)
    assert service.requests[0].values("openai-organization") == ["org-1"]


def test_header_of_a_connection_does_not_change_what_a_body_is(service: Upstream) -> None:
    with connect(openai_at(service, headers={"Content-Type": "text/plain"})) as client:
        say(client)
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    kinds = [request.header("content-type") or "" for request in service.requests]
    assert [kind.partition(";")[0] for kind in kinds] == ["application/json", "multipart/form-data"]


def test_transcription_goes_to_its_deployment(azure_service: Upstream) -> None:
    with connect(azure_at(azure_service, azure={"deployments": {"hear": "whisper-1"}})) as client:
        client.audio.transcriptions.create(file=("a.wav", b"RIFF"), model="hear")
    assert azure_service.requests[0].path == "/openai/deployments/whisper-1/audio/transcriptions"


def test_base_url_of_the_caller_may_name_a_deployment(azure_service: Upstream) -> None:
    with connect(azure_at(azure_service), base_url=f"{azure_service.url}/openai/deployments/prod") as client:
        say(client, "gpt-4.1")
    assert azure_service.requests[0].path == "/openai/deployments/prod/chat/completions"


def test_model_is_the_deployment_at_azure_v1(azure_service: Upstream) -> None:
    with connect(azure_v1_at(azure_service)) as client:
        say(client, "prod")
    assert azure_service.requests[0].target == "/openai/v1/chat/completions"


# Closing


def test_client_closes_its_connections(service: Upstream) -> None:
    with connect(openai_at(service)) as client:
        say(client)
        assert service.open_connections == 1
    assert soon_closed(service)


@pytest.mark.anyio
async def test_async_client_closes_its_connections(service: Upstream) -> None:
    async with aconnect(openai_at(service)) as client:
        await client.chat.completions.create(model="gpt-test", messages=MESSAGES)
        assert service.open_connections == 1
    assert soon_closed(service)


def test_copies_share_the_connections(service: Upstream) -> None:
    with connect(openai_at(service)) as client:
        for each in (client, client.copy(), client.with_options(timeout=3)):
            say(each)
        assert service.connections == 1


def test_client_is_the_sdks_own_by_isinstance(service: Upstream, azure_service: Upstream) -> None:
    with connect(openai_at(service)) as one, connect(azure_at(azure_service)) as two:
        assert isinstance(one, openai.OpenAI)
        assert isinstance(two, openai.AzureOpenAI)

"""`execute` and `aexecute`: a body goes to the endpoint, the service's own answer comes back."""

import json
from typing import Any

import pytest

from connectory import (
    Answer,
    CallerError,
    Connection,
    InvalidAnswer,
    ServiceError,
    Usage,
    UsageSource,
    aexecute,
    execute,
)
from tests.integration.connections import ECHO, HELLO, KEY, VERSION, azure_at, azure_v1_at, openai_at, other_at
from tests.upstream import Answer as ServiceAnswer
from tests.upstream import Received, Upstream, json_answer, running

SEED = """{
  "model": "gpt-3.5-turbo",
  "messages": [
    {
      "role": "user",
      "content": "Hello world"
    }
  ]
}"""
"""The body in Elastic's documentation, word for word."""


async def _echo(request: Received) -> ServiceAnswer:
    """Answers with what it was sent."""
    return json_answer({"received": request.body.decode(), "path": request.target})


def sent(upstream: Upstream) -> Any:
    return upstream.requests[-1].json()


def text_of(answer: Answer) -> str:
    text: str = answer.json()["choices"][0]["message"]["content"]
    return text


# The answer


def test_answer_is_the_services_own(service: Upstream) -> None:
    answer = execute(openai_at(service), HELLO)
    assert (answer.status, answer.ok, answer.error) == (200, True, None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    assert text_of(answer) == ECHO
    assert answer.usage == Usage(
        prompt_tokens=2,
        completion_tokens=4,
        total_tokens=6,
        cached_tokens=0,
        reasoning_tokens=0,
        source=UsageSource.REPORTED,
    )


@pytest.mark.anyio
async def test_async_answer_is_the_same(service: Upstream) -> None:
    answer = await aexecute(openai_at(service), HELLO)
    assert answer.body == execute(openai_at(service), HELLO).body
    assert answer.usage.total_tokens == 6


def test_body_of_an_answer_keeps_its_bytes() -> None:
    body = b' {"b":1,\n "a": 1.0, "a": "\\u00e9\xc3\xa9"} '

    async def app(_: Received) -> ServiceAnswer:
        return ServiceAnswer(headers=(("content-type", "application/json"),), body=body)

    with running(app) as upstream:
        assert execute(other_at(upstream), HELLO).body == body


def test_error_status_is_an_answer_until_it_is_asked_for(service: Upstream) -> None:
    answer = execute(openai_at(service), {**HELLO, "model": "status-404"})
    assert (answer.status, answer.ok) == (404, False)
    with pytest.raises(ServiceError, match="404"):
        answer.raise_for_error()


# The body


@pytest.mark.parametrize("body", [HELLO, json.dumps(HELLO), json.dumps(HELLO).encode()], ids=["dict", "text", "bytes"])
def test_body_is_an_object_or_json_text(body: Any, service: Upstream) -> None:
    assert text_of(execute(openai_at(service), body)) == ECHO


def test_body_of_the_seed_arrives_with_the_same_value() -> None:
    with running(_echo) as upstream:
        execute(other_at(upstream), SEED)
        assert sent(upstream) == {**json.loads(SEED), "stream": False}


def test_body_that_needs_no_change_arrives_byte_for_byte() -> None:
    with running(_echo) as upstream:
        execute(azure_v1_at(upstream), SEED)
        execute(openai_at(upstream), SEED)
        assert [request.body.decode() for request in upstream.requests] == [SEED, SEED]


@pytest.mark.parametrize("given", ["no json", "[1]", "{", "", '{"a": NaN}'])
def test_text_that_is_no_json_object_is_the_services_to_judge(given: str) -> None:
    with running(_echo) as upstream:
        execute(other_at(upstream), given)
        assert upstream.requests[0].body == given.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), b"bytes"])
def test_object_that_has_no_form_in_json_is_the_callers_error(value: Any, service: Upstream) -> None:
    with pytest.raises(CallerError, match="no form in JSON"):
        execute(openai_at(service), {**HELLO, "x": value})
    assert service.requests == []


def test_lone_surrogate_arrives_as_its_escape(service: Upstream) -> None:
    assert execute(openai_at(service), {"messages": [{"role": "user", "content": "a\ud83d"}]}).ok
    assert rb"a\ud83d" in service.requests[0].body


@pytest.mark.parametrize("made", [openai_at, other_at])
def test_body_without_a_model_gets_the_connections(made: Any) -> None:
    with running(_echo) as upstream:
        for body in (HELLO, {**HELLO, "model": None}, {**HELLO, "model": ""}):
            execute(made(upstream), body)
            assert sent(upstream)["model"] == "gpt-test"


def test_model_of_the_body_wins() -> None:
    with running(_echo) as upstream:
        execute(other_at(upstream), {**HELLO, "model": "mine"})
        assert sent(upstream)["model"] == "mine"


def test_body_for_a_connection_without_a_model_names_none() -> None:
    with running(_echo) as upstream:
        execute(other_at(upstream, model=None), HELLO)
        assert "model" not in sent(upstream)


@pytest.mark.parametrize("made", [openai_at, other_at, azure_v1_at])
@pytest.mark.parametrize("given", [{}, {"stream": True}, {"stream": False}])
def test_stream_flag_gives_way_to_the_argument(made: Any, given: dict[str, Any]) -> None:
    with running(_echo) as upstream:
        execute(made(upstream), {**HELLO, **given})
        assert sent(upstream).get("stream", False) is False
        with execute(made(upstream), {**HELLO, **given}, stream=True) as answer:
            list(answer)
        assert sent(upstream)["stream"] is True


def test_stream_is_asked_for_its_usage_where_the_provider_reports_it() -> None:
    with running(_echo) as upstream:
        for made, asked in ((openai_at, True), (azure_v1_at, True), (other_at, False)):
            with execute(made(upstream), HELLO, stream=True) as answer:
                list(answer)
            assert ("stream_options" in sent(upstream)) is asked


# Where it goes


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("//v1//", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/responses", "/v1/responses"),
        ("/v1/embeddings?a=1", "/v1/embeddings?a=1"),
        ("", "/chat/completions"),
    ],
)
@pytest.mark.parametrize("made", [openai_at, other_at])
def test_url_decides_the_endpoint(made: Any, url: str, target: str) -> None:
    with running(_echo) as upstream:
        execute(made(upstream, url=upstream.url + url), HELLO)
        assert upstream.requests[0].target == target


def test_endpoint_of_a_document_is_posted_to_as_it_stands() -> None:
    with running(_echo) as upstream:
        execute(other_at(upstream, endpoint=f"{upstream.url}/any/where?x=1"), HELLO)
        assert upstream.requests[0].target == "/any/where?x=1"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/openai/v1", "/openai/v1/chat/completions"),
        ("/openai/v1?api-version=preview", "/openai/v1/chat/completions?api-version=preview"),
        (f"/openai?api-version={VERSION}", f"/openai/deployments/gpt-test/chat/completions?api-version={VERSION}"),
        (
            f"/openai/deployments/prod?api-version={VERSION}",
            f"/openai/deployments/prod/chat/completions?api-version={VERSION}",
        ),
        (
            f"/openai/deployments/prod/completions?api-version={VERSION}",
            f"/openai/deployments/prod/completions?api-version={VERSION}",
        ),
        (f"?api-version={VERSION}", f"/openai/deployments/gpt-test/chat/completions?api-version={VERSION}"),
        ("", "/openai/v1/chat/completions"),
    ],
)
def test_url_of_azure_decides_the_endpoint(url: str, target: str) -> None:
    with running(_echo) as upstream:
        execute(azure_at(upstream, url=upstream.url + url), HELLO)
        assert upstream.requests[0].target == target


def test_model_of_the_body_is_the_deployment_where_the_url_names_none(azure_service: Upstream) -> None:
    assert execute(azure_at(azure_service), {**HELLO, "model": "prod"}).ok
    assert azure_service.requests[0].path == "/openai/deployments/prod/chat/completions"


def test_name_of_a_deployment_stays_one_segment_of_the_path() -> None:
    with running(_echo) as upstream:
        execute(azure_at(upstream), {**HELLO, "model": "a/b?c#d é"})
        assert upstream.requests[0].path == "/openai/deployments/a%2Fb%3Fc%23d%20%C3%A9/chat/completions"


@pytest.mark.parametrize("body", [HELLO, {**HELLO, "model": None}, {**HELLO, "model": 5}, "no json"])
def test_azure_without_any_deployment_is_the_callers_error(body: Any, azure_service: Upstream) -> None:
    with pytest.raises(CallerError, match="deployment"):
        execute(azure_at(azure_service, model=None), body)


def test_default_query_goes_along(azure_service: Upstream) -> None:
    told = {"default_query": {"a": 1, "b": [1, 2], "c": {"d": True}, "e": None, "api-version": "no"}}
    execute(azure_at(azure_service, client=told), HELLO)
    assert azure_service.requests[0].query == f"api-version={VERSION}&a=1&b%5B%5D=1&b%5B%5D=2&c%5Bd%5D=true"


# Headers


def headers(connection: Connection, upstream: Upstream) -> dict[str, str]:
    """The headers of an execution less those that every HTTP request has."""
    execute(connection, HELLO)
    names = {"host", "connection", "content-length", "accept"}
    return {name.lower(): value for name, value in upstream.requests[-1].headers if name.lower() not in names}


OURS = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "connectory"}


def test_each_provider_has_its_headers() -> None:
    with running(_echo) as upstream:
        assert headers(openai_at(upstream), upstream) == {**OURS, "authorization": f"Bearer {KEY}"}
        assert headers(other_at(upstream), upstream) == {**OURS, "authorization": f"Bearer {KEY}"}
        assert headers(azure_at(upstream), upstream) == {**OURS, "api-key": "azure-key"}
        assert headers(azure_v1_at(upstream), upstream) == {**OURS, "api-key": "azure-key"}


def test_connection_without_a_credential_sends_none() -> None:
    with running(_echo) as upstream:
        assert headers(other_at(upstream, credential={"kind": "none"}), upstream) == OURS


def test_headers_of_a_connection_lose_to_its_credential_and_its_clients_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hidden ")
    document = {"AUTHORIZATION": "Bearer x", "X-A": "1", "X-B": {"env": "A_SECRET"}, "user-agent": "mine"}
    with running(_echo) as upstream:
        losing = other_at(upstream, headers=document)
        expected = {**OURS, "authorization": f"Bearer {KEY}", "x-a": "1", "x-b": "hidden", "user-agent": "mine"}
        assert headers(losing, upstream) == expected
        winning = other_at(upstream, client={"default_headers": {"authorization": "Bearer y", "X-A": "2"}})
        assert headers(winning, upstream) == {**OURS, "authorization": "Bearer y", "x-a": "2"}


def test_organization_and_project_are_headers() -> None:
    with running(_echo) as upstream:
        connection = openai_at(upstream, client={"organization": "org-1", "project": "proj-1"})
        told = {"openai-organization": "org-1", "openai-project": "proj-1"}
        assert headers(connection, upstream) == {**OURS, "authorization": f"Bearer {KEY}", **told}


# Answers that are no JSON


@pytest.mark.parametrize("path", ["/audio/speech", "/audio/transcriptions", "/audio/translations"])
def test_endpoint_that_promises_no_json_may_answer_anything(path: str) -> None:
    async def speak(_: Received) -> ServiceAnswer:
        return ServiceAnswer(headers=(("content-type", "audio/mpeg"),), body=b"\xff\xfb\x90\x00")

    with running(speak) as upstream:
        answer = execute(other_at(upstream, endpoint=f"{upstream.url}/v1{path}"), {"input": "Hello"})
        assert (answer.ok, answer.body) == (True, b"\xff\xfb\x90\x00")
        with pytest.raises(InvalidAnswer, match="no JSON"):
            answer.json()


def test_endpoint_that_promises_json_must_keep_it() -> None:
    async def speak(_: Received) -> ServiceAnswer:
        return ServiceAnswer(headers=(("content-type", "audio/mpeg"),), body=b"\xff\xfb\x90\x00")

    with running(speak) as upstream:
        error = execute(other_at(upstream), HELLO).error
        assert isinstance(error, InvalidAnswer)
        assert "not UTF-8" in str(error)


def test_answer_without_a_word_of_usage_has_none() -> None:
    with running(_echo) as upstream:
        assert execute(other_at(upstream), HELLO).usage == Usage(source=UsageSource.MISSING)

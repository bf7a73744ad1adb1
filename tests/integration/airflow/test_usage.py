"""What the organisation's sink is told of calls, and what stands in the task's log."""

from __future__ import annotations

import asyncio
import gc
import re
from pathlib import Path
from typing import Any

import openai
import pytest

from connectory import Outcome, UsageEvent, UsageSource
from connectory.airflow import OpenAIHook
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.routed import Routed
from tests.upstream import Upstream, running

HELLO = [{"role": "user", "content": "Hello there"}]


@pytest.fixture
def told() -> list[UsageEvent]:
    return []


@pytest.fixture
def hook(knows: Known, service: Upstream, told: list[UsageEvent]) -> OpenAIHook:
    id = knows(f"{service.url}/v1", openai_client_kwargs={"max_retries": 0}, labels={"team": "search"})
    return OpenAIHook(id, sink=told.append)


def test_call_is_told_of_with_its_tokens_and_the_connections_labels(hook: OpenAIHook, told: list[UsageEvent]) -> None:
    with hook:
        hook.create_chat_completion(HELLO, model="gpt-test")
    [event] = told
    assert (event.connection, event.source, event.provider, event.endpoint) == (
        "case_conn",
        "airflow",
        "openai",
        "chat",
    )
    assert (event.model, event.outcome, event.usage.source) == ("gpt-test", Outcome.SUCCESS, UsageSource.REPORTED)
    assert event.usage.total_tokens == (event.usage.prompt_tokens or 0) + (event.usage.completion_tokens or 0) > 0
    assert event.labels["team"] == "search"
    assert event.latency > 0


def test_embeddings_and_responses_are_told_of_and_lists_of_files_are_not(
    hook: OpenAIHook, told: list[UsageEvent]
) -> None:
    with hook:
        hook.create_embeddings(["one", "two"])
        hook.create_response("Hello there", model="gpt-test")
        hook.get_models()
    assert [(event.endpoint, event.model) for event in told] == [
        ("embeddings", "text-embedding-3-small"),
        ("responses", "gpt-test"),
    ]


def test_streams_are_told_of_when_they_end(hook: OpenAIHook, told: list[UsageEvent]) -> None:
    with (
        hook,
        hook.create_chat_completion(
            HELLO, model="gpt-test", stream=True, stream_options={"include_usage": True}
        ) as stream,
    ):
        assert isinstance(stream, openai.Stream)
        next(stream)
        assert told == []
        assert len(list(stream)) > 1
    [event] = told
    assert (event.streaming, event.usage.source, event.response_model) == (True, UsageSource.REPORTED, "gpt-test")
    assert 0 < (event.first_token or 0) <= event.latency


def test_stream_that_is_dropped_unread_is_told_of(hook: OpenAIHook, told: list[UsageEvent]) -> None:
    with hook:
        stream = hook.create_chat_completion(HELLO, model="gpt-test", stream=1)
        next(stream)
        del stream
        gc.collect()
    assert [(event.streaming, event.outcome) for event in told] == [(True, Outcome.SUCCESS)]


def test_async_stream_of_a_client_of_its_own_can_be_read_to_its_end(hook: OpenAIHook, told: list[UsageEvent]) -> None:
    async def read() -> list[Any]:
        stream: Any = await hook.acreate_response("Hello there", model="gpt-test", stream=True)
        return [event.type async for event in stream]

    assert asyncio.run(read())[-1] == "response.completed"
    [event] = told
    assert (event.streaming, event.usage.source, event.model) == (True, UsageSource.REPORTED, "gpt-test")


def test_failure_is_told_of_with_status_and_code(knows: Known, service: Upstream, told: list[UsageEvent]) -> None:
    id = knows(f"{service.url}/v1", password="sk-wrong", openai_client_kwargs={"max_retries": 0})
    with OpenAIHook(id, sink=told.append) as hook, pytest.raises(openai.AuthenticationError):
        hook.create_chat_completion(HELLO)
    [event] = told
    assert (event.outcome, event.error, event.status_code) == (Outcome.FAILURE, "credential_refused", 401)
    assert "sk-wrong" not in repr(event)


def test_nobody_there_is_told_of_too(knows: Known, told: list[UsageEvent]) -> None:
    id = knows("http://127.0.0.1:1/v1", openai_client_kwargs={"max_retries": 0})
    with OpenAIHook(id, sink=told.append) as hook, pytest.raises(openai.APIConnectionError):
        hook.create_chat_completion(HELLO)
    assert [event.error for event in told] == ["upstream_unreachable"]


@pytest.mark.parametrize("error", [OSError("no space left"), SystemExit("no space left")])
def test_sink_that_raises_costs_no_answer(
    hook: OpenAIHook, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    def broken(_: UsageEvent) -> None:
        raise error

    hook.sink = broken
    with hook:
        assert hook.create_chat_completion(HELLO, model="gpt-test")
    assert f"The usage sink raised {type(error).__name__}: no space left. One event is lost." in capsys.readouterr().out


def test_sink_of_the_configuration_is_found_by_its_path(
    knows: Known, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "accounts.py").write_text("events = []\ntake = events.append\nnumber = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AIRFLOW__CONNECTORY__USAGE_SINK", "accounts.take")
    with OpenAIHook(knows(f"{service.url}/v1")) as hook:
        hook.create_chat_completion(HELLO, model="gpt-test")
        import accounts  # type: ignore[import-not-found]

        assert [event.endpoint for event in accounts.events] == ["chat"]
        asked = len(service.requests)
        for wrong in ("accounts.none", "nobody.knows", "accounts", "accounts.number"):
            monkeypatch.setenv("AIRFLOW__CONNECTORY__USAGE_SINK", wrong)
            with pytest.raises(ValueError, match=rf"`usage_sink` of \[connectory\] .* got '{wrong}'"):
                hook.create_chat_completion(HELLO)
        assert len(service.requests) == asked  # nothing is paid for that could not be told of


def test_connections_model_is_that_of_calls_which_name_none(
    knows: Known, service: Upstream, told: list[UsageEvent]
) -> None:
    with OpenAIHook(knows(f"{service.url}/v1", model="gpt-test"), sink=told.append) as hook:
        hook.create_chat_completion(HELLO)
        hook.create_chat_completion(HELLO, model="gpt-4.1")
    assert [event.model for event in told] == ["gpt-test", "gpt-4.1"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"url": "http://127.0.0.1:1/v1"},
            "http://127.0.0.1:1 could not be reached: connection refused.",
        ),
        (
            {"proxy": "http://127.0.0.1:1"},
            "The proxy on the way to https://api.openai.com failed: "
            "http://127.0.0.1:1 could not be reached: connection refused.",
        ),
    ],
)
def test_failure_of_the_network_says_in_the_log_what_stood_in_the_way(
    knows: Known, capsys: pytest.CaptureFixture[str], given: dict[str, Any], told: str
) -> None:
    with (
        OpenAIHook(knows(**given, openai_client_kwargs={"max_retries": 0})) as hook,
        pytest.raises(openai.APIConnectionError),
    ):
        hook.create_chat_completion(HELLO)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "chat.completions.create" in line]
    assert f"APIConnectionError. {told} `airflow connections test case_conn` says how to mend it" in line


PAGES: dict[str, list[dict[str, Any]]] = {
    "GET /v1/files": [
        {"json": {"object": "list", "data": [{"id": "f1"}], "has_more": True}},
        {"json": {"object": "list", "data": [{"id": "f2"}], "has_more": False}},
    ],
    "GET /v1/batches": [{"json": {"error": {"message": "away"}}, "status": 500}],
}


def test_async_lists_leave_one_line_in_the_log(knows: Known, capsys: pytest.CaptureFixture[str]) -> None:
    with running(Routed(PAGES)) as upstream:
        hook = OpenAIHook(knows(f"{upstream.url}/v1", openai_client_kwargs={"max_retries": 0}))
        assert [file.id for file in asyncio.run(hook.aget_files())] == ["f1", "f2"]
        with pytest.raises(openai.InternalServerError):
            asyncio.run(hook.aget_batches())
    lines = [line for line in capsys.readouterr().out.splitlines() if ".list " in line]
    assert len(lines) == 2
    assert "files.list took" in lines[0]
    assert "batches.list failed" in lines[1]


def test_each_call_leaves_one_line_in_the_log(hook: OpenAIHook, capsys: pytest.CaptureFixture[str]) -> None:
    with hook:
        hook.create_chat_completion(HELLO, model="gpt-test")
    [line] = [line for line in capsys.readouterr().out.splitlines() if "chat.completions.create" in line]
    assert re.search(r"chat\.completions\.create took \d\.\d\d s, model gpt-test, tokens 6, request req_", line)

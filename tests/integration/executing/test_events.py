"""Every execution leaves one usage event, whatever became of it."""

import threading
import time
from typing import Any

import anyio
import pytest

from connectory import (
    CallerError,
    Outcome,
    SecretUnavailable,
    Usage,
    UsageEvent,
    UsageSource,
    aexecute,
    execute,
)
from connectory.usage import Attempt
from tests.integration.connections import HELLO, azure_at, openai_at
from tests.upstream import Upstream


class Enough(Exception):
    """What a sink of these tests raises."""


def test_event_tells_what_was_asked_and_what_came(service: Upstream) -> None:
    events: list[UsageEvent] = []
    before = time.time()
    answer = execute(openai_at(service, labels={"team": "a"}), HELLO, sink=events.append)
    (event,) = events
    (attempt,) = event.attempts
    assert before <= event.started <= time.time()
    assert 0 < attempt.latency <= event.latency < 5
    assert len(event.request_id) == 36
    assert event == UsageEvent(
        request_id=event.request_id,
        started=event.started,
        latency=event.latency,
        connection="it",
        space="default",
        source="library",
        provider="openai",
        endpoint="chat",
        streaming=False,
        outcome=Outcome.SUCCESS,
        usage=Usage(
            prompt_tokens=2,
            completion_tokens=4,
            total_tokens=6,
            cached_tokens=0,
            reasoning_tokens=0,
            source=UsageSource.REPORTED,
        ),
        model="gpt-test",
        response_model="gpt-test",
        status_code=200,
        upstream_request_id=answer.headers["x-request-id"],
        attempts=(Attempt(connection="it", status_code=200, latency=attempt.latency, error=None),),
        labels={"team": "a"},
        bytes_in=len(service.requests[0].body),
        bytes_out=len(answer.body),
    )


def test_event_of_a_stream_tells_when_it_began(service: Upstream) -> None:
    events: list[UsageEvent] = []
    model = "stall-0.1+stream-slow-20"
    with execute(openai_at(service), {**HELLO, "model": model}, stream=True, sink=events.append) as answer:
        size = sum(len(piece) for piece in answer)
    (event,) = events
    assert (event.streaming, event.bytes_out, event.response_model) == (True, size, model)
    assert event.first_token is not None
    assert 0.1 < event.first_token < event.latency - 0.05


@pytest.mark.parametrize("stream", [False, True])
def test_secret_that_is_missing_is_an_execution_that_failed(stream: Any, service: Upstream) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service, credential={"api_key": {"env": "NOT_SET"}})
    with pytest.raises(SecretUnavailable):
        execute(connection, HELLO, stream=stream, sink=events.append)
    assert [(event.error, event.model, event.attempts) for event in events] == [("secrets_missing", "gpt-test", ())]


def test_what_cannot_be_asked_leaves_no_event(azure_service: Upstream) -> None:
    events: list[UsageEvent] = []
    with pytest.raises(CallerError):
        execute(azure_at(azure_service, model=None), HELLO, sink=events.append)
    assert events == []


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
async def test_cancellation_leaves_its_event(stream: Any, service: Upstream) -> None:
    events: list[UsageEvent] = []
    with anyio.move_on_after(0.1):
        await aexecute(openai_at(service), {**HELLO, "model": "stall-9"}, stream=stream, sink=events.append)
    assert [(event.outcome, event.error) for event in events] == [(Outcome.FAILURE, "interrupted")]
    assert [(attempt.status_code, attempt.error) for attempt in events[0].attempts] == [(None, "interrupted")]


def test_error_of_somebody_else_is_no_code_of_ours(service: Upstream) -> None:
    events: list[UsageEvent] = []
    with pytest.raises(SystemExit), execute(openai_at(service), HELLO, stream=True, sink=events.append):
        raise SystemExit("words of a stranger")
    assert [event.error for event in events] == ["interrupted"]


@pytest.mark.anyio
async def test_cancellation_in_the_middle_of_a_stream_leaves_its_event(service: Upstream) -> None:
    events: list[UsageEvent] = []
    body = {**HELLO, "model": "stream-stall-after-2-9"}
    with anyio.move_on_after(0.2):
        async with aexecute(openai_at(service), body, stream=True, sink=events.append) as answer:
            async for _ in answer:
                pass
    assert [(event.outcome, event.error) for event in events] == [(Outcome.FAILURE, "interrupted")]


def test_error_of_the_sink_reaches_the_caller_once_and_leaks_no_connection(service: Upstream) -> None:
    calls: list[UsageEvent] = []

    def sink(event: UsageEvent) -> None:
        calls.append(event)
        raise Enough

    with pytest.raises(Enough):
        execute(openai_at(service), HELLO, sink=sink)
    with pytest.raises(Enough), execute(openai_at(service), HELLO, stream=True, sink=sink) as answer:
        list(answer)
    with pytest.raises(Enough):
        execute(openai_at(service), {**HELLO, "model": "status-500"}, stream=True, sink=sink)
    assert len(calls) == 3
    assert service.connections == 1


def test_many_threads_leave_an_event_each(service: Upstream) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service)
    threads = [
        threading.Thread(target=lambda: execute(connection, HELLO, sink=events.append), daemon=True) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len({event.request_id for event in events}) == 16
    assert {event.outcome for event in events} == {Outcome.SUCCESS}

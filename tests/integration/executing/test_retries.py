"""`execute` tries once, unless the connection asks for more."""

import time
from typing import Any

import pytest

from connectory import Outcome, UsageEvent, aexecute, execute
from connectory.errors import ConnectionBroken
from tests.integration.connections import HELLO, openai_at
from tests.upstream import Answer, Received, Upstream, json_answer, running


def statuses(event: UsageEvent) -> list[tuple[int | None, str | None]]:
    return [(attempt.status_code, attempt.error) for attempt in event.attempts]


@pytest.mark.parametrize("model", ["status-429-times-1", "status-500-times-1"])
def test_error_is_not_tried_again_unasked(model: str, service: Upstream) -> None:
    assert not execute(openai_at(service), {**HELLO, "model": model}).ok
    assert len(service.requests) == 1


def test_broken_connection_is_not_tried_again_unasked(service: Upstream) -> None:
    with pytest.raises(ConnectionBroken):
        execute(openai_at(service), {**HELLO, "model": "reset-times-1"})
    assert len(service.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_connection_that_asks_for_it_is_tried_again(stream: Any, service: Upstream) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service, client={"max_retries": 2})
    model = "status-503-retry-after-ms-1-times-2"
    answer = execute(connection, {**HELLO, "model": model}, stream=stream, sink=events.append)
    assert answer.ok
    assert not stream or list(answer)
    assert [statuses(event) for event in events] == [[(503, "service_error")] * 2 + [(200, None)]]
    assert service.connections == 1


@pytest.mark.anyio
async def test_async_execution_is_tried_again_too(service: Upstream) -> None:
    connection = openai_at(service, client={"max_retries": 1})
    assert (await aexecute(connection, {**HELLO, "model": "retry-after-ms-1-times-1"})).ok
    assert len(service.requests) == 2


def test_broken_connection_is_an_attempt_without_a_status(service: Upstream) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service, client={"max_retries": 1})
    assert execute(connection, {**HELLO, "model": "close-times-1"}, sink=events.append).ok
    assert [statuses(event) for event in events] == [[(None, "upstream_protocol"), (200, None)]]


def test_last_failure_is_the_answer(service: Upstream) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service, client={"max_retries": 1})
    answer = execute(connection, {**HELLO, "model": "retry-after-ms-1"}, sink=events.append)
    assert answer.status == 429
    assert [(event.outcome, len(event.attempts)) for event in events] == [(Outcome.FAILURE, 2)]


def test_time_to_wait_is_obeyed(service: Upstream) -> None:
    connection = openai_at(service, client={"max_retries": 1})
    started = time.monotonic()
    assert execute(connection, {**HELLO, "model": "status-429-retry-after-1-times-1"}).ok
    assert time.monotonic() - started >= 1


def test_too_long_a_wait_is_no_wait(service: Upstream) -> None:
    connection = openai_at(service, client={"max_retries": 5})
    assert execute(connection, {**HELLO, "model": "status-429-retry-after-121"}).status == 429
    assert len(service.requests) == 1


@pytest.mark.parametrize("model", ["status-400", "status-401", "status-404", "redirect"])
def test_error_that_would_stay_is_not_tried_again(model: str, service: Upstream) -> None:
    connection = openai_at(service, client={"max_retries": 5})
    assert not execute(connection, {**HELLO, "model": model}).ok
    assert len(service.requests) == 1


def test_good_answer_is_never_asked_for_again_whatever_its_headers_advise() -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"choices": []}, headers=(("x-should-retry", "true"),))

    with running(app) as upstream:
        assert execute(openai_at(upstream, client={"max_retries": 3}), HELLO).ok
        assert len(upstream.requests) == 1


def test_key_is_read_anew_for_every_attempt(service: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    key = tmp_path / "key"
    key.write_text("sk-test")
    document = {"credential": {"api_key": {"file": str(key)}}, "client": {"max_retries": 1}}

    async def app(request: Received) -> Answer:
        key.write_text("sk-second")
        return json_answer({}, status=503, headers=(("retry-after-ms", "1"),))

    with running(app) as upstream:
        execute(openai_at(upstream, **document), HELLO)
        assert [request.header("authorization") for request in upstream.requests] == [
            "Bearer sk-test",
            "Bearer sk-second",
        ]

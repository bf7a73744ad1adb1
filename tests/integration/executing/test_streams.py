"""Streams: the service's bytes as they come, events parsed, usage seen on the way."""

import gc
import http.client
import json
import time
import warnings
from typing import Any

import httpx2
import pytest

from connectory import CallerError, InvalidAnswer, Outcome, ServiceError, UsageEvent, UsageSource, aexecute, execute
from connectory.engine.execute import action_of
from connectory.engine.execution import Execution
from connectory.errors import ConnectionBroken, TimedOut
from tests.integration.connections import ECHO, HELLO, azure_v1_at, openai_at, other_at
from tests.upstream import DONE, Answer, Pause, Received, Upstream, event, running, sse_answer

STREAM = {**HELLO, "stream": True, "stream_options": {"include_usage": True}}


def asking(model: str) -> dict[str, Any]:
    return {**HELLO, "model": model}


def text_of(events: list[dict[str, Any]]) -> str:
    choices = [choice for each in events for choice in each.get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def written(upstream: Upstream, model: str) -> bytes:
    """The bytes of a stream as a client without any wit receives them."""
    connection = http.client.HTTPConnection(upstream.url.removeprefix("http://"), timeout=5)
    try:
        headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps({**STREAM, "model": model}), headers)
        return connection.getresponse().read()
    finally:
        connection.close()


LEGAL = [
    "gpt-test",
    "stream-split-1",
    "stream-split-7",
    "stream-crlf",
    "stream-cr",
    "stream-bom",
    "stream-comments",
    "stream-keep-alives",
    "stream-multiline",
    "stream-slow-1",
    "stream-eof",
    "json-typed-sse",
    "large-100000",
    "stream-multiline+stream-comments+stream-crlf+stream-split-1",
]


@pytest.mark.parametrize("model", LEGAL)
def test_bytes_are_those_that_the_service_sent(model: str, service: Upstream) -> None:
    with execute(openai_at(service), asking(model), stream=True) as answer:
        assert b"".join(answer) == written(service, model)
    assert answer.ok


@pytest.mark.parametrize("model", LEGAL)
def test_events_of_every_legal_form_are_read(model: str, service: Upstream) -> None:
    with execute(openai_at(service), asking(model), stream=True) as answer:
        assert text_of(list(answer.events())) == ECHO
    assert answer.usage.total_tokens == 6
    assert answer.usage.source is UsageSource.REPORTED


@pytest.mark.anyio
@pytest.mark.parametrize("model", LEGAL)
async def test_async_stream_is_the_same(model: str, service: Upstream) -> None:
    async with aexecute(openai_at(service), asking(model), stream=True) as answer:
        assert b"".join([piece async for piece in answer]) == written(service, model)
    async with aexecute(openai_at(service), asking(model), stream=True) as answer:
        assert text_of([each async for each in answer.events()]) == ECHO
    assert answer.usage.total_tokens == 6


@pytest.mark.anyio
async def test_async_stream_can_be_awaited_and_closed_by_hand(service: Upstream) -> None:
    answer = await aexecute(openai_at(service), HELLO, stream=True)
    assert b"".join([piece async for piece in answer]).endswith(b"[DONE]\n\n")
    await answer.aclose()


def test_events_come_as_they_are_made(service: Upstream) -> None:
    """The first one is here while the service is still silent before the third."""
    started = time.monotonic()
    with execute(openai_at(service), asking("stream-stall-after-2-5"), stream=True) as answer:
        next(answer.events())
        assert time.monotonic() - started < 5


def test_azure_streams_with_usage_too(azure_service: Upstream) -> None:
    with execute(azure_v1_at(azure_service), HELLO, stream=True) as answer:
        assert text_of(list(answer.events())) == ECHO
    assert answer.usage.total_tokens == 6


def test_response_stream_has_its_usage(service: Upstream) -> None:
    connection = openai_at(service, url=f"{service.url}/v1/responses")
    with execute(connection, {"input": "Hello there"}, stream=True) as answer:
        kinds = [each["type"] for each in answer.events()]
    assert kinds[-1] == "response.completed"
    assert answer.usage.total_tokens == 6


# What is not reported is missing, never zero


@pytest.mark.parametrize("made", [other_at, openai_at])
def test_stream_that_says_nothing_of_usage_has_none(made: Any, service: Upstream) -> None:
    events: list[UsageEvent] = []
    with execute(made(service), asking("no-usage"), stream=True, sink=events.append) as answer:
        list(answer)
    assert answer.usage.source is UsageSource.MISSING
    assert [(each.outcome, each.usage.total_tokens) for each in events] == [(Outcome.SUCCESS, None)]


# Faults in the middle


@pytest.mark.parametrize(
    ("model", "kind", "code"),
    [
        ("stream-error-after-2", ServiceError, "service_error"),
        ("stream-malformed", InvalidAnswer, "invalid_answer"),
        ("stream-reset-after-2", ConnectionBroken, "upstream_protocol"),
        ("stream-cut-after-2", ConnectionBroken, "upstream_protocol"),
        ("stream-stall-after-2-9", TimedOut, "upstream_timeout"),
    ],
)
def test_fault_in_the_middle_is_an_error_after_the_good_events(
    model: str, kind: type[Exception], code: str, service: Upstream
) -> None:
    recorded: list[UsageEvent] = []
    got: list[Any] = []
    connection = openai_at(service, client={"timeout": 1})
    with execute(connection, asking(model), stream=True, sink=recorded.append) as answer, pytest.raises(kind):
        got.extend(iter(answer.events()))
    assert [(each.outcome, each.error, each.status_code) for each in recorded] == [(Outcome.FAILURE, code, 200)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("stream-error-after-2", ServiceError),
        ("stream-malformed", InvalidAnswer),
        ("stream-reset-after-2", ConnectionBroken),
        ("stream-cut-after-2", ConnectionBroken),
        ("stream-stall-after-2-9", TimedOut),
    ],
)
async def test_fault_in_the_middle_is_an_error_in_async_too(
    model: str, kind: type[Exception], service: Upstream
) -> None:
    recorded: list[UsageEvent] = []
    connection = openai_at(service, client={"timeout": 1})
    async with aexecute(connection, asking(model), stream=True, sink=recorded.append) as answer:
        with pytest.raises(kind):
            [each async for each in answer.events()]
    assert [each.outcome for each in recorded] == [Outcome.FAILURE]


def test_error_event_is_seen_by_who_reads_bytes(service: Upstream) -> None:
    with execute(openai_at(service), asking("stream-error-after-2"), stream=True) as answer:
        assert b"The server had an error" in b"".join(answer)
        assert isinstance(answer.error, ServiceError)


def test_malformed_event_is_no_matter_to_who_reads_bytes(service: Upstream) -> None:
    with execute(openai_at(service), asking("stream-malformed"), stream=True) as answer:
        assert b"".join(answer) == written(service, "stream-malformed")
        assert answer.ok


def test_event_that_is_too_large_to_look_at_is_handed_on_as_bytes() -> None:
    huge = b"data: " + b"x" * 17_000_000 + b"\n\n"

    async def app(_: Received) -> Answer:
        return sse_answer([huge, DONE])

    recorded: list[UsageEvent] = []
    with running(app) as upstream:
        with execute(other_at(upstream), HELLO, stream=True, sink=recorded.append) as answer:
            assert b"".join(answer) == huge + DONE
        answer = execute(other_at(upstream), HELLO, stream=True, sink=recorded.append)
        with pytest.raises(InvalidAnswer, match="an event of more than"), answer:
            list(answer.events())
    assert [each.error for each in recorded] == [None, "invalid_answer"]


# An answer in one piece


def test_whole_answer_in_place_of_a_stream_is_an_error_with_usage() -> None:
    async def app(_: Received) -> Answer:
        body = b'{"model": "m-1", "choices": [], "usage": {"prompt_tokens": 1, "total_tokens": 3}}'
        return Answer(headers=(("content-type", "application/json"),), body=body)

    recorded: list[UsageEvent] = []
    with running(app) as upstream:
        answer = execute(other_at(upstream), HELLO, stream=True, sink=recorded.append)
        with answer, pytest.raises(InvalidAnswer, match="in one piece"):
            list(answer.events())
    assert [(each.error, each.usage.total_tokens, each.response_model) for each in recorded] == [
        ("invalid_answer", 3, "m-1")
    ]


def test_endpoint_that_never_streams_answers_in_one_piece(service: Upstream) -> None:
    connection = openai_at(service, url=f"{service.url}/v1/embeddings")
    body = {"model": "text-embedding-3-small", "input": ["Hello there"]}
    with execute(connection, body, stream=True) as answer:
        assert json.loads(b"".join(answer))["object"] == "list"
    assert answer.ok
    assert answer.usage.prompt_tokens == 2


def test_large_answer_of_an_endpoint_that_never_streams_is_no_error(service: Upstream) -> None:
    connection = openai_at(service, url=f"{service.url}/v1/embeddings")
    with execute(connection, {"model": "large-3000000", "input": "a"}, stream=True) as answer:
        assert len(b"".join(answer)) == 3_000_000
    assert answer.ok


def test_speech_can_be_read_as_it_comes() -> None:
    async def app(_: Received) -> Answer:
        return Answer(headers=(("content-type", "audio/mpeg"),), body=(b"\xff\xfb", Pause(0.01), b"\x90\x00"))

    with running(app) as upstream:
        connection = other_at(upstream, endpoint=f"{upstream.url}/v1/audio/speech")
        with execute(connection, {"input": "Hello"}, stream=True) as answer:
            assert b"".join(answer) == b"\xff\xfb\x90\x00"
        assert answer.ok


# Leaving early


def soon(upstream: Upstream, open_connections: int) -> bool:
    end = time.monotonic() + 2
    while upstream.open_connections != open_connections and time.monotonic() < end:
        time.sleep(0.005)
    return upstream.open_connections == open_connections


def test_leaving_early_hangs_up_and_is_no_failure(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    before = service.open_connections
    with execute(openai_at(service), asking("stream-slow-50"), stream=True, sink=recorded.append) as answer:
        next(iter(answer))
    assert soon(service, before)
    assert [(each.outcome, each.error, each.usage.source) for each in recorded] == [
        (Outcome.SUCCESS, None, UsageSource.MISSING)
    ]


@pytest.mark.anyio
async def test_leaving_early_hangs_up_in_async_too(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    async with aexecute(openai_at(service), asking("stream-slow-50"), stream=True, sink=recorded.append) as answer:
        async for _ in answer:
            break
    assert soon(service, 0)
    assert [each.outcome for each in recorded] == [Outcome.SUCCESS]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_leaving_by_an_exception_is_recorded_as_interrupted(error: type[BaseException], service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    with pytest.raises(error):  # noqa: SIM117, PT012
        with execute(openai_at(service), asking("stream-slow-50"), stream=True, sink=recorded.append) as answer:
            for _ in answer:
                raise error
    assert [(each.outcome, each.error) for each in recorded] == [(Outcome.FAILURE, "interrupted")]


def test_stream_that_nobody_reads_or_closes_is_told_of_and_hung_up(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    before = service.open_connections
    with warnings.catch_warnings(record=True, action="always") as caught:
        execute(openai_at(service), asking("stream-slow-50"), stream=True, sink=recorded.append)
        gc.collect()
    assert [str(each.message) for each in caught] == ["the stream of 'it' was not closed"]
    assert soon(service, before)
    assert len(recorded) == 1


def test_stream_that_was_read_to_its_end_needs_no_closing(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    assert list(execute(openai_at(service), HELLO, stream=True, sink=recorded.append))
    gc.collect()
    assert [each.outcome for each in recorded] == [Outcome.SUCCESS]


def test_error_status_needs_no_closing(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    execute(openai_at(service), asking("status-500"), stream=True, sink=recorded.append)
    gc.collect()
    assert [each.error for each in recorded] == ["service_error"]


@pytest.mark.parametrize("read", [True, False])
def test_stream_is_read_once(read: bool, service: Upstream) -> None:
    with execute(openai_at(service), HELLO, stream=True) as answer:
        if read:
            list(answer)
    with pytest.raises(CallerError, match="read or closed already"):
        list(answer)


@pytest.mark.parametrize("document", [{}, {"url": "/v1/completions"}])
def test_stream_that_ends_before_its_answer_is_an_error(document: dict[str, str]) -> None:
    async def app(_: Received) -> Answer:
        kind = "text_completion" if document else "chat.completion.chunk"
        return sse_answer([event({"object": kind, "choices": [{"index": 0, "finish_reason": None}]})])

    with running(app) as upstream:
        told = {name: upstream.url + path for name, path in document.items()}
        answer = execute(openai_at(upstream, **told), HELLO, stream=True)
        with answer, pytest.raises(InvalidAnswer, match="ended before the answer did"):
            list(answer.events())


def test_stream_without_its_last_mark_is_whole_if_the_answer_is(service: Upstream) -> None:
    with execute(openai_at(service), {**HELLO, "model": "stream-eof"}, stream=True) as answer:
        list(answer.events())
    assert answer.ok


def test_closing_twice_is_closing_once(service: Upstream) -> None:
    recorded: list[UsageEvent] = []
    with execute(openai_at(service), HELLO, stream=True, sink=recorded.append) as answer:
        answer.close()
    answer.close()
    assert len(recorded) == 1


# Limits of time


def test_first_byte_has_a_limit_of_its_own(service: Upstream) -> None:
    execution = Execution(openai_at(service), action_of(HELLO, stream=True, source="library"), None)
    with httpx2.Client() as client:
        limits = execution.request(client).extensions["timeout"]
        assert limits["read"] == 60
        execution.begun()
        assert limits == {"connect": 5, "read": 600, "write": 600, "pool": 600}


def test_limit_between_pieces_is_that_of_the_document(service: Upstream) -> None:
    connection = openai_at(service, client={"timeout": 1})
    with execute(connection, asking("stream-slow-200"), stream=True) as answer:
        assert text_of(list(answer.events())) == ECHO
    with execute(connection, asking("stream-stall-after-1-9"), stream=True) as answer, pytest.raises(TimedOut):
        list(answer.events())


def test_null_means_no_limit(service: Upstream) -> None:
    connection = openai_at(service, client={"timeout": None})
    with execute(connection, asking("stall-0.2+stream-stall-after-1-0.2"), stream=True) as answer:
        assert text_of(list(answer.events())) == ECHO

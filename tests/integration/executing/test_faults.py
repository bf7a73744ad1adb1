"""Whatever a service does wrong has its own error, in one piece and as a stream, and one usage event."""

from typing import Any

import pytest

from connectory import (
    CredentialRefused,
    InvalidAnswer,
    NetworkError,
    Outcome,
    ServiceError,
    UsageEvent,
    aexecute,
    execute,
)
from connectory.errors import ConnectionBroken, NameNotResolved, ServiceUnreachable, TimedOut
from tests.integration.connections import ECHO, HELLO, openai_at, other_at
from tests.upstream import Answer as ServiceAnswer
from tests.upstream import Received, Upstream, event, json_answer, running, sse_answer

ANSWERED = [
    ("status-400", ServiceError, "400"),
    ("status-401", CredentialRefused, "401"),
    ("status-403", CredentialRefused, "403"),
    ("status-404", ServiceError, "404"),
    ("status-429", ServiceError, "Rate limit"),
    ("status-500", ServiceError, "500"),
    ("status-599", ServiceError, "599"),
    ("html-502", ServiceError, "Bad Gateway"),
    ("redirect", ServiceError, "302"),
    ("html-200", InvalidAnswer, "a web page where JSON was promised"),
    ("empty-200", InvalidAnswer, "empty"),
    ("bad-json-200", InvalidAnswer, "no valid JSON"),
]
"""Faults that come as an answer: its error, and words of it."""

BROKEN = [
    ("close", ConnectionBroken, "broke off"),
    ("reset", ConnectionBroken, "broke off"),
    ("stall-9", TimedOut, "0.5 s"),
]
"""Faults that leave no answer."""


def told(error: BaseException | None, event: UsageEvent) -> bool:
    """Whether the event tells of the same error."""
    return event.outcome is Outcome.FAILURE and event.error == getattr(error, "code", "?")


@pytest.mark.parametrize(("model", "kind", "words"), ANSWERED)
def test_bad_answer_has_its_error(model: str, kind: type[ServiceError], words: str, service: Upstream) -> None:
    events: list[UsageEvent] = []
    answer = execute(openai_at(service), {**HELLO, "model": model}, sink=events.append)
    assert type(answer.error) is kind
    assert words in str(answer.error)
    assert [told(answer.error, event) for event in events] == [True]
    assert events[0].status_code == answer.status


@pytest.mark.parametrize(("model", "kind", "words"), ANSWERED)
def test_bad_answer_in_place_of_a_stream_has_its_error(
    model: str, kind: type[ServiceError], words: str, service: Upstream
) -> None:
    events: list[UsageEvent] = []
    body = {**HELLO, "model": model}
    with execute(openai_at(service), body, stream=True, sink=events.append) as answer, pytest.raises(kind, match=words):
        list(answer.events())
    assert [told(answer.error, event) for event in events] == [True]


@pytest.mark.parametrize(("model", "kind", "words"), ANSWERED)
def test_bytes_of_a_bad_answer_in_place_of_a_stream_are_handed_on(
    model: str, kind: type[ServiceError], words: str, service: Upstream
) -> None:
    body = {**HELLO, "model": model}
    with execute(openai_at(service), body, stream=True) as answer:
        assert b"".join(answer) == execute(openai_at(service), body).body
    assert type(answer.error) is kind


@pytest.mark.anyio
@pytest.mark.parametrize(("model", "kind", "words"), ANSWERED)
async def test_bad_answer_has_its_error_in_async_too(
    model: str, kind: type[ServiceError], words: str, service: Upstream
) -> None:
    answer = await aexecute(openai_at(service), {**HELLO, "model": model})
    assert type(answer.error) is kind
    async with aexecute(openai_at(service), {**HELLO, "model": model}, stream=True) as streamed:
        with pytest.raises(kind, match=words):
            [event async for event in streamed.events()]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("model", "kind", "words"), BROKEN)
def test_no_answer_has_its_error(
    model: str, kind: type[NetworkError], words: str, stream: Any, service: Upstream
) -> None:
    events: list[UsageEvent] = []
    connection = openai_at(service, client={"timeout": 0.5})
    with pytest.raises(kind, match=words) as caught:
        execute(connection, {**HELLO, "model": model}, stream=stream, sink=events.append)
    assert [told(caught.value, event) for event in events] == [True]
    assert events[0].status_code is None


@pytest.mark.anyio
@pytest.mark.parametrize(("model", "kind", "words"), BROKEN)
async def test_no_answer_has_its_error_in_async_too(
    model: str, kind: type[NetworkError], words: str, service: Upstream
) -> None:
    connection = openai_at(service, client={"timeout": 0.5})
    with pytest.raises(kind, match=words):
        await aexecute(connection, {**HELLO, "model": model})
    with pytest.raises(kind, match=words):
        await aexecute(connection, {**HELLO, "model": model}, stream=True)


@pytest.mark.parametrize("stream", [False, True])
def test_answer_that_is_cut_is_a_broken_connection(stream: Any, service: Upstream) -> None:
    events: list[UsageEvent] = []
    with pytest.raises(ConnectionBroken):
        execute(openai_at(service), {**HELLO, "model": "status-500+cut"}, stream=stream, sink=events.append)
    assert [event.error for event in events] == ["upstream_protocol"]


def test_gzip_that_nobody_asked_for_is_unpacked(service: Upstream) -> None:
    answer = execute(openai_at(service), {**HELLO, "model": "gzip"})
    assert answer.json()["choices"][0]["message"]["content"] == ECHO
    assert "content-encoding" not in answer.headers
    assert "content-length" not in answer.headers
    with execute(openai_at(service), {**HELLO, "model": "gzip"}, stream=True) as streamed:
        assert next(event for event in streamed.events() if event.get("usage"))["usage"]["total_tokens"] == 6


def test_gzip_that_is_none_is_a_broken_connection() -> None:
    async def app(_: Received) -> ServiceAnswer:
        headers = (("content-type", "application/json"), ("content-encoding", "gzip"))
        return ServiceAnswer(headers=headers, body=b"not gzip")

    with running(app) as upstream, pytest.raises(ConnectionBroken):
        execute(other_at(upstream), HELLO)


@pytest.mark.parametrize("stream", [False, True])
def test_very_long_error_is_shown_short_and_kept_whole(stream: Any) -> None:
    async def app(_: Received) -> ServiceAnswer:
        return ServiceAnswer(status=500, headers=(("content-type", "text/plain"),), body=b"no " * 1_000_000)

    with running(app) as upstream:
        answer = execute(other_at(upstream), HELLO, stream=stream)
        assert len(str(answer.error)) < 600
        body = b"".join(answer) if stream else answer.body
        assert len(body) == 3_000_000


def test_error_that_is_no_text_is_an_error_all_the_same() -> None:
    async def app(_: Received) -> ServiceAnswer:
        return ServiceAnswer(status=500, headers=(("content-type", "application/json"),), body=b"\xff\x00\xfe")

    with running(app) as upstream:
        error = execute(other_at(upstream), HELLO).error
        assert str(error) == "The service answered 500: Internal Server Error"


def test_redirect_is_not_followed(service: Upstream) -> None:
    answer = execute(openai_at(service), {**HELLO, "model": "redirect"})
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert "redirects are not followed (to this host)" in str(answer.error)
    assert len(service.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_error_in_an_answer_of_200_is_an_error(stream: Any) -> None:
    async def app(_: Received) -> ServiceAnswer:
        return json_answer({"error": {"message": "The model is loading.", "code": "busy"}})

    with running(app) as upstream:
        events: list[UsageEvent] = []
        answer = execute(openai_at(upstream), HELLO, stream=stream, sink=events.append)
        list(answer) if stream else None
        assert str(answer.error) == "The service answered 200: The model is loading."
        assert told(answer.error, events[0])


KEY = "plain-words-that-look-like-no-key"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [200, 401])
def test_secret_that_a_service_repeats_is_not_repeated_by_its_error(status: int, stream: Any) -> None:
    async def app(request: Received) -> ServiceAnswer:
        return json_answer({"error": {"message": f"bad: {request.header('authorization')}"}}, status=status)

    with running(app) as upstream:
        answer = execute(other_at(upstream, credential={"api_key": KEY}), HELLO, stream=stream)
        list(answer) if stream else None
        assert KEY not in str(answer.error)
        assert "bad: " in str(answer.error)


def test_secret_is_not_repeated_in_another_spelling() -> None:
    async def app(_: Received) -> ServiceAnswer:
        return json_answer({"error": {"message": 'bad: abcdefghij12345, sk"ab\\cd1'}}, status=400)

    document = {"headers": {"X-Up": "Bearer abcdefghij12345"}, "credential": {"api_key": 'sk"ab\\cd1'}}
    with running(app) as upstream:
        assert execute(other_at(upstream, **document), HELLO).error.message == "bad: ***, ***"  # type: ignore[union-attr]


def test_word_of_a_sentence_that_is_the_key_too_is_left_in_it() -> None:
    async def app(_: Received) -> ServiceAnswer:
        return json_answer({"error": {"message": "try `ollama pull x`"}}, status=404)

    with running(app) as upstream:
        error = execute(other_at(upstream, credential={"api_key": "ollama"}), HELLO).error
        assert str(error) == "The service answered 404: try `ollama pull x`"


def test_secret_in_an_error_of_a_stream_is_not_repeated() -> None:
    async def app(_: Received) -> ServiceAnswer:
        return sse_answer([event({"error": {"message": f"bad: {KEY}"}})])

    with (
        running(app) as upstream,
        execute(other_at(upstream, credential={"api_key": KEY}), HELLO, stream=True) as answer,
    ):
        with pytest.raises(ServiceError) as caught:
            list(answer.events())
        assert str(caught.value) == "bad: ***"


# Nobody there


def test_port_that_nobody_listens_at_is_unreachable() -> None:
    with pytest.raises(ServiceUnreachable, match="connection refused"):
        execute(other_at("http://127.0.0.1:1"), HELLO)


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b.invalid", "a" * 70 + ".invalid"])
def test_name_without_an_address_says_so(host: str) -> None:
    events: list[UsageEvent] = []
    with pytest.raises(NameNotResolved):
        execute(other_at(f"http://{host}:1"), HELLO, sink=events.append)
    assert [event.error for event in events] == ["upstream_unreachable"]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["nobody.invalid", "a..b.invalid", "a" * 70 + ".invalid"])
async def test_name_without_an_address_says_so_in_async_too(host: str) -> None:
    with pytest.raises(NameNotResolved):
        await aexecute(other_at(f"http://{host}:1"), HELLO)

"""Faults of calls that cost tokens: the list of models is good, and the answer is not."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from connectory.engine.diagnosis import Asked, State
from tests.integration.doctor.cases import KEY, Case, Find, Place, World, document, found
from tests.upstream import Answer, OpenAIService, Pause, Received, event, json_answer, running, sse_answer

SPEND, STREAM = Asked(spend=True), Asked(stream=True)


def asked(model: str, *, timeout: float = 0.7) -> World:
    """A good service, of which this model is asked: the name is that of a fault."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        with running(OpenAIService(keys={KEY})) as upstream:
            yield found(document(upstream.url, model=model, client={"timeout": timeout}))

    return world


def calling(answer: Answer) -> World:
    """A service that lists its models, and says this to every call."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        async def app(request: Received) -> Answer:
            return answer if request.method == "POST" else json_answer({"data": [{"id": "gpt-test"}]})

        with running(app) as upstream:
            yield found(document(upstream.url))

    return world


def refusing(status: int, **error: str) -> World:
    return calling(json_answer({"error": {"message": "no", **error}}, status=status))


def late(**rules: Any) -> World:
    """A service that thinks for longer than the operator's rules let a stream wait."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        async def app(request: Received) -> Answer:
            return _LATE if request.method == "POST" else json_answer({"data": [{"id": "gpt-test"}]})

        with running(app) as upstream:
            yield found(document(upstream.url, client={}), **rules)

    return world


_EVENTS = tuple(event({"choices": [{"delta": {"content": str(number)}}]}) for number in range(12))
_AT_ONCE = Answer(
    headers=(("content-type", "text/event-stream"),),
    before=(Pause(0.4),),
    body=(b"".join((*_EVENTS, event({"choices": [{"delta": {}, "finish_reason": "stop"}]}), b"data: [DONE]\n\n")),),
)
_LATE = dataclasses.replace(_AT_ONCE, before=(Pause(1.0),))

_ELSE = "something else answers at this URL"
_ILL = "the service is not in order"
_SAID = "see what the service says of the request"

ANSWERS = [
    Case(
        name="a model that is not there",
        world=refusing(404, code="model_not_found"),
        stage="answer",
        seen="404",
        fix=_SAID,
        asked=SPEND,
    ),
    Case(name="a call that is refused", world=refusing(400), stage="answer", seen="400", fix=_SAID, asked=SPEND),
    Case(
        name="a quota that is used up",
        world=refusing(429, code="insufficient_quota"),
        stage="answer",
        seen="429",
        fix="limit or quota",
        asked=SPEND,
    ),
    Case(
        name="a key that may list models only",
        world=refusing(401),
        stage="authentication",
        seen="401",
        fix="give this connection a credential",
        asked=SPEND,
    ),
    Case(name="a call that answers 500", world=asked("status-500"), stage="answer", seen="500", fix=_ILL, asked=SPEND),
    Case(name="a page in place of an answer", world=asked("html-200"), stage="answer", fix=_ELSE, asked=SPEND),
    Case(name="an answer that is cut", world=asked("cut"), stage="answer", seen="broke off", fix="log", asked=SPEND),
    Case(
        name="an answer that does not come",
        world=asked("stall-3"),
        stage="answer",
        seen="within 0.7 s",
        fix="more time",
        asked=SPEND,
    ),
    Case(
        name="an answer that says nothing",
        world=calling(json_answer({"object": "nothing"})),
        stage="answer",
        seen="without text",
        fix=_ELSE,
        asked=SPEND,
    ),
]

STREAMS = [
    Case(
        name="a stream that is refused", world=asked("status-503"), stage="stream", seen="503", fix=_ILL, asked=STREAM
    ),
    Case(
        name="an error in a stream",
        world=asked("stream-error-after-2"),
        stage="stream",
        fix="something else answers|not in order|see what the service says",
        asked=STREAM,
    ),
    Case(
        name="a stream that is cut",
        world=asked("stream-cut-after-2"),
        stage="stream",
        seen="broke off",
        fix="log",
        asked=STREAM,
    ),
    Case(
        name="a stream that is reset",
        world=asked("stream-reset-after-2"),
        stage="stream",
        seen="broke off",
        fix="log",
        asked=STREAM,
    ),
    Case(
        name="a stream that ends before the answer does",
        world=calling(sse_answer([event({"object": "chat.completion.chunk", "choices": []})])),
        stage="stream",
        seen="ended before the answer did",
        fix="see what ends streams early",
        asked=STREAM,
    ),
    Case(name="a page in place of a stream", world=asked("html-200"), stage="stream", fix=_ELSE, asked=STREAM),
    Case(
        name="an answer in one piece where a stream was asked for",
        world=calling(json_answer({"choices": [{"message": {"content": "OK"}}]})),
        stage="stream",
        seen="in one piece",
        fix="let the service stream",
        asked=STREAM,
    ),
    Case(
        name="a stream that falls silent",
        world=asked("stream-stall-after-2-3"),
        stage="stream",
        seen="within 0.7 s",
        fix="more time",
        asked=STREAM,
    ),
    Case(
        name="a stream that begins later than the operator lets it",
        world=late(response_timeout=0.3),
        stage="stream",
        seen="within 0.3 s",
        fix="give it more time with `xpack.actions.responseTimeout`",
        asked=STREAM,
    ),
    Case(
        name="a stream that comes at once, and late",
        world=calling(_AT_ONCE),
        stage="stream",
        state=State.WARNING,
        seen="something holds the stream back",
        fix="let what stands before the service",
        asked=STREAM,
    ),
]

CASES = [*ANSWERS, *STREAMS]

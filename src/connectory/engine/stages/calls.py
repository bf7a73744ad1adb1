"""Calls that cost a few tokens: an answer in one piece, and one that comes piece by piece."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from connectory.connection import Connection
from connectory.engine.answer import Answer
from connectory.engine.auth import without_secrets
from connectory.engine.diagnosis import Chart, Stage
from connectory.engine.execute import ClientFor, action_of, execute, open_stream
from connectory.engine.stages.answers import mend, refuse
from connectory.engine.stages.arrivals import Arrivals
from connectory.engine.stages.document import fix_of_secret
from connectory.engine.stages.remedies import remedy
from connectory.engine.stages.rules import Rules
from connectory.engine.stages.sight import Sight
from connectory.errors import (
    AddressRefused,
    AnswerTooLarge,
    CallerError,
    ConnectoryError,
    CredentialRefused,
    InvalidAnswer,
    ProxyFailed,
    SecretUnavailable,
    ServiceError,
    SubjectTokenUnavailable,
    TimedOut,
    TLSFailed,
    TokenExchangeFailed,
)
from connectory.network.limits import Use
from connectory.network.reasons import Said
from connectory.network.resolve import resolve
from connectory.transport import Timeouts
from connectory.usage import Usage
from connectory.wire.chat import answer_text, chat_body, is_of_answer
from connectory.wire.endpoints import Endpoint, Streaming, TextShape, endpoint_of
from connectory.wire.safe_text import safe_text
from connectory.wire.usage import model_of_answer

_LONGEST_WAIT = 60.0
_PATIENCE = Timeouts.within(_LONGEST_WAIT)

_SHORT = "Answer with the word OK."
_LONG = "Count from 1 to 20 in digits, one number a line."

_STAGES: Mapping[type[ConnectoryError], str] = {
    CredentialRefused: "authentication",
    SecretUnavailable: "secrets",
    SubjectTokenUnavailable: "subject_token",
    TokenExchangeFailed: "token_exchange",
    AddressRefused: "address",
    ProxyFailed: "proxy",
    TLSFailed: "tls",
}
"""Where an error of a call belongs that is not one of the call itself: it was not there when the stage was passed."""

_NO_MODEL = "give the connection a `model`"
_BUFFERED_BY_PROXY = (
    "try `--without-proxy`: if the answer then comes piece by piece, the proxy holds it back, and the proxy must be "
    "SSE-compatible (let it not buffer, cache or scan `text/event-stream`)"
)
_BUFFERED = (
    "let what stands before the service (a gateway, a load balancer, a filter) hand on `text/event-stream` without "
    "holding it back"
)


_CUT_SHORT = "see what ends streams early: the service, or what stands before it"
_IN_ONE_PIECE = "let the service stream, or see what stands before it and makes one piece of its streams"


class Calls:
    """The stages `answer` and `stream`."""

    def __init__(self, chart: Chart, connection: Connection, rules: Rules, client_for: ClientFor) -> None:
        self._chart = chart
        self._original = connection
        self._connection = _patient(connection, _PATIENCE)
        self._rules = rules
        self._client_for = client_for
        self._url = connection.endpoint_url(connection.model)
        self._endpoint = endpoint_of(self._url or connection.url)

    def answer(self) -> None:
        """One answer in one piece. Raises Ended."""
        with self._chart.at("answer") as stage:
            body = _body(self._endpoint, _SHORT)
            if body is None:
                stage.skipped(f"a call of {self._endpoint.path} is not made here: see `connectory run`")
                return
            stage.rule = self._rule("timeouts", "longest", use=Use.RUN)
            try:
                action = action_of(body, stream=False, source="test")
                answer = execute(self._connection, action, client_for=self._client_for).raise_for_error()
                self._judge(answer)
            except ConnectoryError as error:
                self._fail(stage, error)
            model = self._plain(model_of_answer(answer.json())) or self._connection.model or "the service"
            stage.seen = f"{model} answered{_used(answer.usage)}"

    def _plain(self, words: str | None) -> str | None:
        return words and safe_text(without_secrets(self._original, words.encode(errors="replace")).decode(), limit=100)

    def _judge(self, answer: Answer) -> None:
        parsed = answer.json()
        is_text = self._endpoint.text is not TextShape.NONE
        if is_text and answer_text(parsed, self._endpoint) is None and not is_of_answer(parsed):
            raise InvalidAnswer("an answer without text", status=answer.status)

    def stream(self) -> None:
        """One answer that comes piece by piece, and whether it does. Raises Ended."""
        with self._chart.at("stream") as stage:
            body = _body(self._endpoint, _LONG)
            if body is None or self._endpoint.streaming is Streaming.NEVER or self._endpoint.text is TextShape.NONE:
                stage.skipped(f"{self._endpoint.path} does not stream")
                return
            stage.rule = self._rule("first_byte", "timeouts", use=Use.STREAM)
            arrivals = Arrivals(clock=time.monotonic)
            try:
                action = action_of(body, stream=True, source="test")
                with open_stream(self._streaming(), action, client_for=self._client_for) as streamed:
                    for piece in streamed:
                        arrivals.came(piece)
            except ConnectoryError as error:
                self._fail(stage, error)
            if isinstance(streamed.error, InvalidAnswer) and (arrivals.events or _is_json(streamed.headers)):
                stage.fail(str(streamed.error), _CUT_SHORT if arrivals.events else _IN_ONE_PIECE)
            if streamed.error:
                self._fail(stage, streamed.error)
            stage.seen = f"{arrivals}{_used(streamed.usage)}"
            if arrivals.held_back:
                self._held_back(stage)

    def _streaming(self) -> Connection:
        """The connection with the operator's limit for the first byte where that is shorter than ours."""
        return _patient(self._original, None) if self._limit_of_streams() else self._connection

    def _held_back(self, stage: Stage) -> None:
        proxy = resolve(self._connection, self._url or "", Use.STREAM).settings.proxy
        if proxy:
            stage.rule = self._rule("proxy", use=Use.STREAM)
            stage.fail(
                f"{stage.seen}: something holds the stream back, the proxy {proxy.url} most likely", _BUFFERED_BY_PROXY
            )
        stage.warn(f"{stage.seen}: something holds the stream back", _BUFFERED)

    def _rule(self, *names: str, use: Use) -> str:
        return self._rules.of(resolve(self._original, self._original.url, use), *names)

    def _fail(self, stage: Stage, error: ConnectoryError) -> None:
        """Raises Ended."""
        name = next((name for kind, name in _STAGES.items() if isinstance(error, kind)), stage.name)
        if name != stage.name:
            self._chart.skip_after(name)
        if isinstance(error, CredentialRefused):
            refuse(self._chart[name], self._connection, error)
        self._chart[name].fail(str(error), self._fix(stage, error))

    def _limit_of_streams(self) -> str | None:
        """The operator's setting by which a stream begins sooner than we would wait for it, if there is one."""
        found = resolve(self._original, self._original.url, Use.STREAM)
        by, limit = found.reasons["first_byte"], found.settings.first_byte
        return by.name if by.said is Said.CONFIGURATION and limit is not None and limit < _LONGEST_WAIT else None

    def _fix(self, stage: Stage, error: ConnectoryError) -> str:
        match error:
            case SecretUnavailable():
                return fix_of_secret(error)
            case AnswerTooLarge():
                return "raise `xpack.actions.maxResponseContentLength`"
            case CallerError():
                return _NO_MODEL
            case TimedOut(phase="read") if stage.name == "stream" and (rule := self._limit_of_streams()):
                return f"see why the answer does not begin, or give it more time with `{rule}`"
            case ServiceError(status=400 | 404) if self._connection.model is None:
                return f"{_NO_MODEL}, if the service wants one, and check `url`"
            case ServiceError():
                return mend(error)
        url = self._url or self._connection.url
        return remedy(error, Sight.of(self._connection, url))


def _patient(connection: Connection, limits: Timeouts | None) -> Connection:
    """The same connection with its own limits, or else these, that tries once."""
    client = dataclasses.replace(connection.client, timeout=connection.client.timeout or limits, max_retries=0)
    return dataclasses.replace(connection, client=client)


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/json")


def _body(endpoint: Endpoint, question: str) -> dict[str, Any] | None:
    """The smallest body that an endpoint takes; None for one that wants more than text."""
    if endpoint.name in ("embeddings", "moderations"):
        return {"input": question}
    return None if endpoint.text is TextShape.NONE else chat_body(question, endpoint=endpoint)


def _used(usage: Usage) -> str:
    counts = ((usage.prompt_tokens, "tokens in"), (usage.completion_tokens, "out"))
    told = ", ".join(f"{count:,} {what}" for count, what in counts if count is not None)
    return f"; {told}" if told else ""

"""Executing: a JSON body posted to a connection's endpoint, the service's own answer back, and one usage event."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import httpx2

from connectory.action import Action, Operation
from connectory.connection import Connection
from connectory.engine.answer import Answer, headers_of_answer
from connectory.engine.auth import refusal, without_secrets
from connectory.engine.execution import Execution, Sink
from connectory.engine.failures import FAILURES
from connectory.engine.limited import aread, read
from connectory.engine.session import shared_async_client, shared_client
from connectory.engine.streamed import AsyncStreamedAnswer, StreamedAnswer
from connectory.errors import CallerError, NetworkError, ServiceError
from connectory.transport import TransportSettings
from connectory.wire.error_bodies import answer_problem, hidden_error
from connectory.wire.json_object import bytes_of
from connectory.wire.retries import retry_delay
from connectory.wire.usage import model_of_answer, usage_of_answer

Body = Mapping[str, Any] | str | bytes
ClientFor = Callable[[TransportSettings], httpx2.Client]
_Outcome = httpx2.Response | NetworkError


def action_of(body: Body, *, stream: bool, source: str) -> Action:
    """The action that posts `body`. Text is posted as it is, even if it is no JSON: the service judges that.

    Raises CallerError for an object that has no form in JSON.
    """
    text = body if isinstance(body, str | bytes) else _json_of(body)
    return Action(body=bytes_of(text), operation=Operation.STREAM if stream else Operation.RUN, source=source)


def execute(
    connection: Connection, action: Action, sink: Sink | None = None, *, client_for: ClientFor = shared_client
) -> Answer:
    """The whole answer; an error status is one too. `client_for` gives the client for a way.

    Raises NetworkError, AnswerTooLarge, SecretUnavailable, CallerError, HostNotAllowed, ProxyUnusable.
    """
    execution = Execution(connection, action, sink)
    with execution.ended_by_error():
        return _whole(execution, _sent(execution, client_for(execution.settings)))


async def aexecute(connection: Connection, action: Action, sink: Sink | None = None) -> Answer:
    """The async twin of `execute`."""
    execution = Execution(connection, action, sink)
    with execution.ended_by_error():
        return _whole(execution, await _asent(execution, await shared_async_client(execution.settings)))


def open_stream(
    connection: Connection, action: Action, sink: Sink | None = None, *, client_for: ClientFor = shared_client
) -> StreamedAnswer:
    """The answer as it comes; whoever opens it closes it. Raises as `execute`."""
    execution = Execution(connection, action, sink)
    with execution.ended_by_error():
        return StreamedAnswer(execution, _sent(execution, client_for(execution.settings)))


async def aopen_stream(connection: Connection, action: Action, sink: Sink | None = None) -> AsyncStreamedAnswer:
    """The async twin of `open_stream`."""
    execution = Execution(connection, action, sink)
    with execution.ended_by_error():
        return AsyncStreamedAnswer(execution, await _asent(execution, await shared_async_client(execution.settings)))


def _sent(execution: Execution, client: httpx2.Client) -> httpx2.Response:
    """The response of the last attempt; a streamed one that began well still has to be read."""
    while True:
        outcome = _attempt(execution, client)
        delay = _delay(execution, outcome)
        if delay is None:
            return _answered(outcome)
        time.sleep(delay)


async def _asent(execution: Execution, client: httpx2.AsyncClient) -> httpx2.Response:
    while True:
        outcome = await _aattempt(execution, client)
        delay = _delay(execution, outcome)
        if delay is None:
            return _answered(outcome)
        await anyio.sleep(delay)


def _attempt(execution: Execution, client: httpx2.Client) -> _Outcome:
    try:
        response = client.send(execution.request(client), auth=execution.auth, stream=True)
        execution.begun()
        if not (execution.action.streaming and response.is_success):
            read(response, execution.settings.longest)
    except FAILURES as error:
        return execution.failure(error)
    except NetworkError as error:  # where the token is exchanged
        return error
    return response


async def _aattempt(execution: Execution, client: httpx2.AsyncClient) -> _Outcome:
    try:
        response = await client.send(execution.request(client), auth=execution.auth, stream=True)
        execution.begun()
        if not (execution.action.streaming and response.is_success):
            await aread(response, execution.settings.longest)
    except FAILURES as error:
        return execution.failure(error)
    except NetworkError as error:  # where the token is exchanged
        return error
    return response


def _delay(execution: Execution, outcome: _Outcome) -> float | None:
    """Seconds until the next attempt; None when this one was the last."""
    if isinstance(outcome, NetworkError):
        status, headers = None, httpx2.Headers()
        execution.attempted(None, outcome.code)
    else:
        status, headers = outcome.status_code, outcome.headers
        execution.attempted(status, None if outcome.is_success else _refusal(execution, outcome).code)
        if outcome.is_success:
            return None
    tries = len(execution.attempts)
    if tries > execution.settings.retries:
        return None
    return retry_delay(tries, status=status, headers=headers, now=time.time(), jitter=random.random())  # noqa: S311 (no secret)


def _answered(outcome: _Outcome) -> httpx2.Response:
    if isinstance(outcome, NetworkError):
        raise outcome
    return outcome


def _whole(execution: Execution, response: httpx2.Response) -> Answer:
    body = response.content
    execution.received(body)
    parsed = _parsed(body)
    usage = usage_of_answer(parsed)
    error = _problem(execution, response, parsed) if response.is_success else _refusal(execution, response)
    execution.finished(
        error=error.code if error else None,
        usage=usage,
        response_model=model_of_answer(parsed),
        upstream_request_id=response.headers.get("x-request-id"),
    )
    return Answer(
        status=response.status_code,
        headers=headers_of_answer(response),
        body=body,
        usage=usage,
        error=error,
        phrase=response.reason_phrase,
    )


def _problem(execution: Execution, response: httpx2.Response, parsed: Any) -> ServiceError | None:
    if not execution.endpoint.promises_json or (parsed is not None and hidden_error(parsed) is None):
        return None
    body = without_secrets(execution.connection, response.content)
    return answer_problem(response.status_code, response.headers.get("content-type"), body)


def _refusal(execution: Execution, response: httpx2.Response) -> ServiceError:
    return refusal(execution.connection, response.status_code, response.headers, response.content)


def _json_of(body: Mapping[str, Any]) -> str:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise CallerError(f"The body has no form in JSON: {error}.") from error


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

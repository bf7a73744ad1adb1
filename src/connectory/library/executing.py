"""`execute` and `aexecute`: a JSON body goes to a connection's endpoint, the service's own answer comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from types import TracebackType
from typing import Any, Literal, overload

from connectory.action import Action
from connectory.catalog import found
from connectory.connection import Connection
from connectory.engine import execute as engine
from connectory.engine.answer import Answer
from connectory.engine.execute import Body, action_of
from connectory.engine.execution import Sink
from connectory.engine.streamed import AsyncStreamedAnswer, StreamedAnswer


@overload
def execute(
    id: str | Connection, body: Body, *, stream: Literal[False] = False, space: str = ..., sink: Sink | None = ...
) -> Answer: ...


@overload
def execute(
    id: str | Connection, body: Body, *, stream: Literal[True], space: str = ..., sink: Sink | None = ...
) -> StreamedAnswer: ...


def execute(
    id: str | Connection, body: Body, *, stream: bool = False, space: str = "default", sink: Sink | None = None
) -> Answer | StreamedAnswer:
    """Post `body` (an object, or JSON text) to the connection's endpoint.

    The answer has the service's `status`, `headers` and `body` as they came, whatever the status; `raise_for_error()`
    turns an error into an exception. With `stream`, it is a context manager: iterate it for the raw bytes, or its
    `events()` for parsed ones. What a body says of `stream` gives way to the argument; a body without a model gets the
    connection's. `sink` is called with the execution's one UsageEvent; what it raises reaches you.

    Raises ConnectionNotFound, DocumentError, SecretUnavailable, CallerError, NetworkError, InvalidAnswer (one that is
    longer than the operator allows), OperatorError (a host or a proxy that the operator's rules refuse).
    """
    connection, action = found(id, space=space), action_of(body, stream=stream, source="library")
    return engine.open_stream(connection, action, sink) if stream else engine.execute(connection, action, sink)


@overload
def aexecute(
    id: str | Connection, body: Body, *, stream: Literal[False] = False, space: str = ..., sink: Sink | None = ...
) -> Awaitable[Answer]: ...


@overload
def aexecute(
    id: str | Connection, body: Body, *, stream: Literal[True], space: str = ..., sink: Sink | None = ...
) -> Opening: ...


def aexecute(
    id: str | Connection, body: Body, *, stream: bool = False, space: str = "default", sink: Sink | None = None
) -> Awaitable[Answer] | Opening:
    """The async twin of `execute`: await it, or with `stream` say `async with aexecute(...) as answer`."""
    connection, action = found(id, space=space), action_of(body, stream=stream, source="library")
    return Opening(connection, action, sink) if stream else engine.aexecute(connection, action, sink)


class Opening:
    """A streamed answer that has yet to be asked for: `async with` it, or await it and close the answer."""

    def __init__(self, connection: Connection, action: Action, sink: Sink | None) -> None:
        self._asked = (connection, action, sink)
        self._answer: AsyncStreamedAnswer | None = None

    def __await__(self) -> Generator[Any, None, AsyncStreamedAnswer]:
        return engine.aopen_stream(*self._asked).__await__()

    async def __aenter__(self) -> AsyncStreamedAnswer:
        self._answer = await self
        return self._answer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._answer is not None:
            await self._answer.__aexit__(kind, error, at)

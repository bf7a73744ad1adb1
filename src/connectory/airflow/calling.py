"""One call of the SDK, made and told of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai

    from connectory.airflow.telling import Call, Sink


MODELS: Mapping[str, str] = {
    "chat.completions.create": "gpt-4o-mini",
    "embeddings.create": "text-embedding-3-small",
    "responses.create": "gpt-4o-mini",
    "responses.parse": "gpt-4o-mini",
}
"""Models of calls that name none (`model=None`), through connections that name none: those of Apache's provider."""


class Calling:
    """Mixed into hooks: calls by their path in the SDK (`responses.create`)."""

    conn: Any
    log: Any
    sink: Sink | None

    def _async_client(self) -> AbstractAsyncContextManager[openai.AsyncOpenAI]:
        raise NotImplementedError

    def _called(self, path: str, *arguments: Any, **named: Any) -> Any:
        """What the SDK's call gives back; a stream is told of when it ends. Raises the SDK's errors."""
        call = self._call(path, self.conn, named)
        with _told_if_failed(call):
            answer = _at(self.conn, path)(*arguments, **named)
        if call.streaming:
            from connectory.airflow.streams import told

            return told(answer, call)
        call.answered(answer)
        return answer

    async def _acalled(self, path: str, *arguments: Any, **named: Any) -> Any:
        """The async twin of `_called`. A client that was made for a stream is closed with it."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(self._async_client())
            call = self._call(path, client, named)
            with _told_if_failed(call):
                answer = await _at(client, path)(*arguments, **named)
            if call.streaming:
                from connectory.airflow.streams import atold

                return atold(answer, call, stack.pop_all().aclose)
        call.answered(answer)
        return answer

    def model_for(self, endpoint: str) -> str | None:
        """The model of requests at an endpoint (`/v1/chat/completions`) that name none."""
        from connectory.airflow.telling import ENDPOINTS
        from connectory.engine.clients import connection_of
        from connectory.wire.endpoints import endpoint_of

        connection = connection_of(self.conn)
        asked = endpoint_of(endpoint).name
        usual = next((MODELS[path] for path, name in ENDPOINTS.items() if name == asked and path in MODELS), None)
        return (connection and connection.model) or usual

    async def _alisted(self, path: str, **named: Any) -> list[Any]:
        """All that a list of the SDK's has, over all pages, told of as one call."""
        async with self._async_client() as client:
            call = self._call(path, client, named)
            with _told_if_failed(call):
                page = await _at(client, path)(**named)
                found = [each async for each in page]
        call.answered(page)
        return found

    def _account(self, endpoint: str, usage: Any, **facts: Any) -> None:
        """Tell the sink of what the service has done by itself, for a batch or an agent."""
        from connectory.airflow.telling import emit, usage_event, usage_of
        from connectory.engine.clients import connection_of

        sink, connection = self._wanted_sink(), connection_of(self.conn)
        if sink and connection:
            emit(sink, usage_event(connection, endpoint, usage_of(usage), streaming=False, **facts), self.log)

    def _wanted_sink(self) -> Sink | None:
        from connectory.airflow.telling import configured_sink

        return self.sink or configured_sink()

    def _call(self, path: str, client: Any, named: dict[str, Any]) -> Call:
        """The call that is about to be made; its model is filled in."""
        from connectory.airflow.telling import Call
        from connectory.engine.clients import connection_of

        connection = connection_of(client)
        if path in MODELS and named.get("model") is None:
            named["model"] = (connection and connection.model) or MODELS[path]
        streaming = bool(named.get("stream"))
        return Call(path, self.log, connection, self._wanted_sink(), model=named.get("model"), streaming=streaming)


@contextmanager
def _told_if_failed(call: Call) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        call.failed(error)
        raise


def _at(client: Any, path: str) -> Any:
    return reduce(getattr, path.split("."), client)


@asynccontextmanager
async def lent(
    client: openai.AsyncOpenAI | None, make: Callable[[], Awaitable[openai.AsyncOpenAI]]
) -> AsyncIterator[openai.AsyncOpenAI]:
    """A client that stays open, or else one that is made, and closed in the end."""
    if client is not None:
        yield client
        return
    async with await make() as own:
        yield own

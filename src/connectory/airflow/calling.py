"""One call of the SDK, made and told of: which model, how many tokens, how long it took, and the service's own id."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai


class Calling:
    """Mixed into hooks: calls by their path in the SDK (`responses.create`)."""

    conn: Any
    log: Any

    def _async_client(self) -> AbstractAsyncContextManager[openai.AsyncOpenAI]:
        raise NotImplementedError

    def _called(self, path: str, *arguments: Any, **named: Any) -> Any:
        """What the SDK's call gives back. Raises the SDK's errors."""
        started = time.monotonic()
        answer = _at(self.conn, path)(*arguments, **named)
        self._tell(path, answer, started)
        return answer

    async def _acalled(self, path: str, *arguments: Any, **named: Any) -> Any:
        """The async twin of `_called`. Nothing that is read later, such as a stream, may be asked for by it."""
        started = time.monotonic()
        async with self._async_client() as client:
            answer = await _at(client, path)(*arguments, **named)
        self._tell(path, answer, started)
        return answer

    def _tell(self, path: str, answer: Any, started: float) -> None:
        facts = {
            "model": getattr(answer, "model", None),
            "tokens": getattr(getattr(answer, "usage", None), "total_tokens", None),
            "request": getattr(answer, "_request_id", None),
        }
        told = "".join(f", {name} {value}" for name, value in facts.items() if value is not None)
        self.log.info("%s took %.2f s%s", path, time.monotonic() - started, told)


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

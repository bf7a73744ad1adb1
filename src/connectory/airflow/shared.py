"""Async clients that many triggers of one event loop share: one a connection, open as long as somebody uses it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from connectory.airflow.polling import Ended, waited

if TYPE_CHECKING:
    import openai


T = TypeVar("T")


@dataclass(slots=True)
class _Shared:
    """The client of one connection, who uses it, and the lock under which it is made."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: openai.AsyncOpenAI | None = None
    users: int = 0


_of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]] = weakref.WeakKeyDictionary()


@asynccontextmanager
async def shared_client(conn_id: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client of a connection, made off the loop by the first who asks and closed by the last who is done."""
    from connectory.airflow.hook import OpenAIHook

    of_loop = _of_loops.setdefault(asyncio.get_running_loop(), {})
    shared = of_loop.setdefault(conn_id, _Shared())
    shared.users += 1
    try:
        async with shared.lock:
            if shared.client is None:
                shared.client = await OpenAIHook(conn_id).aget_conn()
        yield shared.client
    finally:
        shared.users -= 1
        if shared.users == 0:
            of_loop.pop(conn_id, None)
            if shared.client:
                await shared.client.close()


async def watched(
    conn_id: str, look: Callable[[openai.AsyncOpenAI], Awaitable[T | None]], *, every: float, limit: float
) -> Ended[T]:
    """`waited` with the client of a connection: that it cannot be made is a look that failed."""
    async with AsyncExitStack() as stack:
        client: openai.AsyncOpenAI | None = None

        async def looked() -> T | None:
            nonlocal client
            if client is None:
                client = await stack.enter_async_context(shared_client(conn_id))
            return await look(client)

        return await waited(looked, every=every, limit=limit)

"""Async clients that many triggers of one event loop share: one a connection, open as long as somebody uses it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from connectory.airflow.polling import Ended, waited

if TYPE_CHECKING:
    import openai


T = TypeVar("T")


@dataclass(slots=True)
class _Shared:
    """The client of one connection, how many use it, which parts of it are imported, and the lock for making it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: openai.AsyncOpenAI | None = None
    users: int = 0
    resources: set[str] = field(default_factory=set)


_of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]] = weakref.WeakKeyDictionary()


@asynccontextmanager
async def shared_client(conn_id: str, resource: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client of a connection, made off the loop by the first who asks and closed by the last who is done.

    `resource` is the part of the SDK that is going to be used (`batches`): it imports each when first asked for it.
    """
    from connectory.airflow.hook import OpenAIHook

    of_loop = _of_loops.setdefault(asyncio.get_running_loop(), {})
    shared = of_loop.setdefault(conn_id, _Shared())
    shared.users += 1
    try:
        async with shared.lock:
            if shared.client is None:
                shared.client = await OpenAIHook(conn_id).aget_conn()
            if resource not in shared.resources:
                await asyncio.to_thread(attrgetter(resource), shared.client)
                shared.resources.add(resource)
        yield shared.client
    finally:
        shared.users -= 1
        if shared.users == 0:
            of_loop.pop(conn_id, None)
            if shared.client:
                await shared.client.close()


async def watched(
    conn_id: str,
    resource: str,
    look: Callable[[openai.AsyncOpenAI], Awaitable[T | None]],
    *,
    every: float,
    limit: float,
) -> Ended[T]:
    """`waited` with the client of a connection: that it cannot be made is a look that failed."""
    async with AsyncExitStack() as stack:
        client: openai.AsyncOpenAI | None = None

        async def looked() -> T | None:
            nonlocal client
            if client is None:
                client = await stack.enter_async_context(shared_client(conn_id, resource))
            return await look(client)

        return await waited(looked, every=every, limit=limit)

"""Async clients that many triggers of one event loop share: one a connection, open as long as somebody uses it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from connectory.airflow.cold_start import settle
from connectory.airflow.polling import Ended, waited

if TYPE_CHECKING:
    import openai


T = TypeVar("T")

_REFUSED = (401, 403)


@dataclass(slots=True)
class _Shared:
    """The client of one connection, how many use it, which parts of it are imported, and the lock for making it."""

    conn_id: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: openai.AsyncOpenAI | None = None
    users: int = 0
    resources: set[str] = field(default_factory=set)
    dropped: openai.AsyncOpenAI | None = None
    tries: int = 0
    failure: Exception | None = None

    async def client_for(self, resource: str) -> openai.AsyncOpenAI:
        """The client, made off the loop by the first who asks.

        `resource` is the part of the SDK that is going to be used (`batches`): it imports each when first asked for it.
        """
        from connectory.airflow.hook import OpenAIHook

        tries = self.tries
        async with self.lock:
            if self.client is None and self.failure and self.tries != tries:
                raise self.failure  # somebody has tried while this one waited
            if self.client is None:
                self.tries += 1
                try:
                    self.client = await OpenAIHook(self.conn_id).aget_conn()
                except Exception as error:
                    self.failure = error
                    raise
                self.failure = None
            if resource not in self.resources:
                await asyncio.to_thread(attrgetter(resource), self.client)
                self.resources.add(resource)
            return self.client

    async def drop(self, client: openai.AsyncOpenAI) -> None:
        """The next who asks reads the connection anew: its key may be another by now. Others may still be waiting for
        an answer with the old client, so that only the one before it is closed."""
        if self.client is client:
            older, self.dropped, self.client = self.dropped, client, None
            if older:
                await older.close()

    async def close(self) -> None:
        for client in (self.dropped, self.client):
            if client:
                await client.close()


_of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]] = weakref.WeakKeyDictionary()


@asynccontextmanager
async def _shared(conn_id: str) -> AsyncIterator[_Shared]:
    """What those share who use a connection; the last who is done closes it."""
    of_loop = _of_loops.setdefault(asyncio.get_running_loop(), {})
    shared = of_loop.setdefault(conn_id, _Shared(conn_id))
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if shared.users == 0:
            of_loop.pop(conn_id, None)
            await shared.close()


@asynccontextmanager
async def shared_client(conn_id: str, resource: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client of a connection, for a part of the SDK."""
    async with _shared(conn_id) as shared:
        yield await shared.client_for(resource)


async def watched(
    conn_id: str,
    resource: str,
    look: Callable[[openai.AsyncOpenAI], Awaitable[T | None]],
    *,
    every: float,
    limit: float,
    warn: Callable[[Exception], None],
) -> Ended[T]:
    """`waited` with the client of a connection: that it cannot be made is a look that failed.

    A service that does not take the credential is asked again with a client of the connection as it is then.
    """
    async with _shared(conn_id) as shared:

        async def looked() -> T | None:
            client = await shared.client_for(resource)
            try:
                found = await look(client)
            except Exception as error:
                if getattr(error, "status_code", None) in _REFUSED:
                    await shared.drop(client)
                error.args = (_shown(error, client), *error.args[1:])
                raise
            settle()
            return found

        return await waited(looked, every=every, limit=limit, warn=warn)


def _shown(error: Exception, client: openai.AsyncOpenAI) -> str:
    """The error's text, which goes into Airflow's database, without the secrets that a service may quote."""
    from connectory.engine.auth import without_secrets
    from connectory.engine.clients import connection_of

    connection = connection_of(client)
    return without_secrets(connection, str(error).encode(errors="replace")).decode() if connection else str(error)

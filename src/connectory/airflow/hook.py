"""The hook: a connection of Airflow's as a ready client, and OpenAI's APIs as methods."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from connectory.airflow.agents import Agents
from connectory.airflow.batches import Batches
from connectory.airflow.media import Media
from connectory.airflow.releases import BaseHook
from connectory.airflow.texts import Texts
from connectory.airflow.vector_stores import VectorStores

if TYPE_CHECKING:
    import openai

    from connectory.airflow.telling import Sink
    from connectory.connection import Connection

DEFAULT_ID = "openai_default"


class OpenAIHook(Texts, Batches, VectorStores, Agents, Media, BaseHook):
    """OpenAI's APIs through a connection that Airflow knows.

    :param conn_id: id of the connection, of the type `connectory` or `openai`.
    :param sink: called with a `connectory.UsageEvent` for each call that a model answers; otherwise the function that
        the setting `[connectory] usage_sink` names. It must not block. What it raises is logged.

    Every method of the API takes what the SDK's call takes beside its own arguments, and has an async twin whose name
    begins with `a`; `iterate_files`, `iterate_batches` and `wait_for_batch` have none. `with OpenAIHook() as hook:`
    closes the client at the end, `async with` that of the twins; a twin outside of such a block has a client of its own
    for the call.
    """

    conn_name_attr: ClassVar[str] = "conn_id"
    default_conn_name: ClassVar[str] = DEFAULT_ID
    conn_type: ClassVar[str] = "openai"
    hook_name: ClassVar[str] = "OpenAI"

    def __init__(self, conn_id: str = DEFAULT_ID, *args: Any, sink: Sink | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(conn_id, str) or not conn_id:
            raise ValueError(f"'conn_id' must be the id of a connection, got {conn_id!r}.")
        self.conn_id = conn_id
        self.sink = sink
        self._aclient: openai.AsyncOpenAI | None = None
        self._blocks = 0

    @cached_property
    def conn(self) -> openai.OpenAI:
        """The client of this hook, made when it is first asked for."""
        return self.get_conn()

    def get_conn(self) -> openai.OpenAI:
        """A new client, which its caller closes. Raises DocumentError for a connection that says something wrong."""
        from connectory.library.connecting import connect

        return connect(self.connection())

    async def aget_conn(self) -> openai.AsyncOpenAI:
        """A new async client, which its caller closes. The connection is read without holding up the event loop."""
        import asyncio

        found = await self.aget_connection(self.conn_id)
        return await asyncio.to_thread(self._async_client_of, found)

    def _async_client_of(self, found: Any) -> openai.AsyncOpenAI:
        """Made in a thread, which imports openai if nobody has done so yet."""
        from connectory.airflow.cold_start import import_openai

        import_openai()
        from connectory.library.connecting import aconnect

        return aconnect(self._read(found))

    def connection(self) -> Connection:
        """The connection, read anew. Raises DocumentError, and what Airflow raises for one that it does not find."""
        return self._read(self.get_connection(self.conn_id))

    def _read(self, found: Any) -> Connection:
        from connectory.airflow.reading import connection_of

        return connection_of(found)

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """The connection as Airflow has it. Raises AirflowNotFoundException, which says so if its variable is wrong."""
        from connectory.airflow.reading import explained

        with explained(conn_id):
            return super().get_connection(conn_id)

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Any:
        """The async twin of `get_connection`."""
        from connectory.airflow.reading import explained
        from connectory.airflow.releases import aconnection

        with explained(conn_id):
            return await aconnection(super(), conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """Whether it works, and in one sentence what was found or how to mend it: the button in Airflow's form."""
        from connectory.airflow.releases import AirflowException
        from connectory.airflow.testing import verdict

        try:
            return verdict(self.conn_id, self.connection)
        except AirflowException as error:  # that it does not know the connection
            return False, str(error)

    def close(self) -> None:
        """Close the client of this hook, if it has one."""
        if close := getattr(self.__dict__.pop("conn", None), "close", None):
            close()

    async def aclose(self) -> None:
        """Close the async client of this hook, if it has one."""
        client, self._aclient = self._aclient, None
        if client:
            await client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self._blocks += 1
        if self._aclient is None:
            made = await self.aget_conn()
            if self._aclient is None:
                self._aclient = made
            else:  # another block was entered meanwhile
                await made.close()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._blocks -= 1
        if self._blocks == 0:  # blocks of several tasks share the client, and the last one closes it
            await self.aclose()

    def _async_client(self) -> AbstractAsyncContextManager[openai.AsyncOpenAI]:
        """The async client of this hook, or one for a single call."""
        from connectory.airflow.calling import lent

        return lent(self._aclient, self.aget_conn)


class ConnectoryHook(OpenAIHook):
    """The same for the connection type `connectory`, which stands beside Apache's `openai`."""

    conn_type: ClassVar[str] = "connectory"
    hook_name: ClassVar[str] = "OpenAI, Azure OpenAI and compatible services (connectory)"

"""A small HTTP/1.1 server: it hands each request to an app as a value, and writes the answer exactly as told."""

import asyncio
import contextlib
import dataclasses
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Iterable

from tests.upstream.messages import Answer, App
from tests.upstream.reading import HEAD_LIMIT, BadRequest, read_request
from tests.upstream.writing import ConnectionEnded, write_answer

log = logging.getLogger(__name__)


class Server:
    """Serves an app on sockets that already listen, in the event loop of whoever enters `listening`.

    `connections` counts the TCP connections accepted so far, those included whose TLS handshake fails later;
    `open_connections` those that can carry requests now. Both may be read from any thread.
    """

    def __init__(self, app: App, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self._app = app
        self._tls = tls
        self._open: set[_Connection] = set()

    @property
    def open_connections(self) -> int:
        return len(self._open)

    @contextlib.asynccontextmanager
    async def listening(self, sockets: Iterable[socket.socket]) -> AsyncIterator[None]:
        """Serves until the block is left; connections that are open then are dropped."""
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(self._accept, sock=each, ssl=self._tls) for each in sockets]
        try:
            yield
        finally:
            await stop_accepting(servers)
            await asyncio.gather(*(connection.drop() for connection in self._open))

    def _accept(self) -> "_Connection":
        # asyncio.start_server does these lines too, but would count a TLS client only after its handshake.
        self.connections += 1
        return _Connection(self._app, self.connections, self._open)


class _Connection(asyncio.StreamReaderProtocol):
    """One accepted connection, answered request by request until either side ends it.

    A client that closes its side is taken to be gone, also in the middle of an answer; half-closed connections are
    not served. So a test can see how soon a client that lost interest closes its connection.
    """

    def __init__(self, app: App, number: int, open_connections: set["_Connection"]) -> None:
        self._requests = asyncio.StreamReader(limit=HEAD_LIMIT)
        super().__init__(self._requests, self._begin)
        self._app = app
        self._number = number
        self._siblings = open_connections
        self._gone = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._serving: asyncio.Task[None] | None = None

    async def drop(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        if self._serving is not None:
            self._serving.cancel()
        await self._gone.wait()

    def eof_received(self) -> bool:
        super().eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._siblings.discard(self)
        super().connection_lost(exc)

    def _begin(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._siblings.add(self)
        # Nothing may wait in our own buffer: then each drain() means that the write has reached the kernel. (With a
        # high mark of 0 asyncio's TLS transport would pause for ever.)
        writer.transport.set_write_buffer_limits(high=1, low=0)
        self._serving = asyncio.get_running_loop().create_task(self._serve(writer))

    async def _serve(self, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(writer):
                pass
        except (EOFError, OSError, ConnectionEnded):
            pass
        except BadRequest as bad:
            await self._refuse(writer, bad)
        finally:
            writer.close()

    async def _serve_one(self, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open for another request."""
        request = await read_request(self._requests, writer, self._number)
        request = dataclasses.replace(request, peer_certificate=_common_name(writer))
        try:
            answer = await self._app(request)
        except Exception:
            # The test that caused it shall see why, in the answer and in pytest's captured log.
            log.exception("the app failed")
            answer = Answer(status=500, headers=(("content-type", "text/plain"),), body=traceback.format_exc().encode())
        await write_answer(writer, answer, gone=self._gone, method=request.method)
        return (request.header("connection") or "").lower() != "close"

    async def _refuse(self, writer: asyncio.StreamWriter, bad: BadRequest) -> None:
        headers = (("content-type", "text/plain"), ("connection", "close"))
        answer = Answer(status=bad.status, headers=headers, body=str(bad).encode())
        with contextlib.suppress(OSError):
            await write_answer(writer, answer, gone=self._gone, method="GET")
            # Were the rest of the request not read, the kernel would send a reset, and the client lose the answer.
            if writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(1):
                while await self._requests.read(HEAD_LIMIT):
                    pass


async def stop_accepting(servers: Iterable[asyncio.Server]) -> None:
    """Closes the listening sockets, and leaves no connection between accepted and begun.

    asyncio forgets a connection whose server is closed before it begins, and then nobody ever closes it.
    """
    loop = asyncio.get_running_loop()
    for server in servers:
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())
    for _ in range(3):  # the transport, the protocol, the handshake
        await asyncio.sleep(0)
    for server in servers:
        server.close()


def _common_name(writer: asyncio.StreamWriter) -> str | None:
    """Of the client certificate; None without TLS, and when the server asked for none or got none."""
    certificate = writer.get_extra_info("peercert") or {}
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    return names[0] if names else None

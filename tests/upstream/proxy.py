"""A forward proxy on loopback that remembers what it was asked: CONNECT tunnels, and plain requests passed on.

It never leaves the machine: another target than loopback is reached by a route only, and refused with 502 without one.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from tests.upstream.http import stop_accepting
from tests.upstream.proxied import Address, BadProxyRequest, Proxied, Stream, basic, host_and_port, read_proxied, refuse
from tests.upstream.reading import HEAD_LIMIT, BadRequest
from tests.upstream.running import address, bind, in_thread


class RecordingProxy:
    """A running proxy, seen from a test. `url` is bare of user and password, which a test adds as its client wants."""

    def __init__(self, url: str, *, authorization: str | None, routes: Mapping[str, str], holds: bool) -> None:
        self.url = url
        self._holds = holds
        self._authorization = authorization
        self._routes = routes
        self._requests: list[Proxied] = []

    @property
    def requests(self) -> list[Proxied]:
        """A copy of the requests so far, oldest first, the refused ones too."""
        return list(self._requests)

    def clear(self) -> None:
        self._requests.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, which carries one request or one tunnel."""
        request = await read_proxied(reader)
        self._requests.append(request)
        if self._authorization is not None and request.header("proxy-authorization") != self._authorization:
            challenge = ("proxy-authenticate", 'Basic realm="recording-proxy"')
            raise BadProxyRequest("user and password are wrong or missing", status=407, headers=(challenge,))
        far = await self._open(request.where())
        try:
            await request.pass_on((reader, writer), far, holds=self._holds)
        finally:
            far[1].close()

    async def _open(self, target: Address) -> Stream:
        where = self._where(target)
        try:
            if where is not None:
                return await asyncio.open_connection(*where, limit=HEAD_LIMIT)
        except OSError as error:
            raise BadProxyRequest("nobody listens there", status=502) from error
        raise BadProxyRequest("the target is not on this machine, and has no route", status=502)

    def _where(self, target: Address) -> Address | None:
        route = self._routes.get(f"{target[0]}:{target[1]}")
        host, port = host_and_port(route, 443) if route else target
        return (host, port) if _is_loopback(host) else None


@contextlib.contextmanager
def running_proxy(
    *,
    username: str | None = None,
    password: str = "",
    tls: ssl.SSLContext | None = None,
    routes: Mapping[str, str] | None = None,
    holds: bool = False,
) -> Iterator[RecordingProxy]:
    """Serves until the block is left, tunnels still open or not.

    With `username` every request must bring it as basic authentication, or gets 407. `tls` is for the proxy itself.
    `routes` leads from one `host:port` to another, such as from `auth.openai.com:443` to a service of the test.
    `holds`: a plain answer is read to its end before any of it is handed on.
    """
    sockets = bind("127.0.0.1", 0)
    authorization = None if username is None else basic(username, password)
    proxy = RecordingProxy(
        address("127.0.0.1", sockets, tls), authorization=authorization, routes=routes or {}, holds=holds
    )
    with in_thread(_listening(proxy, sockets, tls), name="recording-proxy"):
        yield proxy


@contextlib.asynccontextmanager
async def _listening(
    proxy: RecordingProxy, sockets: Iterable[socket.socket], tls: ssl.SSLContext | None
) -> AsyncIterator[None]:
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(_serve(proxy, reader, writer))
        serving[task] = writer
        task.add_done_callback(serving.pop)

    servers = [await asyncio.start_server(accepted, sock=each, ssl=tls, limit=HEAD_LIMIT) for each in sockets]
    try:
        yield
    finally:
        await stop_accepting(servers)
        for task, writer in serving.items():
            # A polite end over TLS would wait for the other side.
            with contextlib.suppress(AttributeError):  # of Python 3.11.2, where the transport is gone already
                writer.transport.abort()
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _serve(proxy: RecordingProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(EOFError, OSError):
        try:
            await proxy.serve(reader, writer)
        except BadRequest as bad:
            await refuse((reader, writer), bad)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

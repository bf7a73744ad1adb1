"""Runs an app in a thread of the test's own process, with an event loop of its own."""

import asyncio
import concurrent.futures
import contextlib
import errno
import socket
import ssl
import threading
from collections.abc import Iterator

from tests.upstream.http import Server
from tests.upstream.messages import App, Received
from tests.upstream.recording import Recording

_ADDRESSES = {"localhost": ("127.0.0.1", "::1")}


class Upstream:
    """A running service, seen from a test: where it is, and what has come to it so far."""

    def __init__(self, url: str, server: Server, recording: Recording) -> None:
        self.url = url
        self._server = server
        self._recording = recording

    @property
    def requests(self) -> list[Received]:
        """A copy of the requests so far, oldest first; a request is here before its answer begins."""
        return list(self._recording.requests)

    @property
    def connections(self) -> int:
        """TCP connections accepted so far."""
        return self._server.connections

    @property
    def open_connections(self) -> int:
        """TCP connections open now."""
        return self._server.open_connections

    def clear(self) -> None:
        """Forgets the requests; the count of connections goes on."""
        self._recording.requests.clear()


@contextlib.contextmanager
def running(
    app: App, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Upstream]:
    """Serves until the block is left, connections still open or not.

    `host` is an address to bind (`127.0.0.1`, `::1`) or `localhost`, which binds both under one port.
    """
    recording = Recording(app)
    server = Server(recording, tls=tls)
    sockets = bind(host, port)
    with in_thread(server.listening(sockets), name=f"upstream-{sockets[0].getsockname()[1]}"):
        yield Upstream(address(host, sockets, tls), server, recording)


@contextlib.contextmanager
def in_thread(serving: contextlib.AbstractAsyncContextManager[None], *, name: str) -> Iterator[None]:
    """Keeps `serving` entered, in an event loop and a thread of its own, until the block is left."""
    started: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = concurrent.futures.Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with serving:
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name=name)
    thread.start()
    loop, stop = started.result(timeout=10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, all on one port. A machine without IPv6 gives only the other one for `localhost`."""
    for _ in range(20):
        first, *others = _ADDRESSES.get(host, (host,))
        sockets = [_listen(first, port)]
        try:
            sockets += [_listen(other, sockets[0].getsockname()[1]) for other in others]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return sockets
            sockets[0].close()  # another program has the port on the other address: take a new one
        else:
            return sockets
    raise OSError(errno.EADDRINUSE, f"no port is free on every address of {host}")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=512)
    # Accepted connections inherit it. asyncio sets it by itself only on sockets that name their protocol; without it,
    # the second write of an answer waits 40 ms for the client's delayed acknowledgement of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(host: str, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{'http' if tls is None else 'https'}://{name}:{sockets[0].getsockname()[1]}"

"""A listener that knows no protocol: for every connection it does what a script says, byte for byte."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator

Line = socket.socket
Script = Callable[[Line], None]


@contextlib.contextmanager
def listening(script: Script) -> Iterator[int]:
    """The port. Each connection has a thread of its own; what it raises ends that connection only."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, script), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: Line, script: Script) -> None:
    with contextlib.suppress(OSError):
        while True:
            line, _ = listener.accept()
            threading.Thread(target=_done, args=(line, script), daemon=True).start()


def _done(line: Line, script: Script) -> None:
    with contextlib.suppress(OSError), line:
        script(line)


def answering(data: bytes) -> Script:
    """Hears a request, and says this."""

    def script(line: Line) -> None:
        heard(line)
        line.sendall(data)

    return script


def silent(line: Line) -> None:
    """Takes the connection and whatever comes, and says nothing."""
    while line.recv(65536):
        pass


def hanging_up(line: Line) -> None:
    """Hears what is said first, and closes."""
    line.recv(65536)


def resetting(line: Line) -> None:
    """Hears what is said first, and resets the connection (RST)."""
    line.recv(65536)
    reset(line)


def reset(line: Line) -> None:
    """RST, and no polite end."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def tunnel_and(then: Script) -> Script:
    """A proxy that opens a tunnel to nowhere, and then does this."""

    def script(line: Line) -> None:
        heard(line)
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        then(line)

    return script


def shaking_hands(context: ssl.SSLContext) -> Script:
    """TLS, and what it has against the client is said, which asyncio's servers do not."""

    def script(line: Line) -> None:
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(line, server_side=True).unwrap()

    return script


def heard(line: Line) -> bytes:
    """What came up to an empty line."""
    data = b""
    while b"\r\n\r\n" not in data and (piece := line.recv(65536)):
        data += piece
    return data


def peeked(line: Line) -> bytes:
    """What has come so far, which is still to be heard."""
    time.sleep(0.1)
    return line.recv(65536, socket.MSG_PEEK)


@contextlib.contextmanager
def full() -> Iterator[int]:
    """A port whose queue is full: who knocks hears nothing, as behind a firewall that swallows packets."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(3):
            knocking = waiting.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        yield port

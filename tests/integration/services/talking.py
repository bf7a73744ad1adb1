"""Talking to a service without the SDK where single bytes matter, and with it where they do not."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.upstream import Upstream

KEY = "sk-test"
HELLO = [{"role": "user", "content": "Hello there"}]
ECHO = "You said: Hello there"
V = "2024-10-21"


def ask(
    upstream: Upstream,
    method: str,
    path: str,
    document: Any = None,
    *,
    key: str = KEY,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(upstream), timeout=5)
    try:
        body = document if isinstance(document, bytes | None) else json.dumps(document)
        sent = {"Authorization": f"Bearer {key}", "api-key": key, "Content-Type": "application/json"}
        connection.request(method, path, body, sent if headers is None else headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def chat(upstream: Upstream, model: str, **more: Any) -> tuple[http.client.HTTPResponse, bytes]:
    return ask(upstream, "POST", "/v1/chat/completions", {"model": model, "messages": HELLO, **more})


def events(body: bytes) -> list[Any]:
    """The data of each event of a plain stream, `[DONE]` included as text."""
    texts = [each.removeprefix("data: ") for each in body.decode().split("\n\n") if each]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]


def port_of(upstream: Upstream) -> int:
    return int(upstream.url.rpartition(":")[2])


def request_bytes(document: Any, *, path: str = "/v1/chat/completions", close: bool = True) -> bytes:
    body = json.dumps(document).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + body


def talk(upstream: Upstream, data: bytes) -> bytes:
    """Sends the bytes and reads until the service closes."""
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def wire_chunks(raw: bytes) -> list[bytes]:
    """The HTTP chunks of a chunked answer, as they were framed."""
    rest = raw.partition(b"\r\n\r\n")[2]
    chunks: list[bytes] = []
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if int(size, 16) == 0:
            return chunks
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]


def soon(true: Callable[[], bool], seconds: float = 2.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.002)
    return true()


def say(client: OpenAI, text: str = "Hello there", *, model: str = "gpt-test", **more: Any) -> ChatCompletion:
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)
    assert isinstance(answer, ChatCompletion)
    return answer


def stream_of(client: OpenAI, model: str = "gpt-test") -> "openai.Stream[ChatCompletionChunk]":
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello there"}], stream=True
    )


def said_by(client: OpenAI, model: str = "gpt-test") -> str:
    """The text of a stream put together."""
    chunks = [chunk for chunk in stream_of(client, model) if chunk.choices]
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def ended(connection: socket.socket) -> bool:
    """Whether the other side has ended it, in whatever way; raises TimeoutError when it has not."""
    connection.settimeout(2)
    with connection, contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def refused(response: http.client.HTTPResponse, body: bytes) -> tuple[int, Any]:
    return response.status, json.loads(body)["error"]

"""Services and proxies that send back what they were sent, where nobody looks for it: nothing of it comes out."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectory import Connection
from connectory.dialects import own
from tests.canary.telling import Everything, said_by
from tests.upstream import raw

CANARY = "canary-Zq7w0123456789abcdef"
LOGIN = base64.b64encode(f"me:{CANARY}".encode()).decode()

_MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://$.example/\r\n\r\n"

ECHOES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "as the status line": lambda request, key: key + b"\r\n\r\n",
    "as the whole answer": lambda request, key: request,
    "as a header without a name": lambda request, key: b"HTTP/1.1 200 OK\r\n: " + key + b"\r\n\r\n",
    "as the length of a chunk": lambda request, key: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + key + b"\r\n\r\n"
    ),
    "as the reason phrase": lambda request, key: b"HTTP/1.1 502 " + key + b"\r\nContent-Length: 0\r\n\r\n",
    "as a place to go": lambda request, key: _MOVED.replace(b"$", key.rpartition(b" ")[2]),
}


def echoing(how: Callable[[bytes, bytes], bytes], header: bytes) -> raw.Script:
    def script(line: Any) -> None:
        request = raw.heard(line)
        values = [each.partition(b":")[2].strip() for each in request.split(b"\r\n") if each.lower().startswith(header)]
        line.sendall(how(request, values[0] if values else b"x"))

    return script


def connection(url: str, **more: Any) -> Connection:
    credential = {"api_key": CANARY}
    client = {"timeout": 2, "max_retries": 0, "default_query": {"api_key": CANARY}}
    document = {"provider": "other", "url": url, "credential": credential, "client": client, **more}
    return own.read("it", document, source="a test")


@pytest.mark.parametrize("how", ECHOES)
def test_key_that_a_service_sends_back_comes_out_nowhere(
    how: str, log: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    log.setLevel(logging.INFO)  # below that, the HTTP client writes down all that it hears
    with raw.listening(echoing(ECHOES[how], b"authorization")) as port:
        said = list(said_by(connection(f"http://127.0.0.1:{port}/v1")))
    assert [each for each in [*said, *log.said] if CANARY in each] == []


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("to", ["http", "https"])
def test_login_that_a_proxy_sends_back_comes_out_nowhere(
    how: str, to: str, log: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    log.setLevel(logging.INFO)
    with raw.listening(echoing(ECHOES[how], b"proxy-authorization")) as port:
        network = {"proxy": f"http://127.0.0.1:{port}", "proxy_username": "me", "proxy_password": CANARY}
        said = list(said_by(connection(f"{to}://llm.corp.example/v1", network=network)))
    assert [each for each in [*said, *log.said] if LOGIN in each] == []

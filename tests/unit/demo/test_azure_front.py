"""The demo's Azure front, asked over a bare HTTP connection; behind it the embedded upstream, or one of the test's."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectory.demo.azure_front import AzureFront
from connectory.demo.loopback import LoopbackHandler, LoopbackServer
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret

KEY, INNER_KEY = Secret("sk-azure"), Secret("sk-inner")
CHAT = {"messages": [{"role": "user", "content": "Hello there"}]}
CHAT_PATH = f"/openai/deployments/{MODEL}/chat/completions?api-version=2024-10-21"


@pytest.fixture
def front() -> Iterator[AzureFront]:
    with Upstream([INNER_KEY]) as upstream, before(f"{upstream.origin}/v1") as running:
        yield running


def before(url: str) -> AzureFront:
    return AzureFront(url, MODEL, url_key=INNER_KEY, key=KEY)


def open_to(front: AzureFront) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(front.origin).netloc, timeout=10)


def ask(
    front: AzureFront, path: str, body: Any = None, *, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = open_to(front)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(
            "GET" if data is None else "POST", path, data, {"api-key": "sk-azure"} if headers is None else headers
        )
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def refusal(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message}}


NOT_FOUND = refusal(404, "404", "Resource not found")


def test_deployment_answers_chat(front: AzureFront) -> None:
    status, answer = ask(front, CHAT_PATH, CHAT)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: Hello there")


def test_deployment_answers_embeddings(front: AzureFront) -> None:
    path = f"/openai/deployments/{MODEL}/embeddings?api-version=2024-10-21"
    status, answer = ask(front, path, {"input": "sea"})
    assert (status, len(answer["data"][0]["embedding"])) == (200, 64)


def test_models_are_listed(front: AzureFront) -> None:
    status, answer = ask(front, "/openai/models?api-version=2024-10-21")
    assert (status, answer["data"][0]["id"]) == (200, MODEL)


@pytest.mark.parametrize("headers", [{}, {"api-key": "sk-other"}, {"Authorization": "Bearer sk-azure"}])
def test_without_its_key_nobody_gets_in(front: AzureFront, headers: dict[str, str]) -> None:
    status, answer = ask(front, CHAT_PATH, CHAT, headers=headers)
    assert (status, answer["error"]["code"]) == (401, "401")
    assert answer["error"]["message"].startswith("Access denied due to invalid subscription key")


@pytest.mark.parametrize(
    "path",
    [
        f"/openai/deployments/{MODEL}/chat/completions",
        f"/openai/deployments/{MODEL}/other?api-version=2024-10-21",
        "/v1/chat/completions?api-version=2024-10-21",
    ],
)
def test_any_other_path_is_not_found(front: AzureFront, path: str) -> None:
    assert ask(front, path, CHAT) == NOT_FOUND


def test_operation_is_asked_with_post(front: AzureFront) -> None:
    assert ask(front, CHAT_PATH) == NOT_FOUND


def test_unknown_deployment_is_named_so(front: AzureFront) -> None:
    status, answer = ask(front, "/openai/deployments/gpt/chat/completions?api-version=2024-10-21", CHAT)
    assert (status, answer["error"]["code"]) == (404, "DeploymentNotFound")


def test_fault_of_a_body_is_handed_through(front: AzureFront) -> None:
    status, answer = ask(front, CHAT_PATH, ["no object"])
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_service_that_is_gone_is_unavailable() -> None:
    with Upstream([INNER_KEY]) as gone:
        pass
    with before(f"{gone.origin}/v1") as front:
        assert ask(front, CHAT_PATH, CHAT) == refusal(503, "503", "Service temporarily unavailable")


class _Echo(LoopbackHandler):
    def handled(self, body: bytes) -> None:
        self.answer_json(200, {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})


def test_service_sees_its_own_key_path_and_model() -> None:
    with LoopbackServer(_Echo) as service, before(f"{service.origin}/v1") as front:
        _, seen = ask(front, CHAT_PATH, {**CHAT, "model": "another"})
    assert (seen["path"], seen["body"]) == ("/v1/chat/completions", {**CHAT, "model": MODEL})
    assert seen["headers"]["Authorization"] == "Bearer sk-inner"
    assert "api-key" not in seen["headers"]


class _Halting(LoopbackServer):
    """Streams one event, and the second when it may."""

    def __init__(self) -> None:
        super().__init__(_HaltingRequest)
        self.may_go_on = threading.Event()


class _HaltingRequest(LoopbackHandler):
    server: _Halting

    def handled(self, body: bytes) -> None:
        self.stream(200, "text/event-stream", self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield b"data: 1\n\n"
        self.server.may_go_on.wait(10)
        yield b"data: 2\n\n"


def test_each_piece_of_a_stream_is_passed_on_at_once() -> None:
    with _Halting() as service, before(f"{service.origin}/v1") as front:
        connection = open_to(front)
        connection.request("POST", CHAT_PATH, json.dumps({**CHAT, "stream": True}), {"api-key": "sk-azure"})
        response = connection.getresponse()
        assert (response.read1(), service.may_go_on.is_set()) == (b"data: 1\n\n", False)
        service.may_go_on.set()
        assert response.read() == b"data: 2\n\n"
        assert response.getheader("Content-Type") == "text/event-stream"
        connection.close()


class _Breaking(LoopbackHandler):
    def handled(self, body: bytes) -> None:
        self.stream(200, "text/event-stream", self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield b"data: 1\n\n"
        raise ConnectionAbortedError


def test_stream_that_breaks_off_is_not_ended_as_if_it_were_whole() -> None:
    with LoopbackServer(_Breaking) as service, before(f"{service.origin}/v1") as front:
        connection = open_to(front)
        connection.request("POST", CHAT_PATH, json.dumps({**CHAT, "stream": True}), {"api-key": "sk-azure"})
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
        connection.close()

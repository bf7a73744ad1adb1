"""A front of the demo's without a lock: what it hands on, and how. Behind it is the embedded upstream, or a test's."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator

import pytest

from connectory.demo.front import Front
from connectory.demo.gate import Gate
from connectory.demo.loopback import LoopbackHandler, LoopbackServer
from connectory.demo.service import Service
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret
from tests.unit.demo.asking import CHAT, ask, open_to

KEY = Secret("sk-inner")


@pytest.fixture
def front() -> Iterator[Front]:
    with Upstream([KEY]) as upstream, before(upstream) as running:
        yield running


def before(upstream: LoopbackServer) -> Front:
    return Front(Service(url=f"{upstream.origin}/v1", model=MODEL, about=""), Gate(), key=KEY)


def test_chat_is_answered(front: Front) -> None:
    status, answer = ask(front.origin, "/v1/chat/completions", CHAT)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: Hello there")


def test_embeddings_are_answered(front: Front) -> None:
    status, answer = ask(front.origin, "/v1/embeddings", {"input": "sea"})
    assert (status, len(answer["data"][0]["embedding"])) == (200, 64)


def test_models_are_listed(front: Front) -> None:
    status, answer = ask(front.origin, "/v1/models")
    assert (status, answer["data"][0]["id"]) == (200, MODEL)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/chat/completions", CHAT), ("/v1/../v1/chat/completions", CHAT), ("/v1/models", CHAT), ("/v1/embeddings", None)],
)
def test_nothing_else_is_handed_on(front: Front, path: str, body: object) -> None:
    status, answer = ask(front.origin, path, body)
    assert (status, answer["error"]["type"]) == (404, "invalid_request_error")
    assert answer["error"]["message"].startswith("Invalid URL (")


def test_fault_of_a_body_is_handed_through(front: Front) -> None:
    status, answer = ask(front.origin, "/v1/chat/completions", ["no object"])
    assert (status, answer["error"]["message"]) == (400, "We could not parse the JSON body of your request.")


def test_service_that_is_gone_is_unavailable() -> None:
    with Upstream([KEY]) as gone:
        pass
    with before(gone) as front:
        status, answer = ask(front.origin, "/v1/chat/completions", CHAT)
    assert (status, answer["error"]["type"]) == (503, "server_error")


class _Echo(LoopbackHandler):
    def handled(self, body: bytes) -> None:
        self.answer_json(200, {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})


def test_service_sees_the_fronts_key_and_no_header_of_the_callers() -> None:
    given = {"Authorization": "Bearer sk-outer", "api-key": "sk-outer", "X-Other": "1"}
    with LoopbackServer(_Echo) as service, before(service) as front:
        _, seen = ask(front.origin, "/v1/chat/completions?a=b", CHAT, headers=given)
    assert (seen["path"], seen["body"]) == ("/v1/chat/completions", CHAT)
    assert seen["headers"]["Authorization"] == "Bearer sk-inner"
    assert seen["headers"].keys() & {"api-key", "X-Other"} == set()


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
    with _Halting() as service, before(service) as front:
        connection = open_to(front.origin)
        connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "stream": True}))
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
    with LoopbackServer(_Breaking) as service, before(service) as front:
        connection = open_to(front.origin)
        connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "stream": True}))
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
        connection.close()

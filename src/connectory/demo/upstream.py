"""The embedded upstream: a small OpenAI-compatible service, for where no language model can be had."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from connectory.demo import parrot
from connectory.demo.loopback import LoopbackHandler, LoopbackServer, Refused
from connectory.secret import Secret

MODEL = "parrot"
_PAUSE = 0.01
"""Seconds between the pieces of a stream, so that it is seen to be one."""


class Upstream(LoopbackServer):
    """Chat, embeddings and the list of models under `/v1`, for whoever has one of `keys`."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        super().__init__(_Request)
        self._keys = keys

    def takes(self, authorization: str) -> bool:
        return any(hmac.compare_digest(authorization.encode(), f"Bearer {key.reveal()}".encode()) for key in self._keys)


class _Request(LoopbackHandler):
    server: Upstream

    def handled(self, body: bytes) -> None:
        if not self.server.takes(self.headers.get("Authorization") or ""):
            raise _refused(401, "Incorrect API key provided.", code="invalid_api_key")
        match self.command, self.path.partition("?")[0]:
            case "GET", "/v1/models":
                self._models()
            case "POST", "/v1/chat/completions":
                self._chat(_parsed(body, required="messages"))
            case "POST", "/v1/embeddings":
                self._embeddings(_parsed(body, required="input"))
            case _:
                raise _refused(404, f"Invalid URL ({self.command} {self.path})")

    def _models(self) -> None:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "connectory"}
        self.answer_json(200, {"object": "list", "data": [model]})

    def _chat(self, request: dict[str, Any]) -> None:
        if request.get("stream"):
            self.stream(200, "text/event-stream", _events(parrot.chunks(request, model=MODEL)))
        else:
            self.answer_json(200, parrot.completion(request, model=MODEL))

    def _embeddings(self, request: dict[str, Any]) -> None:
        self.answer_json(200, parrot.embeddings(request, model=MODEL))


def _parsed(body: bytes, *, required: str) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise _refused(400, "We could not parse the JSON body of your request.")
    if not request.get(required):
        raise _refused(400, f"Missing required parameter: '{required}'.")
    return request


def _refused(status: int, message: str, *, code: str | None = None) -> Refused:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Refused(status, {"error": error})


def _events(chunks: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
        time.sleep(_PAUSE)
    yield b"data: [DONE]\n\n"

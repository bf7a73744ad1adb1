"""The embedded upstream: a small OpenAI-compatible service, for where no language model can be had."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator, Sequence

from connectory.demo import parrot
from connectory.demo.loopback import LoopbackHandler, LoopbackServer
from connectory.demo.openai_errors import refused
from connectory.demo.questions import BadQuestion, Chat, chat_of, embedding_of
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
            raise refused(401, "Incorrect API key provided.", code="invalid_api_key")
        try:
            self._answered(body)
        except BadQuestion as error:
            raise refused(400, str(error), param=error.param) from error

    def _answered(self, body: bytes) -> None:
        match self.command, self.path.partition("?")[0]:
            case "GET", "/v1/models":
                self._models()
            case "POST", "/v1/chat/completions":
                self._chat(chat_of(body))
            case "POST", "/v1/embeddings":
                self.answer_json(200, parrot.embeddings(embedding_of(body), model=MODEL))
            case _:
                raise refused(404, f"Invalid URL ({self.command} {self.path})")

    def _models(self) -> None:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "connectory"}
        self.answer_json(200, {"object": "list", "data": [model]})

    def _chat(self, chat: Chat) -> None:
        if chat.streamed:
            self.stream(200, "text/event-stream", _events(parrot.chunks(chat, model=MODEL)))
        else:
            self.answer_json(200, parrot.completion(chat, model=MODEL))


def _events(chunks: Iterator[parrot.Document]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
        time.sleep(_PAUSE)
    yield b"data: [DONE]\n\n"

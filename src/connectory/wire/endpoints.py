"""The operations of OpenAI's API: which one a URL names, and what each asks of a body and promises of an answer.

Source: https://developers.openai.com/api/reference and the parameter types of the package openai 3.54.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Streaming(StrEnum):
    """How an endpoint takes the flag `stream`.

    `usual`: asked for in every other request, so `false` may be written too. `on_request`: it streams when the flag is
    set, and an answer in one piece needs none. `never`: it has no such flag.
    """

    USUAL = "usual"
    ON_REQUEST = "on_request"
    NEVER = "never"


class TextShape(StrEnum):
    """Where an endpoint takes a question and keeps the text of its answer."""

    CHAT = "chat"
    COMPLETION = "completion"
    RESPONSE = "response"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation. `name` is its word in usage events, `path` the end of its URL.

    `reports_stream_usage`: takes `stream_options.include_usage`. `takes_model`: its body has a place for `model`.
    `stores_prompts`: a body that names a stored `prompt` has its tools there. `promises_json`: an answer in one piece
    is always JSON, never audio or plain text.
    """

    name: str
    path: str
    streaming: Streaming = Streaming.NEVER
    text: TextShape = TextShape.NONE
    reports_stream_usage: bool = False
    takes_model: bool = True
    stores_prompts: bool = False
    promises_json: bool = True


CHAT = Endpoint(
    name="chat",
    path="/chat/completions",
    streaming=Streaming.USUAL,
    text=TextShape.CHAT,
    reports_stream_usage=True,
)

KNOWN = (
    CHAT,
    Endpoint(
        name="completions",
        path="/completions",
        streaming=Streaming.USUAL,
        text=TextShape.COMPLETION,
        reports_stream_usage=True,
    ),
    Endpoint(
        name="responses",
        path="/responses",
        streaming=Streaming.USUAL,
        text=TextShape.RESPONSE,
        stores_prompts=True,
    ),
    Endpoint(name="embeddings", path="/embeddings"),
    Endpoint(name="image_generations", path="/images/generations", streaming=Streaming.ON_REQUEST),
    Endpoint(name="image_edits", path="/images/edits", streaming=Streaming.ON_REQUEST),
    Endpoint(
        name="transcriptions",
        path="/audio/transcriptions",
        streaming=Streaming.ON_REQUEST,
        promises_json=False,
    ),
    Endpoint(name="translations", path="/audio/translations", promises_json=False),
    # Speech streams too, but asks for it with `stream_format`.
    Endpoint(name="speech", path="/audio/speech", promises_json=False),
    Endpoint(name="moderations", path="/moderations"),
    Endpoint(name="models", path="/models", takes_model=False),
)
"""Every endpoint that a URL can name; of two that end alike, the longer path stands first."""

UNKNOWN = Endpoint(
    name="other",
    path="",
    streaming=Streaming.USUAL,
    text=TextShape.CHAT,
    reports_stream_usage=True,
)
"""Any other URL. Elastic's connector posts chat to the URL as it stands, so chat is what it is taken for."""

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def endpoint_of(url: str) -> Endpoint:
    """The endpoint that a URL, or a path, ends in; its query, a trailing `/` and runs of `/` do not count."""
    origin = _ORIGIN.match(url)
    path = re.split(r"[?#]", url[origin.end() :] if origin else url, maxsplit=1)[0]
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    return next((endpoint for endpoint in KNOWN if path.endswith(endpoint.path)), UNKNOWN)

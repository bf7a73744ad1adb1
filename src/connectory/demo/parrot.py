"""What the embedded upstream says: OpenAI's documents, the same for the same request. A token is a word.

Source: https://developers.openai.com/api/reference, chat completions and embeddings.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Iterator, Mapping
from typing import Any

DIMENSIONS = 64

Request = Mapping[str, Any]
Document = dict[str, Any]


def completion(request: Request, *, model: str) -> Document:
    """The answer in one piece: the last message, said back."""
    words, finish = _words(request)
    message = {"role": "assistant", "content": " ".join(words)}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**_head(request, "chat.completion", model), "choices": [choice], "usage": _usage(request, words)}


def chunks(request: Request, *, model: str) -> Iterator[Document]:
    """The same answer as the chunks of a stream, a word each; usage at the end if `stream_options` asks for it."""
    words, finish = _words(request)
    head = _head(request, "chat.completion.chunk", model)
    deltas = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word if number == 0 else f" {word}"} for number, word in enumerate(words)]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": _usage(request, words)}


def embeddings(request: Request, *, model: str) -> Document:
    """A vector for each input, as numbers or in base64."""
    given = request["input"]
    inputs = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    write = _base64 if request.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": write(vector(item))} for index, item in enumerate(inputs)
    ]
    tokens = sum(_length(item) for item in inputs)
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector(item: object) -> tuple[float, ...]:
    """A unit vector that depends on every letter of `item`, and on nothing else."""
    digest = hashlib.shake_256(json.dumps(item).encode()).digest(2 * DIMENSIONS)
    numbers = struct.unpack(f"<{DIMENSIONS}h", digest)
    length = math.hypot(*numbers)
    return tuple(number / length for number in numbers)


def _head(request: Request, object: str, model: str) -> Document:
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    return {"id": f"chatcmpl-{digest[:24]}", "object": object, "created": 0, "model": model}


def _words(request: Request) -> tuple[list[str], str]:
    """The words of the answer, and why they end there."""
    words = ["You", "said:", *_text(request["messages"][-1]).split()]
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    return (words[:limit], "length") if limit and limit < len(words) else (words, "stop")


def _usage(request: Request, words: list[str]) -> Document:
    prompt = sum(_length(_text(message)) for message in request["messages"])
    return {"prompt_tokens": prompt, "completion_tokens": len(words), "total_tokens": prompt + len(words)}


def _text(message: Mapping[str, Any]) -> str:
    """The text of a message, which may come in parts."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(part.get("text") or "" for part in content)


def _length(item: str | list[int]) -> int:
    return len(item.split()) if isinstance(item, str) else len(item)


def _base64(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

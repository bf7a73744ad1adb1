"""What the embedded upstream says: OpenAI's documents, the same for the same question. A token is a word.

Source: https://developers.openai.com/api/reference, chat completions and embeddings.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

from connectory.demo.questions import Chat, Embedding, Tokens

DIMENSIONS = 64

Document = dict[str, Any]


def completion(chat: Chat, *, model: str) -> Document:
    """The answer in one piece: the last message, said back."""
    words, finish = _words(chat)
    message = {"role": "assistant", "content": " ".join(words)}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**_head(chat, "chat.completion", model), "choices": [choice], "usage": _usage(chat, words)}


def chunks(chat: Chat, *, model: str) -> Iterator[Document]:
    """The same answer as the chunks of a stream, a word each; usage at the end if it is asked for."""
    words, finish = _words(chat)
    head = _head(chat, "chat.completion.chunk", model)
    deltas = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word if number == 0 else f" {word}"} for number, word in enumerate(words)]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    if chat.reports_usage:
        yield {**head, "choices": [], "usage": _usage(chat, words)}


def embeddings(embedding: Embedding, *, model: str) -> Document:
    """A vector for each input, as numbers or in base64."""
    write = _base64 if embedding.in_base64 else list
    data = [
        {"object": "embedding", "index": index, "embedding": write(vector(each))}
        for index, each in enumerate(embedding.inputs)
    ]
    tokens = sum(map(_length, embedding.inputs))
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector(item: str | Tokens) -> tuple[float, ...]:
    """A unit vector that depends on every letter of `item`, and on nothing else."""
    digest = hashlib.shake_256(json.dumps(item).encode()).digest(2 * DIMENSIONS)
    numbers = struct.unpack(f"<{DIMENSIONS}h", digest)
    length = math.hypot(*numbers)
    return tuple(number / length for number in numbers)


def _head(chat: Chat, object: str, model: str) -> Document:
    digest = hashlib.sha256(json.dumps(chat.texts).encode()).hexdigest()
    return {"id": f"chatcmpl-{digest[:24]}", "object": object, "created": 0, "model": model}


def _words(chat: Chat) -> tuple[list[str], str]:
    """The words of the answer, and why they end there."""
    words = ["You", "said:", *chat.texts[-1].split()]
    return (words[: chat.limit], "length") if chat.limit and chat.limit < len(words) else (words, "stop")


def _usage(chat: Chat, words: list[str]) -> Document:
    prompt = sum(map(_length, chat.texts))
    return {"prompt_tokens": prompt, "completion_tokens": len(words), "total_tokens": prompt + len(words)}


def _length(item: str | Tokens) -> int:
    return len(item.split()) if isinstance(item, str) else len(item)


def _base64(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

"""Embeddings: the hash of each input as a vector of length 1, as floats or as base64 of little-endian float32."""

import base64
import hashlib
import json
import math
import struct
from typing import Any

from tests.upstream.answers.tokens import count
from tests.upstream.messages import Document

DIMENSIONS = 8


def embeddings(body: Document) -> Document:
    inputs = _inputs(body["input"])
    size = body.get("dimensions") or DIMENSIONS
    as_base64 = body.get("encoding_format") == "base64"
    tokens = sum(count(each) if isinstance(each, str) else len(each) for each in inputs)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _encoded(vector(each, size), as_base64)}
            for index, each in enumerate(inputs)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector(text: str | list[int], size: int = DIMENSIONS) -> list[float]:
    """The vector of one input. Its numbers are float32, so that both encodings carry the very same ones."""
    seed = json.dumps(text).encode()
    blocks = (hashlib.sha256(b"%d:%b" % (number, seed)).digest() for number in range(math.ceil(size / 32)))
    raw = [byte - 127.5 for byte in b"".join(blocks)[:size]]
    length = math.sqrt(math.fsum(value * value for value in raw))
    return list(struct.unpack(f"<{size}f", struct.pack(f"<{size}f", *(value / length for value in raw))))


def _inputs(given: Any) -> list[str | list[int]]:
    """A text, a list of token ids, or a list of either."""
    if isinstance(given, str) or all(isinstance(each, int) for each in given):
        return [given]
    return list(given)


def _encoded(values: list[float], as_base64: bool) -> list[float] | str:
    if not as_base64:
        return values
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()

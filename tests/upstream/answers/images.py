"""Image generations: `n` times one white pixel. Input tokens are the words of the prompt, each image costs 272."""

import base64
from collections.abc import Iterator

from tests.upstream.answers import CREATED
from tests.upstream.answers.tokens import count
from tests.upstream.messages import Document

TOKENS_PER_IMAGE = 272

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==")


def images(body: Document) -> Document:
    number = body.get("n") or 1
    return {
        "created": CREATED,
        **_look(body),
        "data": [{"b64_json": base64.b64encode(PIXEL).decode()} for _ in range(number)],
        "usage": {
            **_usage(body, number),
            "output_tokens_details": {"image_tokens": TOKENS_PER_IMAGE * number, "text_tokens": 0},
        },
    }


def events(body: Document) -> Iterator[Document]:
    image = {"b64_json": base64.b64encode(PIXEL).decode(), "created_at": CREATED, **_look(body)}
    yield {"type": "image_generation.partial_image", **image, "partial_image_index": 0}
    yield {"type": "image_generation.completed", **image, "usage": _usage(body, 1)}


def _look(body: Document) -> Document:
    return {
        "background": "opaque",
        "output_format": "png",
        "quality": body.get("quality") or "low",
        "size": body.get("size") or "1024x1024",
    }


def _usage(body: Document, number: int) -> Document:
    words = count(body["prompt"])
    return {
        "input_tokens": words,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": words},
        "output_tokens": TOKENS_PER_IMAGE * number,
        "total_tokens": words + TOKENS_PER_IMAGE * number,
    }

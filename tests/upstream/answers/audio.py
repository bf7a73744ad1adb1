"""Transcriptions and translations: the text names the file and its size.

Models named whisper bill by time (16,000 bytes are a second here), the others by tokens (1,000 bytes are an audio
token), as OpenAI's do: `usage.type` is `duration` or `tokens`.
"""

import math
from collections.abc import Iterator

from tests.upstream.answers.tokens import count, pieces
from tests.upstream.messages import Document
from tests.upstream.multipart import Upload

BYTES_PER_SECOND = 16_000
BYTES_PER_TOKEN = 1_000


def transcription(body: Document) -> Document:
    return {"text": _text(body["file"]), "usage": _usage(body)}


def events(body: Document) -> Iterator[Document]:
    text = _text(body["file"])
    for piece in pieces(text):
        yield {"type": "transcript.text.delta", "delta": piece}
    yield {"type": "transcript.text.done", "text": text, "usage": _usage(body)}


def _text(file: Upload) -> str:
    return f"You played {file.filename} of {len(file.content)} bytes."


def _usage(body: Document) -> Document:
    file: Upload = body["file"]
    if body["model"].startswith("whisper"):
        return {"type": "duration", "seconds": math.ceil(len(file.content) / BYTES_PER_SECOND)}
    audio = math.ceil(len(file.content) / BYTES_PER_TOKEN)
    words = count(body.get("prompt") or "")
    answered = count(_text(file))
    return {
        "type": "tokens",
        "input_tokens": audio + words,
        "input_token_details": {"audio_tokens": audio, "text_tokens": words},
        "output_tokens": answered,
        "total_tokens": audio + words + answered,
    }

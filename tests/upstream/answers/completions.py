"""Legacy completions: each prompt of the request, `n` times, answered like a chat. Prompts of token ids count them."""

from collections.abc import Iterator
from typing import Any

from tests.upstream.answers import CREATED
from tests.upstream.answers.tokens import count, cut, identifier, pieces
from tests.upstream.messages import Document


def completion(body: Document) -> Document:
    texts = _texts(body)
    return {**_head(body), "choices": [_choice(*text) for text in texts], "usage": _usage(body, texts)}


def chunks(body: Document) -> Iterator[Document]:
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    unasked: Document = {"usage": None} if asked else {}
    texts = _texts(body)
    for index, text, finish_reason in texts:
        for piece in pieces(text):
            yield {**_head(body), "choices": [_choice(index, piece, None)], **unasked}
        yield {**_head(body), "choices": [_choice(index, "", finish_reason)], **unasked}
    if asked:
        yield {**_head(body), "choices": [], "usage": _usage(body, texts)}


def _head(body: Document) -> Document:
    return {
        "id": identifier("cmpl-", body),
        "object": "text_completion",
        "created": CREATED,
        "model": body["model"],
    }


def _choice(index: int, text: str, finish_reason: str | None) -> Document:
    return {"text": text, "index": index, "logprobs": None, "finish_reason": finish_reason}


def _prompts(body: Document) -> list[Any]:
    prompt = body["prompt"]
    several = isinstance(prompt, list) and not all(isinstance(each, int) for each in prompt)
    return prompt if several else [prompt]


def _texts(body: Document) -> list[tuple[int, str, str]]:
    prompts = [prompt for prompt in _prompts(body) for _ in range(body.get("n") or 1)]
    answers = [cut(f"You said: {_spoken(prompt)}", body.get("max_tokens")) for prompt in prompts]
    return [(index, text, "length" if shortened else "stop") for index, (text, shortened) in enumerate(answers)]


def _spoken(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else f"{len(prompt)} tokens"


def _usage(body: Document, texts: list[tuple[int, str, str]]) -> Document:
    prompt = sum(count(each) if isinstance(each, str) else len(each) for each in _prompts(body))
    answered = sum(count(text) for _, text, _ in texts)
    return {"prompt_tokens": prompt, "completion_tokens": answered, "total_tokens": prompt + answered}

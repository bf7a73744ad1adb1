"""What Azure adds to chats and completions: the verdicts of its content filters.

The first chunk of a stream carries the verdict on the prompt; it has no choices, and its id and model are empty.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from tests.upstream.answers import chat, completions
from tests.upstream.endpoints import ENDPOINTS, Endpoint, unnamed
from tests.upstream.messages import Document

_VERDICT: Document = {
    category: {"filtered": False, "severity": "safe"} for category in ("hate", "self_harm", "sexual", "violence")
}
_ON_PROMPT: Document = {
    "prompt_filter_results": [
        {
            "prompt_index": 0,
            "content_filter_results": {**_VERDICT, "jailbreak": {"filtered": False, "detected": False}},
        }
    ]
}


def _filtered(whole: Callable[[Document], Document]) -> Callable[[Document], Document]:
    def with_verdicts(body: Document) -> Document:
        document = whole(body)
        choices = [{**choice, "content_filter_results": _VERDICT} for choice in document["choices"]]
        return {**document, **_ON_PROMPT, "choices": choices}

    return with_verdicts


def _filtered_chunks(chunks: Callable[[Document], Iterator[Document]]) -> Callable[[Document], Iterator[Document]]:
    def with_verdicts(body: Document) -> Iterator[Document]:
        yield {"id": "", "object": "", "created": 0, "model": "", "choices": [], **_ON_PROMPT}
        for chunk in chunks(body):
            # A chunk that ends a choice, or begins one with a role, has nothing to judge.
            choices = [
                {**choice, "content_filter_results": _VERDICT if _has_text(choice) else {}}
                for choice in chunk["choices"]
            ]
            yield {**chunk, "choices": choices}

    return with_verdicts


def _has_text(choice: Document) -> bool:
    return bool(choice.get("text") or choice.get("delta", {}).get("content"))


AZURE_ENDPOINTS: Mapping[str, Endpoint] = {
    **ENDPOINTS,
    **{
        path: dataclasses.replace(
            ENDPOINTS[path], whole=_filtered(kind.completion), stream=unnamed(_filtered_chunks(kind.chunks))
        )
        for path, kind in {"chat/completions": chat, "completions": completions}.items()
    },
}

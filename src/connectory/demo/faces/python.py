"""The Python face: `connectory.connect(ID)` and the SDK's own client."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import connectory
from connectory.demo.definition import Definition
from connectory.demo.face import GREETING, STORY, Call, Reply, counted, of_vector

if TYPE_CHECKING:
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionUserMessageParam

_MAX_TOKENS = 48


class Python:
    """What a program of the visitor's own would do."""

    name = "Python"
    how = "connectory.connect(ID)"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        _ = connectory.connect  # loads the SDK, which takes a second that is not the first answer's
        for definition in definitions:
            yield Call("completion", functools.partial(_completion, definition), definition)
            yield Call("stream", functools.partial(_stream, definition), definition)
            yield Call("embedding", functools.partial(_embedding, definition), definition)


def _completion(definition: Definition) -> Reply:
    with connectory.connect(definition.id) as client:
        answer = client.chat.completions.create(
            model=definition.model, messages=[_asked(GREETING)], max_tokens=_MAX_TOKENS
        )
    return Reply(answer.choices[0].message.content or "", _tokens(answer.usage))


def _stream(definition: Definition) -> Reply:
    pieces, usage = [], None
    with (
        connectory.connect(definition.id) as client,
        client.chat.completions.create(
            model=definition.model,
            messages=[_asked(STORY)],
            max_tokens=_MAX_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        ) as chunks,
    ):
        for chunk in chunks:
            pieces += [choice.delta.content or "" for choice in chunk.choices]
            usage = chunk.usage or usage
    return Reply("".join(pieces), _tokens(usage))


def _embedding(definition: Definition) -> Reply:
    with connectory.connect(definition.id) as client:
        answer = client.embeddings.create(model=definition.model, input="sea")
    return of_vector(answer.data[0].embedding)


def _tokens(usage: CompletionUsage | None) -> str:
    return counted(usage.prompt_tokens, usage.completion_tokens) if usage else counted(None, None)


def _asked(question: str) -> ChatCompletionUserMessageParam:
    return {"role": "user", "content": question}

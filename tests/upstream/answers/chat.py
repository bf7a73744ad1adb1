"""Chat completions.

Prompt tokens are the words of all messages; those of system and developer messages count as cached. With a
`reasoning_effort` each answer costs some more completion tokens. Read of openai-python 3.54: `types/chat`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.upstream.answers import CREATED
from tests.upstream.answers.tokens import count, cut, identifier, pieces, reasoning_tokens, text_of
from tests.upstream.answers.tools import ToolCall, tool_call
from tests.upstream.messages import Document

COMMON: Document = {"created": CREATED, "service_tier": "default", "system_fingerprint": "fp_0123456789"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer before it is put into a completion or into chunks: a text, or a call of a tool."""

    index: int
    text: str = ""
    call: ToolCall | None = None
    finish_reason: str = "stop"

    @property
    def tokens(self) -> int:
        return count(self.text) if self.call is None else count(f"{self.call.name} {self.call.arguments}")


def completion(body: Document) -> Document:
    choices = _choices(body)
    return {
        "id": identifier("chatcmpl-", body),
        "object": "chat.completion",
        "model": body["model"],
        **COMMON,
        "choices": [
            {
                "index": choice.index,
                "message": _message(choice),
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for choice in choices
        ],
        "usage": _usage(body, choices),
    }


def chunks(body: Document) -> Iterator[Document]:
    """The same answer as a stream: for each choice its role, its words one by one and its end; then maybe the usage.

    Only who asks with `stream_options.include_usage` gets the last chunk, and then a `usage` of null in the others.
    """
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    choices = _choices(body)
    head: Document = {
        "id": identifier("chatcmpl-", body),
        "object": "chat.completion.chunk",
        "model": body["model"],
        **COMMON,
    }
    unasked: Document = {"usage": None} if asked else {}
    for choice in choices:
        for delta, finish_reason in _deltas(choice):
            part = {"index": choice.index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
            yield {**head, "choices": [part], **unasked}
    if asked:
        yield {**head, "choices": [], "usage": _usage(body, choices)}


def _choices(body: Document) -> list[Choice]:
    call = tool_call(body)
    if call is not None:
        return [Choice(index=index, call=call, finish_reason="tool_calls") for index in range(body.get("n") or 1)]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return [_spoken(body, index, limit) for index in range(body.get("n") or 1)]


def _spoken(body: Document, index: int, limit: int | None) -> Choice:
    said = [text_of(message.get("content")) for message in body["messages"] if message.get("role") == "user"]
    text = f"You said: {said[-1] if said else ''}".strip()
    if index:
        text += f" ({index + 1})"
    text, shortened = cut(text, limit)
    return Choice(index=index, text=text, finish_reason="length" if shortened else "stop")


def _message(choice: Choice) -> Document:
    message: Document = {"role": "assistant", "content": choice.text, "refusal": None, "annotations": []}
    if choice.call is not None:
        message |= {"content": None, "tool_calls": [choice.call.as_document()]}
    return message


def _deltas(choice: Choice) -> Iterator[tuple[Document, str | None]]:
    if choice.call is None:
        yield {"role": "assistant", "content": "", "refusal": None}, None
        for piece in pieces(choice.text):
            yield {"content": piece}, None
    else:
        # The name comes first, with no arguments; then the arguments in pieces.
        opened = {"index": 0, **choice.call.without_arguments().as_document()}
        yield {"role": "assistant", "content": None, "tool_calls": [opened], "refusal": None}, None
        for piece in pieces(choice.call.arguments):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None
    yield {}, choice.finish_reason


def _usage(body: Document, choices: list[Choice]) -> Document:
    texts = [(message.get("role"), text_of(message.get("content"))) for message in body["messages"]]
    prompt = sum(count(text) for _, text in texts)
    reasoning = reasoning_tokens(body.get("reasoning_effort")) * len(choices)
    answered = sum(choice.tokens for choice in choices) + reasoning
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answered,
        "total_tokens": prompt + answered,
        "prompt_tokens_details": {
            "cached_tokens": sum(count(text) for role, text in texts if role in ("system", "developer")),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }

"""The Responses API: one message that says what a chat would say, as JSON or as typed events.

Input tokens are the words of the instructions and of every message; those of the instructions count as cached.
Read of openai-python 3.54: `types/responses`.
"""

from collections.abc import Iterator

from tests.upstream.answers import CREATED
from tests.upstream.answers.tokens import count, cut, identifier, pieces, reasoning_tokens, text_of
from tests.upstream.messages import Document


def response(body: Document) -> Document:
    """The finished response; `incomplete` when `max_output_tokens` cut it short."""
    text, shortened = _text(body)
    status = "incomplete" if shortened else "completed"
    return {
        **_frame(body),
        "status": status,
        "incomplete_details": {"reason": "max_output_tokens"} if shortened else None,
        "output": [_message(body, status, [_part(text)])],
        "usage": _usage(body, text),
    }


def events(body: Document) -> Iterator[Document]:
    """The events of a streamed response; `type` is also the name of the server-sent event."""
    for number, event in enumerate(_events(body)):
        yield {**event, "sequence_number": number}


def _events(body: Document) -> Iterator[Document]:
    text, _ = _text(body)
    finished = response(body)
    begun = {**_frame(body), "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    item = _message(body, "in_progress", [])
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield {"type": "response.content_part.added", **place, "part": _part("")}
    for piece in pieces(text):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": _part(text)}
    yield {"type": "response.output_item.done", "output_index": 0, "item": finished["output"][0]}
    yield {"type": f"response.{finished['status']}", "response": finished}


def _frame(body: Document) -> Document:
    effort = (body.get("reasoning") or {}).get("effort")
    return {
        "id": identifier("resp_", body),
        "object": "response",
        "created_at": CREATED,
        "error": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": effort, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
        "metadata": {},
    }


def _message(body: Document, status: str, content: list[Document]) -> Document:
    return {
        "id": identifier("msg_", body),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _part(text: str) -> Document:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _inputs(body: Document) -> list[tuple[str, str]]:
    """Role and text of each message of the input."""
    given = body["input"]
    if isinstance(given, str):
        return [("user", given)]
    return [(item.get("role", ""), text_of(item.get("content"))) for item in given]


def _text(body: Document) -> tuple[str, bool]:
    said = [text for role, text in _inputs(body) if role == "user"]
    return cut(f"You said: {said[-1] if said else ''}".strip(), body.get("max_output_tokens"))


def _usage(body: Document, text: str) -> Document:
    cached = count(body.get("instructions") or "")
    put_in = cached + sum(count(said) for _, said in _inputs(body))
    reasoning = reasoning_tokens((body.get("reasoning") or {}).get("effort"))
    put_out = count(text) + reasoning
    return {
        "input_tokens": put_in,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": put_out,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": put_in + put_out,
    }

"""The smallest question, and the text of an answer or of a piece of one, at the three endpoints that speak text.

Sources: the types of the package openai 3.54.0. A refusal is the text of an answer that has no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from connectory.errors import CallerError
from connectory.wire.endpoints import Endpoint, TextShape


def chat_body(text: str, *, endpoint: Endpoint) -> dict[str, object]:
    """A body that asks one question and nothing else. Raises CallerError at an endpoint that does not speak text."""
    match endpoint.text:
        case TextShape.CHAT:
            return {"messages": [{"role": "user", "content": text}]}
        case TextShape.COMPLETION:
            return {"prompt": text}
        case TextShape.RESPONSE:
            return {"input": text}
        case TextShape.NONE:
            raise CallerError(f"The endpoint {endpoint.path} does not answer questions with text.")


def answer_text(body: object, endpoint: Endpoint) -> str | None:
    """The text of a parsed answer; None where it has none (a call of a tool, an error, another shape)."""
    return _ANSWERS[endpoint.text](body)


def is_of_answer(event: object) -> bool:
    """Whether a document is an answer or a part of one, though it may add no text: a role, an end, a call of a tool."""
    members = ("choices", "output", "response", "delta")
    return isinstance(event, Mapping) and any(
        isinstance(event.get(name), list | dict | str) and event[name] for name in members
    )


def delta_text(event: object, endpoint: Endpoint) -> str:
    """The piece of text that a parsed event of a stream adds; empty for all other events."""
    return _DELTAS[endpoint.text](event)


def is_cut_off(body: object, endpoint: Endpoint) -> bool:
    """Whether a parsed answer, or an event of a stream, says that the limit of tokens has cut the answer off."""
    if endpoint.text is not TextShape.RESPONSE:
        return _first_choice(body).get("finish_reason") == "length"
    response = _object(_object(body).get("response")) or _object(body)
    reason = _object(response.get("incomplete_details")).get("reason")
    return response.get("status") == "incomplete" and reason != "content_filter"


def _chat_answer(body: object) -> str | None:
    message = _object(_first_choice(body).get("message"))
    return _content(message.get("content")) or _text(message.get("refusal")) or _text(message.get("content"))


def _chat_delta(event: object) -> str:
    delta = _object(_first_choice(event).get("delta"))
    return _content(delta.get("content")) or _text(delta.get("refusal")) or ""


def _completion_answer(body: object) -> str | None:
    return _text(_first_choice(body).get("text"))


def _completion_delta(event: object) -> str:
    return _completion_answer(event) or ""


def _response_answer(body: object) -> str | None:
    messages = (item for item in _objects(_object(body).get("output")) if item.get("type") == "message")
    parts = [part for message in messages for part in _objects(message.get("content"))]
    texts = [text for part in parts if (text := _text(part.get("text")) or _text(part.get("refusal"))) is not None]
    return "".join(texts) if texts else None


def _response_delta(event: object) -> str:
    piece = _object(event)
    if piece.get("type") not in ("response.output_text.delta", "response.refusal.delta"):
        return ""
    return _text(piece.get("delta")) or ""


def _no_answer(body: object) -> None:
    return None


def _no_delta(event: object) -> str:
    return ""


_ANSWERS: Mapping[TextShape, Callable[[object], str | None]] = {
    TextShape.CHAT: _chat_answer,
    TextShape.COMPLETION: _completion_answer,
    TextShape.RESPONSE: _response_answer,
    TextShape.NONE: _no_answer,
}

_DELTAS: Mapping[TextShape, Callable[[object], str]] = {
    TextShape.CHAT: _chat_delta,
    TextShape.COMPLETION: _completion_delta,
    TextShape.RESPONSE: _response_delta,
    TextShape.NONE: _no_delta,
}


def _first_choice(body: object) -> Mapping[str, object]:
    """The choice with index 0. With `n` above 1, chunks of the choices alternate, each alone in its list."""
    choices = _objects(_object(body).get("choices"))
    return next((choice for choice in choices if not choice.get("index")), {})


def _content(content: object) -> str | None:
    """Text, or the texts of a list of parts, as some compatible services send it."""
    if isinstance(content, str):
        return content or None
    return "".join(text for part in _objects(content) if (text := _text(part.get("text")))) or None


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Iterable[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

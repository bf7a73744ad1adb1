"""The smallest question, and the text of answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.errors import CallerError
from connectory.wire.chat import answer_text, chat_body, delta_text, is_cut_off
from connectory.wire.endpoints import CHAT, KNOWN, UNKNOWN, Endpoint, endpoint_of

COMPLETIONS = endpoint_of("/completions")
RESPONSES = endpoint_of("/responses")
EMBEDDINGS = endpoint_of("/embeddings")


def chat_answer(**message: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}


def chat_chunk(index: int = 0, **delta: object) -> dict[str, object]:
    return {"choices": [{"index": index, "delta": delta}]}


def response(*content: dict[str, object]) -> dict[str, object]:
    message = {"type": "message", "role": "assistant", "content": list(content)}
    return {"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, message]}


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "Hi"}]}),
        (UNKNOWN, {"messages": [{"role": "user", "content": "Hi"}]}),
        (COMPLETIONS, {"prompt": "Hi"}),
        (RESPONSES, {"input": "Hi"}),
    ],
)
def test_a_question_is_asked_with_nothing_else(endpoint: Endpoint, body: object) -> None:
    assert chat_body("Hi", endpoint=endpoint) == body


def test_an_endpoint_that_does_not_speak_text_is_asked_no_question() -> None:
    with pytest.raises(CallerError, match="/embeddings"):
        chat_body("Hi", endpoint=EMBEDDINGS)


@pytest.mark.parametrize(
    ("endpoint", "body", "text"),
    [
        (CHAT, chat_answer(content="Hi"), "Hi"),
        (UNKNOWN, chat_answer(content="Hi"), "Hi"),
        (CHAT, chat_answer(content=""), ""),
        (CHAT, chat_answer(content=None, refusal="No."), "No."),
        (CHAT, chat_answer(content="", refusal="No."), "No."),
        (CHAT, chat_answer(content=[{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]), "Hi"),
        (CHAT, chat_answer(content=None, tool_calls=[{}]), None),
        (CHAT, {"choices": []}, None),
        (CHAT, {"error": "x"}, None),
        (COMPLETIONS, {"choices": [{"index": 0, "text": "Hi"}]}, "Hi"),
        (COMPLETIONS, {"choices": [{"text": None}]}, None),
        (RESPONSES, response({"type": "output_text", "text": "H"}, {"type": "output_text", "text": "i"}), "Hi"),
        (RESPONSES, response({"type": "refusal", "refusal": "No."}), "No."),
        (RESPONSES, {"output": [{"type": "function_call", "arguments": "{}"}]}, None),
        (EMBEDDINGS, {"data": []}, None),
    ],
)
def test_the_text_of_an_answer_is_found(endpoint: Endpoint, body: object, text: str | None) -> None:
    assert answer_text(body, endpoint) == text


@pytest.mark.parametrize(
    ("endpoint", "event", "text"),
    [
        (CHAT, chat_chunk(content="H"), "H"),
        (CHAT, chat_chunk(refusal="No."), "No."),
        (CHAT, chat_chunk(role="assistant"), ""),
        (CHAT, chat_chunk(content=None), ""),
        (CHAT, {"choices": [], "usage": {}}, ""),
        (COMPLETIONS, {"choices": [{"index": 0, "text": "H"}]}, "H"),
        (RESPONSES, {"type": "response.output_text.delta", "delta": "H"}, "H"),
        (RESPONSES, {"type": "response.refusal.delta", "delta": "No."}, "No."),
        (RESPONSES, {"type": "response.output_text.done", "text": "Hi"}, ""),
        (RESPONSES, {"type": "response.function_call_arguments.delta", "delta": "{"}, ""),
        (EMBEDDINGS, chat_chunk(content="H"), ""),
    ],
)
def test_the_text_that_an_event_adds_is_found(endpoint: Endpoint, event: object, text: str) -> None:
    assert delta_text(event, endpoint) == text


def test_the_second_choice_of_a_stream_is_not_mixed_into_the_first() -> None:
    chunks = [chat_chunk(0, content="a"), chat_chunk(1, content="b"), chat_chunk(0, content="c")]
    assert "".join(delta_text(chunk, CHAT) for chunk in chunks) == "ac"


@pytest.mark.parametrize(
    ("endpoint", "body", "cut_off"),
    [
        (CHAT, {"choices": [{"index": 0, "message": {"content": "H"}, "finish_reason": "length"}]}, True),
        (CHAT, {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}, True),
        (CHAT, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, False),
        (CHAT, {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}, False),
        (CHAT, {"choices": []}, False),
        (COMPLETIONS, {"choices": [{"text": "H", "finish_reason": "length"}]}, True),
        (RESPONSES, {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, True),
        (RESPONSES, {"status": "incomplete"}, True),
        (RESPONSES, {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, False),
        (RESPONSES, {"status": "completed", "incomplete_details": None}, False),
        (RESPONSES, {"type": "response.incomplete", "response": {"status": "incomplete"}}, True),
        (RESPONSES, {"type": "response.output_item.done", "item": {"status": "incomplete"}}, False),
    ],
)
def test_an_answer_that_the_limit_of_tokens_cut_off_is_known(endpoint: Endpoint, body: object, cut_off: bool) -> None:
    assert is_cut_off(body, endpoint) is cut_off


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "delta", "content", "text", "type", "output", "refusal", "index"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES, st.sampled_from([*KNOWN, UNKNOWN]))
def test_no_answer_is_too_strange(body: object, endpoint: Endpoint) -> None:
    assert isinstance(answer_text(body, endpoint), str | None)
    assert isinstance(delta_text(body, endpoint), str)
    assert isinstance(is_cut_off(body, endpoint), bool)
    json.dumps(body)

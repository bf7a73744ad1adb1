"""The demo's embedded upstream, asked over a bare HTTP connection."""

from __future__ import annotations

import base64
import http.client
import json
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectory.demo.upstream import Upstream
from connectory.secret import Secret

CHAT = {"messages": [{"role": "user", "content": "Hello there"}]}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream([Secret("sk-one"), Secret("sk-two")]) as running:
        yield running


def ask(upstream: Upstream, path: str, body: Any = None, *, key: str = "sk-one") -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(upstream.origin).netloc, timeout=10)
    try:
        data = body if isinstance(body, str | None) else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, data, {"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def answer(upstream: Upstream, path: str, body: Any = None, *, key: str = "sk-one") -> Any:
    status, text = ask(upstream, path, body, key=key)
    assert status == 200, text
    return json.loads(text)


def refusal(upstream: Upstream, path: str, body: Any = None, *, key: str = "sk-one") -> tuple[int, str, str | None]:
    status, text = ask(upstream, path, body, key=key)
    error = json.loads(text)["error"]
    return status, error["message"], error["code"]


def events(upstream: Upstream, body: Any) -> list[str]:
    status, text = ask(upstream, "/v1/chat/completions", body)
    assert status == 200
    return [line.removeprefix("data: ") for line in text.split("\n\n") if line]


def test_chat_says_the_last_message_back(upstream: Upstream) -> None:
    said = answer(upstream, "/v1/chat/completions", CHAT)
    assert said["choices"][0]["message"] == {"role": "assistant", "content": "You said: Hello there"}
    assert said["usage"] == {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6}


def test_same_request_gets_same_answer(upstream: Upstream) -> None:
    assert ask(upstream, "/v1/chat/completions", CHAT) == ask(upstream, "/v1/chat/completions", CHAT)


def test_text_of_a_message_may_come_in_parts(upstream: Upstream) -> None:
    parts = [{"type": "text", "text": "Hello"}, {"type": "text", "text": "there"}]
    said = answer(upstream, "/v1/chat/completions", {"messages": [{"role": "user", "content": parts}]})
    assert said["choices"][0]["message"]["content"] == "You said: Hello there"


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_answer_stops_at_its_limit(upstream: Upstream, limit: str) -> None:
    said = answer(upstream, "/v1/chat/completions", {**CHAT, limit: 3})
    assert said["choices"][0]["message"]["content"] == "You said: Hello"
    assert said["choices"][0]["finish_reason"] == "length"


def test_stream_is_the_same_answer_in_words(upstream: Upstream) -> None:
    *chunks, done = events(upstream, {**CHAT, "stream": True})
    deltas = [json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert deltas == ["", "You", " said:", " Hello", " there", ""]
    assert json.loads(chunks[-1])["choices"][0]["finish_reason"] == "stop"
    assert done == "[DONE]"


def test_stream_reports_usage_when_asked(upstream: Upstream) -> None:
    usage = json.loads(events(upstream, {**CHAT, "stream": True, "stream_options": {"include_usage": True}})[-2])
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 6)


def test_embedding_in_base64_is_the_same_vector(upstream: Upstream) -> None:
    numbers = answer(upstream, "/v1/embeddings", {"input": "sea"})["data"][0]["embedding"]
    text = answer(upstream, "/v1/embeddings", {"input": "sea", "encoding_format": "base64"})["data"][0]["embedding"]
    assert struct.unpack("<64f", base64.b64decode(text)) == pytest.approx(numbers)
    assert sum(number * number for number in numbers) == pytest.approx(1)


@pytest.mark.parametrize(("given", "vectors"), [("sea", 1), (["sea", "sky"], 2), ([1, 2, 3], 1), ([[1], [2, 3]], 2)])
def test_every_input_has_a_vector_of_its_own(upstream: Upstream, given: object, vectors: int) -> None:
    data = answer(upstream, "/v1/embeddings", {"input": given})["data"]
    assert len({tuple(item["embedding"]) for item in data}) == vectors


def test_models_lists_the_one_model(upstream: Upstream) -> None:
    assert [model["id"] for model in answer(upstream, "/v1/models")["data"]] == ["parrot"]


def test_each_key_opens(upstream: Upstream) -> None:
    assert ask(upstream, "/v1/models", key="sk-two")[0] == 200


def test_strange_key_is_refused(upstream: Upstream) -> None:
    assert refusal(upstream, "/v1/models", key="sk-three") == (401, "Incorrect API key provided.", "invalid_api_key")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/nothing", CHAT, (404, "Invalid URL (POST /v1/nothing)", None)),
        ("/v1/chat/completions", "{", (400, "We could not parse the JSON body of your request.", None)),
        ("/v1/chat/completions", [], (400, "We could not parse the JSON body of your request.", None)),
        ("/v1/chat/completions", {"messages": []}, (400, "Missing required parameter: 'messages'.", None)),
        ("/v1/embeddings", {}, (400, "Missing required parameter: 'input'.", None)),
    ],
)
def test_bad_request_is_refused(upstream: Upstream, path: str, body: object, expected: object) -> None:
    assert refusal(upstream, path, body) == expected


STRANGE_CHATS: list[tuple[dict[str, Any], str]] = [
    ({"messages": "x"}, "messages"),
    ({"messages": {"role": "user"}}, "messages"),
    ({"messages": [5]}, "messages"),
    ({"messages": [{"content": 5}]}, "messages"),
    ({"messages": [{"content": [5]}]}, "messages"),
    ({"messages": [{"content": [{"text": 5}]}]}, "messages"),
    ({**CHAT, "max_tokens": "x"}, "max_tokens"),
    ({**CHAT, "max_tokens": True}, "max_tokens"),
    ({**CHAT, "max_completion_tokens": 0}, "max_completion_tokens"),
    ({**CHAT, "stream": "x"}, "stream"),
    ({**CHAT, "stream": True, "stream_options": "x"}, "stream_options"),
    ({**CHAT, "stream": True, "stream_options": {"include_usage": "x"}}, "include_usage"),
]
STRANGE_INPUTS: list[Any] = [5, {"a": 1}, [None], [[]], [["sea"]], ["sea", 1], [1, "sea"], [1.5], [True]]


@pytest.mark.parametrize(("body", "param"), STRANGE_CHATS)
def test_strange_conversation_is_refused_and_named(upstream: Upstream, body: dict[str, Any], param: str) -> None:
    assert_refused(upstream, "/v1/chat/completions", body, param)


@pytest.mark.parametrize("given", STRANGE_INPUTS)
def test_strange_input_is_refused_and_named(upstream: Upstream, given: Any) -> None:
    assert_refused(upstream, "/v1/embeddings", {"input": given}, "input")


def assert_refused(upstream: Upstream, path: str, body: dict[str, Any], param: str) -> None:
    status, text = ask(upstream, path, body)
    error = json.loads(text)["error"]
    assert error.pop("message").startswith(f"Invalid type for '{param}': expected ")
    assert (status, error) == (400, {"type": "invalid_request_error", "param": param, "code": None})


def test_null_is_as_good_as_nothing(upstream: Upstream) -> None:
    nulls = dict.fromkeys(("max_tokens", "max_completion_tokens", "stream", "stream_options"))
    assert answer(upstream, "/v1/chat/completions", {**CHAT, **nulls}) == answer(upstream, "/v1/chat/completions", CHAT)


def test_body_nested_too_deeply_is_refused(upstream: Upstream) -> None:
    assert refusal(upstream, "/v1/chat/completions", "[" * 100000)[0] == 400


def test_body_of_no_known_length_is_refused(upstream: Upstream, capfd: pytest.CaptureFixture[str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(upstream.origin).netloc, timeout=10)
    connection.request("POST", "/v1/embeddings", headers={"Content-Length": "x"})
    assert connection.getresponse().status == 400
    connection.close()
    assert capfd.readouterr() == ("", "")

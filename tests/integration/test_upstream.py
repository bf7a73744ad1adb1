"""The test services themselves, judged from outside: by the stock SDK, by http.client and by bare sockets."""

import asyncio
import base64
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.upstream import (
    FAULTS,
    Answer,
    AzureService,
    Ending,
    OpenAIService,
    Pause,
    Received,
    Upstream,
    json_answer,
    recorded_at,
    running,
)
from tests.upstream.answers.embeddings import vector
from tests.upstream.faults import asked

KEY = "sk-test"
HELLO = [{"role": "user", "content": "Hello there"}]
ECHO = "You said: Hello there"
V = "2024-10-21"


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if re.match(r"(?i)(azure_)?openai_|.*_proxy$|ssl_cert_|requests_ca|curl_ca", name):
            monkeypatch.delenv(name)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture
def azure() -> Iterator[Upstream]:
    service = AzureService(keys={"azure-key"}, tokens={"entra-token"}, deployments={"prod": "gpt-4.1"})
    with running(service) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: Upstream) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def classic(azure: Upstream) -> Iterator[AzureOpenAI]:
    with AzureOpenAI(api_key="azure-key", azure_endpoint=azure.url, api_version=V, max_retries=0) as client:
        yield client


@pytest.fixture
def azure_v1(azure: Upstream) -> Iterator[OpenAI]:
    with OpenAI(api_key="entra-token", base_url=f"{azure.url}/openai/v1", max_retries=0) as client:
        yield client


# Talking without the SDK: http.client for whole answers, sockets where single writes and endings matter.


def ask(
    upstream: Upstream,
    method: str,
    path: str,
    document: Any = None,
    *,
    key: str = KEY,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(upstream), timeout=5)
    try:
        body = document if isinstance(document, bytes | None) else json.dumps(document)
        sent = {"Authorization": f"Bearer {key}", "api-key": key, "Content-Type": "application/json"}
        connection.request(method, path, body, sent if headers is None else headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def chat(upstream: Upstream, model: str, **more: Any) -> tuple[http.client.HTTPResponse, bytes]:
    return ask(upstream, "POST", "/v1/chat/completions", {"model": model, "messages": HELLO, **more})


def events(body: bytes) -> list[Any]:
    """The data of each event of a plain stream, `[DONE]` included as text."""
    texts = [each.removeprefix("data: ") for each in body.decode().split("\n\n") if each]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]


def port_of(upstream: Upstream) -> int:
    return int(upstream.url.rpartition(":")[2])


def request_bytes(document: Any, *, path: str = "/v1/chat/completions", close: bool = True) -> bytes:
    body = json.dumps(document).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + body


def talk(upstream: Upstream, data: bytes) -> bytes:
    """Sends the bytes and reads until the service closes."""
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def wire_chunks(raw: bytes) -> list[bytes]:
    """The HTTP chunks of a chunked answer, as they were framed."""
    rest = raw.partition(b"\r\n\r\n")[2]
    chunks: list[bytes] = []
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if int(size, 16) == 0:
            return chunks
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]


def soon(true: Callable[[], bool], seconds: float = 2.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.002)
    return true()


def say(client: OpenAI, text: str = "Hello there", *, model: str = "gpt-test", **more: Any) -> ChatCompletion:
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)
    assert isinstance(answer, ChatCompletion)
    return answer


def stream_of(client: OpenAI, model: str = "gpt-test") -> "openai.Stream[ChatCompletionChunk]":
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello there"}], stream=True
    )


def said_by(client: OpenAI, model: str = "gpt-test") -> str:
    """The text of a stream put together."""
    chunks = [chunk for chunk in stream_of(client, model) if chunk.choices]
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def ended(connection: socket.socket) -> bool:
    """Whether the other side has ended it, in whatever way; raises TimeoutError when it has not."""
    connection.settimeout(2)
    with connection, contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


# Chat


def test_chat_answers_what_the_user_said(client: OpenAI) -> None:
    answer = say(client)
    assert answer.choices[0].message.content == ECHO


def test_chat_counts_words_as_tokens(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-test",
        messages=[{"role": "system", "content": "Be very brief."}, {"role": "user", "content": "Hello there"}],
        reasoning_effort="low",
    )
    assert answer.usage is not None
    assert answer.usage.to_dict() == {
        "prompt_tokens": 5,
        "completion_tokens": 8,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 4,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def test_chat_counts_the_text_parts_of_a_message(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-test",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}},
                ],
            }
        ],
    )
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 3


def test_same_chat_has_the_same_answer(upstream: Upstream) -> None:
    assert chat(upstream, "gpt-test")[1] == chat(upstream, "gpt-test")[1]


def test_chat_gives_as_many_choices_as_asked(client: OpenAI) -> None:
    answer = say(client, "Hi", n=2)
    assert [choice.message.content for choice in answer.choices] == ["You said: Hi", "You said: Hi (2)"]


def test_chat_stops_at_its_token_limit(client: OpenAI) -> None:
    answer = say(client, "Hi", max_completion_tokens=2)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("You said:", "length")


TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "days", "unit"],
        },
    },
}
ARGUMENTS = {"city": "text", "days": 1, "unit": "C"}


def test_required_tool_is_called_with_arguments_that_fit_its_schema(client: OpenAI) -> None:
    answer = say(client, "Hi", tools=[TOOL], tool_choice="required")
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", ARGUMENTS)


def test_streamed_tool_call_adds_up_to_the_whole_one(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-test", messages=[{"role": "user", "content": "Hi"}], tools=[TOOL], tool_choice="required"
    ) as stream:
        [call] = stream.get_final_completion().choices[0].message.tool_calls or []
    assert json.loads(call.function.arguments) == ARGUMENTS


def test_tool_is_not_called_unless_required(client: OpenAI) -> None:
    answer = say(client, "Hi", tools=[TOOL], tool_choice="auto")
    assert answer.choices[0].message.tool_calls is None


def test_stream_adds_up_to_the_whole_answer(client: OpenAI) -> None:
    assert said_by(client) == ECHO


def test_first_chunk_of_a_stream_gives_the_role(upstream: Upstream) -> None:
    first = events(chat(upstream, "gpt-test", stream=True)[1])[0]
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}


def test_stream_says_nothing_of_usage_unless_asked(upstream: Upstream) -> None:
    *chunks, done = events(chat(upstream, "gpt-test", stream=True)[1])
    assert ([chunk for chunk in chunks if "usage" in chunk], done) == ([], "[DONE]")


def test_stream_that_is_asked_for_usage_ends_with_it_and_has_null_before(upstream: Upstream) -> None:
    _, body = chat(upstream, "gpt-test", stream=True, stream_options={"include_usage": True})
    *chunks, last, done = events(body)
    assert [chunk["usage"] for chunk in chunks] == [None] * 6
    assert (last["choices"], last["usage"]["total_tokens"], done) == ([], 6, "[DONE]")


def test_answer_has_the_headers_of_openai(upstream: Upstream) -> None:
    response, _ = chat(upstream, "gpt-test")
    assert [response.getheader(name) for name in ("openai-version", "openai-processing-ms", "x-request-id")] == [
        "2020-10-01",
        "1",
        "req_00000000000000000000000000000001",
    ]


@pytest.mark.anyio
async def test_async_client_reads_a_stream(upstream: Upstream) -> None:
    async with AsyncOpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="gpt-test", messages=[{"role": "user", "content": "Hello there"}], stream=True
        )
        words = [chunk.choices[0].delta.content async for chunk in stream]
    assert words == ["", "You", " said:", " Hello", " there", None]


@pytest.mark.anyio
async def test_many_requests_at_once_are_each_answered(upstream: Upstream) -> None:
    async def said(client: AsyncOpenAI, number: int) -> str | None:
        answer = await client.chat.completions.create(
            model="gpt-test", messages=[{"role": "user", "content": str(number)}]
        )
        return answer.choices[0].message.content

    async with AsyncOpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=0) as client:
        answers = await asyncio.gather(*(said(client, number) for number in range(100)))
    assert answers == [f"You said: {number}" for number in range(100)]


# The other endpoints


def test_legacy_completion_answers_each_prompt(client: OpenAI) -> None:
    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt=["one", "two words"])
    assert [choice.text for choice in answer.choices] == ["You said: one", "You said: two words"]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 7)


def test_legacy_completion_streams_and_reports_usage_when_asked(client: OpenAI) -> None:
    stream = client.completions.create(
        model="gpt-3.5-turbo-instruct", prompt="hi", stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "You said: hi"
    assert last.usage is not None
    assert last.usage.total_tokens == 4


def test_response_carries_text_and_usage(client: OpenAI) -> None:
    answer = client.responses.create(model="gpt-test", instructions="Be brief.", input="Hello there")
    assert answer.output_text == ECHO
    assert answer.usage is not None
    assert answer.usage.to_dict() == {
        "input_tokens": 4,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    }


def test_response_stream_has_typed_events_in_order(client: OpenAI) -> None:
    stream = list(client.responses.create(model="gpt-test", input="Hi", stream=True))
    assert [event.type for event in stream] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in stream] == list(range(11))


def test_completed_event_is_the_whole_response(client: OpenAI) -> None:
    whole = client.responses.create(model="gpt-test", input="Hi")
    with client.responses.stream(model="gpt-test", input="Hi") as stream:
        final = stream.get_final_response()
    assert (final.output_text, final.usage) == (whole.output_text, whole.usage)


def test_response_beyond_its_limit_is_incomplete(client: OpenAI) -> None:
    *_, last = client.responses.create(model="gpt-test", input="Hi", max_output_tokens=2, stream=True)
    assert last.type == "response.incomplete"
    assert last.response.output_text == "You said:"


def test_embeddings_as_base64_and_as_floats_are_the_same_numbers(client: OpenAI) -> None:
    packed = client.embeddings.create(model="text-embedding-3-small", input="hello", encoding_format="base64")
    floats = client.embeddings.create(model="text-embedding-3-small", input="hello", encoding_format="float")
    raw: Any = packed.data[0].embedding
    assert list(struct.unpack("<8f", base64.b64decode(raw))) == floats.data[0].embedding


def test_embedding_has_length_one(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="hello", dimensions=100)
    values = answer.data[0].embedding
    assert len(values) == 100
    assert sum(value * value for value in values) == pytest.approx(1, abs=1e-6)


def test_each_input_has_its_own_embedding(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["a", "b c"])
    assert [each.embedding for each in answer.data] == [vector("a"), vector("b c")]
    assert answer.usage.prompt_tokens == 3


@pytest.mark.parametrize(("tokens", "vectors", "count"), [([1, 2, 3], 1, 3), ([[1, 2], [3]], 2, 3)])
def test_embeddings_take_lists_of_tokens(client: OpenAI, tokens: Any, vectors: int, count: int) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=tokens)
    assert (len(answer.data), answer.usage.total_tokens) == (vectors, count)


def test_models_are_listed() -> None:
    with (
        running(OpenAIService(keys={KEY}, models=["a", "b"])) as upstream,
        OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1") as client,
    ):
        assert [model.id for model in client.models.list()] == ["a", "b"]


def test_model_is_retrieved(client: OpenAI) -> None:
    assert client.models.retrieve("gpt-test").to_dict() == {
        "id": "gpt-test",
        "object": "model",
        "created": 1735689600,
        "owned_by": "openai",
    }


def test_uploaded_file_keeps_its_bytes(client: OpenAI) -> None:
    content = bytes(range(256)) + b"\r\n--\r\n"
    stored = client.files.create(file=("data.bin", content), purpose="batch")
    assert (stored.filename, stored.bytes, stored.purpose) == ("data.bin", len(content), "batch")
    assert client.files.content(stored.id).read() == content


def test_file_is_retrieved_by_its_id(client: OpenAI) -> None:
    stored = client.files.create(file=("a.txt", b"a"), purpose="batch")
    assert client.files.retrieve(stored.id) == stored


def test_files_are_listed_page_by_page(client: OpenAI) -> None:
    names = [f"{number}.txt" for number in range(5)]
    for name in names:
        client.files.create(file=(name, b"x"), purpose="batch")
    page = client.files.list(limit=2)
    assert ([file.filename for file in page.data], page.has_more) == (["4.txt", "3.txt"], True)
    assert [file.filename for file in client.files.list(limit=2)] == names[::-1]


def test_files_are_listed_by_purpose_and_order(client: OpenAI) -> None:
    for name, purpose in (("a", "batch"), ("b", "vision"), ("c", "batch")):
        client.files.create(file=(name, b"x"), purpose=purpose)  # type: ignore[arg-type]
    assert [file.filename for file in client.files.list(purpose="batch", order="asc")] == ["a", "c"]


def test_deleted_file_is_gone(client: OpenAI) -> None:
    stored = client.files.create(file=("a.txt", b"a"), purpose="batch")
    assert client.files.delete(stored.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(stored.id)


def test_image_is_a_picture_and_has_usage(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt="a white pixel", n=2)
    images = [base64.b64decode(image.b64_json or "") for image in answer.data or ()]
    assert [image[:8] for image in images] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (3, 544, 547)


def test_streamed_image_reports_usage_at_its_end(client: OpenAI) -> None:
    *_, last = client.images.generate(model="gpt-image-1", prompt="a white pixel", stream=True)
    assert last.type == "image_generation.completed"
    assert last.usage.total_tokens == 275


def test_whisper_bills_by_time(client: OpenAI) -> None:
    answer = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"x" * 40_000))
    assert answer.usage is not None
    assert answer.usage.to_dict() == {"type": "duration", "seconds": 3}


def test_other_transcriptions_bill_by_tokens(client: OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"x" * 40_000), prompt="two words"
    )
    assert answer.text == "You played a.wav of 40000 bytes."
    assert answer.usage is not None
    assert answer.usage.to_dict() == {
        "type": "tokens",
        "input_tokens": 42,
        "input_token_details": {"audio_tokens": 40, "text_tokens": 2},
        "output_tokens": 6,
        "total_tokens": 48,
    }


def test_streamed_transcription_reports_usage_at_its_end(client: OpenAI) -> None:
    *_, last = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("a.wav", b"x"), stream=True)
    assert last.type == "transcript.text.done"
    assert last.usage is not None
    assert last.usage.total_tokens == 7


def test_moderation_flags_violence_only(client: OpenAI) -> None:
    answer = client.moderations.create(input=["peace", "some violence"])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.violence


# What OpenAI refuses


def refused(response: http.client.HTTPResponse, body: bytes) -> tuple[int, Any]:
    return response.status, json.loads(body)["error"]


def test_wrong_key_is_refused_and_not_repeated(upstream: Upstream) -> None:
    key = "sk-proj-0123456789abcdefghij"
    status, error = refused(*ask(upstream, "GET", "/v1/models", key=key))
    assert status == 401
    assert error == {
        "message": "Incorrect API key provided: sk-*********************ghij. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


def test_short_wrong_key_is_wholly_masked(upstream: Upstream) -> None:
    assert b"sk-short" not in ask(upstream, "GET", "/v1/models", key="sk-short")[1]


def test_missing_key_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "GET", "/v1/models", headers={}))
    assert (status, error["code"], error["message"][:32]) == (401, None, "You didn't provide an API key. Y")


def test_revoked_key_is_refused() -> None:
    keys = {KEY}
    with running(OpenAIService(keys=keys)) as upstream:
        before = ask(upstream, "GET", "/v1/models")[0].status
        keys.clear()
        assert (before, ask(upstream, "GET", "/v1/models")[0].status) == (200, 401)


def test_two_authorization_headers_are_refused(upstream: Upstream) -> None:
    raw = talk(
        upstream,
        b"GET /v1/models HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
        b"Authorization: Bearer sk-test\r\nAuthorization: Bearer sk-test\r\n\r\n",
    )
    assert raw.startswith(b"HTTP/1.1 400 ")


def test_unknown_model_is_refused(upstream: Upstream) -> None:
    assert refused(*chat(upstream, "gpt-none")) == (
        404,
        {
            "message": "The model `gpt-none` does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        },
    )


def test_missing_model_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", {"messages": HELLO}))
    assert (status, error["message"]) == (400, "you must provide a model parameter")


def test_missing_messages_are_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", {"model": "gpt-test"}))
    assert (status, error["param"], error["code"]) == (400, "messages", "missing_required_parameter")


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
def test_body_that_is_no_json_object_is_refused(upstream: Upstream, body: bytes) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", body))
    assert (status, error["message"][:25]) == (400, "We could not parse the JS")


def test_stream_options_without_a_stream_are_refused(upstream: Upstream) -> None:
    status, error = refused(*chat(upstream, "gpt-test", stream_options={"include_usage": True}))
    assert (status, error["param"]) == (400, "stream_options")


def test_response_that_is_asked_for_usage_is_refused(upstream: Upstream) -> None:
    asked_for = {"model": "gpt-test", "input": "Hi", "stream": True, "stream_options": {"include_usage": True}}
    status, error = refused(*ask(upstream, "POST", "/v1/responses", asked_for))
    assert (status, error["code"], error["param"]) == (400, "unknown_parameter", "stream_options.include_usage")


def test_unknown_path_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat", {}))
    assert (status, error["message"]) == (404, "Invalid URL (POST /v1/chat)")


def test_wrong_method_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "GET", "/v1/chat/completions"))
    assert (status, error["code"]) == (405, "method_not_supported")


# Azure


def test_classic_azure_finds_the_deployment_in_the_path(azure: Upstream, classic: AzureOpenAI) -> None:
    answer = say(classic, model="prod")
    assert (answer.model, answer.choices[0].message.content) == ("gpt-4.1", ECHO)
    assert azure.requests[-1].target == f"/openai/deployments/prod/chat/completions?api-version={V}"


def test_azure_chat_carries_the_verdicts_of_its_filters(classic: AzureOpenAI) -> None:
    answer = say(classic, "Hi", model="prod")
    document = answer.to_dict()
    safe = {"filtered": False, "severity": "safe"}
    verdict = {"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe}
    assert [choice["content_filter_results"] for choice in document["choices"]] == [verdict]  # type: ignore[attr-defined]
    assert "prompt_filter_results" in document


def test_first_chunk_of_an_azure_stream_has_no_choices_id_or_model(classic: AzureOpenAI) -> None:
    first, *others = stream_of(classic, "prod")
    assert (first.choices, first.id, first.model) == ([], "", "")
    assert "prompt_filter_results" in first.to_dict()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in others) == ECHO


def test_azure_v1_takes_the_deployment_as_model_without_api_version(azure: Upstream, azure_v1: OpenAI) -> None:
    answer = say(azure_v1, model="prod")
    assert answer.choices[0].message.content == ECHO
    assert azure.requests[-1].target == "/openai/v1/chat/completions"


def test_azure_v1_answers_responses(azure_v1: OpenAI) -> None:
    assert azure_v1.responses.create(model="prod", input="Hello there").output_text == ECHO


def test_classic_azure_answers_embeddings(classic: AzureOpenAI) -> None:
    assert classic.embeddings.create(model="prod", input="a").data[0].embedding == vector("a")


def test_classic_azure_answers_legacy_completions_with_verdicts(classic: AzureOpenAI) -> None:
    answer = classic.completions.create(model="prod", prompt="hi")
    assert answer.choices[0].text == "You said: hi"
    assert "prompt_filter_results" in answer.to_dict()


def test_classic_azure_keeps_files_without_a_deployment(azure: Upstream, classic: AzureOpenAI) -> None:
    stored = classic.files.create(file=("a.txt", b"abc"), purpose="batch")
    assert classic.files.content(stored.id).read() == b"abc"
    assert azure.requests[0].path == "/openai/files"


def test_classic_azure_lists_its_deployments_as_models(classic: AzureOpenAI) -> None:
    assert [model.id for model in classic.models.list()] == ["prod"]


def test_classic_azure_transcribes(classic: AzureOpenAI) -> None:
    answer = classic.audio.transcriptions.create(model="prod", file=("a.wav", b"abc"))
    assert answer.text == "You played a.wav of 3 bytes."


def test_azure_accepts_a_token_that_it_was_given(azure: Upstream) -> None:
    with AzureOpenAI(azure_ad_token="entra-token", azure_endpoint=azure.url, api_version=V) as client:
        assert [model.id for model in client.models.list()] == ["prod"]


def test_azure_does_not_accept_its_key_as_a_bearer(azure: Upstream) -> None:
    response, _ = ask(azure, "GET", f"/openai/models?api-version={V}", headers={"Authorization": "Bearer azure-key"})
    assert response.status == 401


def test_azure_refuses_a_wrong_key_with_the_code_as_text(azure: Upstream) -> None:
    status, error = refused(*ask(azure, "GET", f"/openai/models?api-version={V}", key="wrong"))
    assert (status, error["code"]) == (401, "401")
    assert error["message"].startswith("Access denied due to invalid subscription key or wrong API endpoint.")


@pytest.mark.parametrize(
    "path",
    [
        "/openai/deployments/prod/chat/completions",
        "/openai/deployments/prod/chat/completions?api-version=",
        f"/openai/deployments/prod/responses?api-version={V}",
        f"/openai/chat/completions?api-version={V}",
        "/v1/chat/completions",
    ],
)
def test_azure_finds_nothing_without_api_version_or_under_a_wrong_path(azure: Upstream, path: str) -> None:
    answer = refused(*ask(azure, "POST", path, {"model": "prod", "messages": HELLO}, key="azure-key"))
    assert answer == (404, {"code": "404", "message": "Resource not found"})


@pytest.mark.parametrize(
    "path", [f"/openai/deployments/none/chat/completions?api-version={V}", "/openai/v1/chat/completions"]
)
def test_azure_names_a_missing_deployment(azure: Upstream, path: str) -> None:
    status, error = refused(*ask(azure, "POST", path, {"model": "none", "messages": HELLO}, key="azure-key"))
    assert (status, error["code"]) == (404, "DeploymentNotFound")


def test_azure_words_a_fault_in_its_own_way(azure: Upstream) -> None:
    path = f"/openai/deployments/status-429/chat/completions?api-version={V}"
    status, error = refused(*ask(azure, "POST", path, {"messages": HELLO}, key="azure-key"))
    assert (status, error["code"]) == (429, "429")


# Recording


RAW = (
    b"POST /v1/models/%41?x=1&y=%20 HTTP/1.1\r\n"
    b"hOsT: here\r\n"
    b"AUTHORIZATION:Bearer sk-test\r\n"
    b"x-twice: 1\r\n"
    b"X-Empty:\r\n"
    b"X-Twice:   2 \r\n"
    b"X-Latin: \xe9\r\n"
    b"Connection: close\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
)


def test_request_is_recorded_as_it_came(upstream: Upstream) -> None:
    talk(upstream, RAW + b"a\x00\r\n\xff")
    assert upstream.requests == [
        Received(
            method="POST",
            target="/v1/models/%41?x=1&y=%20",
            path="/v1/models/%41",
            query="x=1&y=%20",
            headers=(
                ("hOsT", "here"),
                ("AUTHORIZATION", "Bearer sk-test"),
                ("x-twice", "1"),
                ("X-Empty", ""),
                ("X-Twice", "2"),
                ("X-Latin", "\xe9"),
                ("Connection", "close"),
                ("Content-Length", "5"),
            ),
            raw_head=RAW,
            body=b"a\x00\r\n\xff",
            connection=1,
        )
    ]


def test_header_is_found_in_any_case(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    assert upstream.requests[0].values("x-TWICE") == ["1", "2"]


def test_chunked_body_is_recorded_joined(upstream: Upstream) -> None:
    talk(
        upstream,
        b"POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    )
    assert upstream.requests[0].body == b"abc0123456789"


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3300), max_size=6))
def test_request_is_recorded_byte_for_byte_however_it_is_cut(body: bytes, cuts: list[int]) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    data = head + body
    with running(OpenAIService(keys={KEY})) as upstream:
        with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
                connection.sendall(data[start:end])
            while connection.recv(65536):
                pass
        [received] = upstream.requests
    assert received.raw_head + received.body == data


def test_recording_is_read_over_http_as_in_process(upstream: Upstream) -> None:
    talk(upstream, RAW + b"a\x00\r\n\xff")
    assert recorded_at(upstream.url) == upstream.requests


def test_recording_is_cleared_over_http(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    assert ask(upstream, "DELETE", "/_recorded")[0].status == 204
    assert upstream.requests == []


def test_recording_is_cleared_in_process(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    upstream.clear()
    assert upstream.requests == []


# Connections


def test_connection_is_kept_for_the_next_request(upstream: Upstream, client: OpenAI) -> None:
    for _ in range(3):
        client.models.list()
    assert ([received.connection for received in upstream.requests], upstream.connections) == ([1, 1, 1], 1)


def test_requests_sent_ahead_are_answered_in_order(upstream: Upstream) -> None:
    ahead = request_bytes({"model": "gpt-none"}, close=False) + request_bytes({"model": "gpt-test", "messages": HELLO})
    assert re.findall(rb"HTTP/1.1 (\d+)", talk(upstream, ahead)) == [b"404", b"200"]


def test_open_connections_fall_when_the_client_leaves(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream))):
        assert soon(lambda: upstream.open_connections == 1)
    assert soon(lambda: upstream.open_connections == 0)
    assert upstream.connections == 1


def test_client_that_leaves_during_a_stall_is_noticed_at_once(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream))) as connection:
        connection.sendall(request_bytes({"model": "stall-60", "messages": HELLO}))
        assert soon(lambda: len(upstream.requests) == 1)
    assert soon(lambda: upstream.open_connections == 0, seconds=1)


def test_client_is_told_to_continue_before_it_sends_its_body(upstream: Upstream) -> None:
    head, body = b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"{}"
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-test\r\n" + head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_answer_to_head_has_no_body(upstream: Upstream) -> None:
    raw = talk(upstream, b"HEAD /v1/models HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    assert raw.endswith(b"\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET /\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad : 1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nLarge: " + b"x" * 300_000 + b"\r\n", 431),
    ],
)
def test_malformed_request_is_refused(upstream: Upstream, head: bytes, status: int) -> None:
    assert talk(upstream, head + b"\r\n").startswith(b"HTTP/1.1 %d " % status)


def test_failure_of_an_app_is_told_in_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Received) -> Answer:
        raise LookupError("no idea")

    with running(broken) as upstream:
        response, body = ask(upstream, "GET", "/")
    assert (response.status, b"LookupError: no idea" in body) == (500, True)


def test_stop_with_open_connections_leaves_nothing_behind() -> None:
    threads = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with running(OpenAIService(keys={KEY})) as upstream:
            idle = socket.create_connection(("127.0.0.1", port_of(upstream)))
            busy = socket.create_connection(("127.0.0.1", port_of(upstream)))
            busy.sendall(request_bytes({"model": "stall-60", "messages": HELLO}))
            assert soon(lambda: upstream.open_connections == 2 and bool(upstream.requests))
            started = time.monotonic()
    assert time.monotonic() - started < 2
    assert ended(idle)
    assert ended(busy)
    assert set(threading.enumerate()) == threads


def test_service_on_localhost_is_reached_by_both_families() -> None:
    with running(OpenAIService(keys={KEY}), host="localhost") as upstream:
        assert upstream.url.startswith("http://localhost:")
        for host in ("127.0.0.1", "::1"):
            try:
                socket.create_connection((host, port_of(upstream)), timeout=2).close()
            except OSError:
                assert host == "::1", "this machine has no IPv6"
                pytest.skip("this machine has no IPv6")
        assert soon(lambda: upstream.connections == 2)


def test_service_on_ipv6_has_brackets_in_its_address() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with (
        running(OpenAIService(keys={KEY}), host="::1") as upstream,
        OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1") as client,
    ):
        assert upstream.url.startswith("http://[::1]:")
        assert client.models.retrieve("gpt-test").id == "gpt-test"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY}), tls=serving(authority)) as upstream:
        yield upstream


def serving(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_service_speaks_tls(secure: Upstream, authority: trustme.CA) -> None:
    with (
        httpx2.Client(verify=trusting(authority)) as http_client,
        OpenAI(api_key=KEY, base_url=f"{secure.url}/v1", http_client=http_client) as client,
    ):
        assert said_by(client, "stream-split-1") == ECHO
    assert secure.url.startswith("https://")


def test_reset_over_tls_is_a_reset(secure: Upstream, authority: trustme.CA) -> None:
    plain = socket.create_connection(("127.0.0.1", port_of(secure)), timeout=5)
    with trusting(authority).wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall(request_bytes({"model": "reset", "messages": HELLO}))
        # Python before 3.13 reads a reset as an end here. The kernel knows: after FIN it would say CLOSE_WAIT (8).
        with contextlib.suppress(ConnectionResetError):
            connection.recv(100)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x07"


def test_client_that_fails_its_handshake_is_counted_as_a_connection(secure: Upstream) -> None:
    plain = socket.create_connection(("127.0.0.1", port_of(secure)), timeout=5)
    with plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    assert (secure.connections, secure.requests) == (1, [])


def test_stop_during_a_handshake_leaves_nothing_behind(authority: trustme.CA) -> None:
    with running(OpenAIService(keys={KEY}), tls=serving(authority)) as secure:
        silent = socket.create_connection(("127.0.0.1", port_of(secure)))
        assert soon(lambda: secure.connections == 1)
    assert ended(silent)


def test_app_of_ones_own_decides_every_write() -> None:
    async def app(_: Received) -> Answer:
        return Answer(body=(b"one", Pause(0.05), b"two", Ending.CLOSE), headers=(("x-mine", "1"),))

    with running(app) as upstream:
        raw = talk(upstream, b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    assert raw == b"HTTP/1.1 200 OK\r\nx-mine: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n"


def test_plain_json_app_is_one_line() -> None:
    async def app(request: Received) -> Answer:
        return json_answer({"path": request.path})

    with running(app) as upstream:
        assert ask(upstream, "GET", "/a%20b?c")[1] == b'{"path":"/a%20b"}'


# Faults. One example of each; `test_every_fault_has_an_example` keeps the list whole.

EXAMPLES = {
    "status-<code>[-retry-after-<seconds>][-retry-after-ms-<ms>]": "status-503-retry-after-1",
    "retry-after-ms-<ms>": "retry-after-ms-20",
    "redirect": "redirect",
    "html-200": "html-200",
    "html-502": "html-502",
    "empty-200": "empty-200",
    "bad-json-200": "bad-json-200",
    "no-usage": "no-usage",
    "large-<bytes>": "large-5000",
    "cut": "cut",
    "json-typed-sse": "json-typed-sse",
    "stream-error-after-<n>": "stream-error-after-2",
    "stream-malformed": "stream-malformed",
    "stream-eof": "stream-eof",
    "stream-reset-after-<n>": "stream-reset-after-2",
    "stream-cut-after-<n>": "stream-cut-after-2",
    "stream-stall-after-<n>-<seconds>": "stream-stall-after-2-0.2",
    "stream-comments": "stream-comments",
    "stream-keep-alives": "stream-keep-alives",
    "stream-multiline": "stream-multiline",
    "stream-bom": "stream-bom",
    "stream-crlf": "stream-crlf",
    "stream-cr": "stream-cr",
    "gzip": "gzip",
    "stream-slow-<ms>": "stream-slow-50",
    "stream-split-<n>": "stream-split-1",
    "stall-<seconds>": "stall-0.2",
    "close": "close",
    "reset": "reset",
}


def test_every_fault_has_an_example() -> None:
    assert {name: [each.fault.name for each in asked(example)] for name, example in EXAMPLES.items()} == {
        fault.name: [fault.name] for fault in FAULTS
    }


@pytest.mark.parametrize("name", ["status-200", "status-42", "stream-split-", "reset+none", "reset-times-", "Reset"])
def test_name_that_is_almost_a_fault_is_an_unknown_model(upstream: Upstream, name: str) -> None:
    assert chat(upstream, name)[0].status == 404


@pytest.mark.parametrize("code", [400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 599])
def test_status_fault_has_that_status_and_an_error_body(upstream: Upstream, code: int) -> None:
    status, error = refused(*chat(upstream, f"status-{code}"))
    assert (status, set(error)) == (code, {"message", "type", "param", "code"})


def test_429_is_worded_as_a_rate_limit(client: OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        say(client, "Hi", model="status-429")
    assert caught.value.code == "rate_limit_exceeded"


def test_status_fault_names_the_time_to_wait(upstream: Upstream) -> None:
    response, _ = chat(upstream, "status-503-retry-after-1-retry-after-ms-20")
    assert (response.status, response.getheader("retry-after"), response.getheader("retry-after-ms")) == (
        503,
        "1",
        "20",
    )


def test_retry_after_ms_fault_is_a_429(upstream: Upstream) -> None:
    response, _ = chat(upstream, "retry-after-ms-20")
    assert (response.status, response.getheader("retry-after-ms")) == (429, "20")


def test_fault_with_times_is_over_after_so_many_requests(upstream: Upstream) -> None:
    statuses = [chat(upstream, "status-500-times-2")[0].status for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


def test_sdk_that_retries_gets_past_a_fault_with_times(upstream: Upstream) -> None:
    with OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=2) as client:
        answer = say(client, model="retry-after-ms-1-times-2")
    assert (answer.choices[0].message.content, len(upstream.requests)) == (ECHO, 3)


def test_reset_with_times_is_over_after_so_many_requests(upstream: Upstream) -> None:
    data = request_bytes({"model": "reset-times-1", "messages": HELLO})
    with pytest.raises(ConnectionResetError):
        talk(upstream, data)
    assert talk(upstream, data).startswith(b"HTTP/1.1 200 ")


def test_reset_comes_before_any_byte_of_the_answer(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(request_bytes({"model": "reset", "messages": HELLO}))
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_close_is_a_clean_end_without_an_answer(upstream: Upstream) -> None:
    assert talk(upstream, request_bytes({"model": "close", "messages": HELLO})) == b""


def test_reset_and_close_are_connection_errors_to_the_sdk(client: OpenAI) -> None:
    for model in ("reset", "close"):
        with pytest.raises(openai.APIConnectionError):
            say(client, "Hi", model=model)


def test_stall_delays_the_answer(upstream: Upstream) -> None:
    started = time.monotonic()
    response, _ = chat(upstream, "stall-0.2")
    assert (response.status, time.monotonic() - started >= 0.2) == (200, True)


def test_stall_is_a_timeout_to_an_impatient_sdk(client: OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        say(client.with_options(timeout=0.1), "Hi", model="stall-60")


def test_cut_promises_more_than_it_sends(upstream: Upstream) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        chat(upstream, "cut")
    assert caught.value.expected is not None
    assert 0 <= caught.value.expected - len(caught.value.partial) <= 1


def test_redirect_points_elsewhere_on_the_same_service(upstream: Upstream) -> None:
    response, _ = chat(upstream, "redirect")
    assert (response.status, response.getheader("location")) == (302, "/elsewhere")


@pytest.mark.parametrize("status", [200, 502])
def test_html_comes_as_html(upstream: Upstream, status: int) -> None:
    response, body = chat(upstream, f"html-{status}")
    assert (response.status, response.getheader("content-type"), body[:6]) == (status, "text/html", b"<html>")


def test_empty_answer_has_no_body(upstream: Upstream) -> None:
    response, body = chat(upstream, "empty-200")
    assert (response.status, response.getheader("content-length"), body) == (200, "0", b"")


def test_bad_json_is_whole_to_http_and_broken_to_json(upstream: Upstream) -> None:
    response, body = chat(upstream, "bad-json-200")
    assert (response.status, response.getheader("content-type")) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_no_usage_leaves_it_out_of_a_whole_answer(client: OpenAI) -> None:
    answer = say(client, model="no-usage")
    assert (answer.usage, answer.choices[0].message.content) == (None, ECHO)


def test_no_usage_leaves_it_out_of_a_stream_that_was_asked_for_it(upstream: Upstream) -> None:
    _, body = chat(upstream, "no-usage", stream=True, stream_options={"include_usage": True})
    *chunks, done = events(body)
    assert (len(chunks), [chunk for chunk in chunks if "usage" in chunk], done) == (6, [], "[DONE]")


def test_no_usage_leaves_it_out_of_a_streamed_response(client: OpenAI) -> None:
    *_, last = client.responses.create(model="no-usage", input="Hi", stream=True)
    assert last.type == "response.completed"
    assert last.response.usage is None


@pytest.mark.parametrize("size", [5000, 3_000_000])
def test_large_answer_has_exactly_that_size(upstream: Upstream, size: int) -> None:
    _, body = chat(upstream, f"large-{size}")
    assert (len(body), json.loads(body)["choices"][0]["message"]["content"]) == (size, ECHO)


def test_large_stream_begins_with_an_event_of_that_size(upstream: Upstream) -> None:
    _, body = chat(upstream, "large-5000", stream=True)
    assert body.index(b"\n\n") + 2 == 5000
    assert events(body)[-1] == "[DONE]"


def test_gzip_comes_unasked(upstream: Upstream) -> None:
    response, body = chat(upstream, "gzip")
    assert response.getheader("content-encoding") == "gzip"
    assert json.loads(zlib.decompress(body, wbits=31))["choices"][0]["message"]["content"] == ECHO


def test_gzip_stream_is_readable_event_by_event(upstream: Upstream) -> None:
    chunks = wire_chunks(talk(upstream, request_bytes({"model": "gzip", "messages": HELLO, "stream": True})))
    unpacker = zlib.decompressobj(wbits=31)
    texts = [unpacker.decompress(chunk) for chunk in chunks]
    assert all(text.startswith(b"data: ") and text.endswith(b"\n\n") for text in texts[:-1])
    assert (texts[-1], unpacker.eof) == (b"", True)


def test_json_typed_stream_is_read_by_the_sdk_nevertheless(upstream: Upstream, client: OpenAI) -> None:
    response, _ = chat(upstream, "json-typed-sse", stream=True)
    assert response.getheader("content-type") == "application/json"
    assert said_by(client, "json-typed-sse") == ECHO


def test_plain_stream_is_one_write_an_event(upstream: Upstream) -> None:
    raw = talk(upstream, request_bytes({"model": "gpt-test", "messages": HELLO, "stream": True}))
    chunks = wire_chunks(raw)
    assert len(chunks) == 7
    assert all(chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") for chunk in chunks)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_split_stream_has_the_same_bytes_in_pieces_of_that_size(upstream: Upstream, size: int) -> None:
    document = {"model": f"stream-split-{size}", "messages": [{"role": "user", "content": "Grüße 🎈"}], "stream": True}
    chunks = wire_chunks(talk(upstream, request_bytes(document)))
    whole = b"".join(chunks)
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}
    assert "🎈" in whole.decode()
    assert [event["model"] for event in events(whole)[:-1]] == [f"stream-split-{size}"] * 6


@pytest.mark.parametrize(
    "model",
    [
        "stream-split-1",
        "stream-crlf",
        "stream-cr",
        "stream-comments",
        "stream-keep-alives",
        "stream-multiline",
        "stream-slow-1",
        "stream-eof",
        "gzip",
        "stream-multiline+stream-comments+stream-crlf+stream-split-1",
    ],
)
def test_sdk_reads_every_legal_form_of_a_stream(client: OpenAI, model: str) -> None:
    assert said_by(client, model) == ECHO


@pytest.mark.parametrize(("model", "end"), [("stream-crlf", b"\r\n"), ("stream-cr", b"\r")])
def test_lines_end_as_the_fault_says(upstream: Upstream, model: str, end: bytes) -> None:
    _, body = chat(upstream, model, stream=True)
    assert re.findall(rb"[\r\n]+", body) == [end + end] * 7


def test_comments_surround_the_data_of_each_event(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-comments", stream=True)
    first = body.split(b"\n\n")[0].split(b"\n")
    assert first[:4] == [b": event 0 follows", b"id: 0", b"retry: 1000", b"event: message"]
    assert first[4].startswith(b"data: {")


def test_keep_alives_are_blocks_of_their_own(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-keep-alives", stream=True)
    assert body.split(b"\n\n")[::2] == [b": keep-alive"] * 7 + [b""]


def test_event_spreads_over_several_data_lines(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-multiline", stream=True)
    lines = body.split(b"\n\n")[0].split(b"\n")
    assert all(line.startswith(b"data: ") for line in lines)
    assert json.loads(b"\n".join(line.removeprefix(b"data: ") for line in lines))["object"] == "chat.completion.chunk"


def test_stream_begins_with_a_byte_order_mark(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-bom", stream=True)
    assert body.startswith(b"\xef\xbb\xbfdata: ")
    assert body.count(b"\xef\xbb\xbf") == 1


def test_stream_ends_without_its_last_event(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-eof", stream=True)
    assert events(body)[-1]["choices"][0]["finish_reason"] == "stop"


def test_response_stream_ends_without_its_last_event(client: OpenAI) -> None:
    *_, last = client.responses.create(model="stream-eof", input="Hi", stream=True)
    assert last.type == "response.output_item.done"


def test_malformed_line_stands_between_good_ones(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-malformed", stream=True)
    texts = body.split(b"\n\n")
    assert (texts[1], len(texts)) == (b'data: {"id": "chatcmpl-', 9)


def test_error_event_ends_the_stream_and_is_an_error_to_the_sdk(upstream: Upstream, client: OpenAI) -> None:
    *_, last = events(chat(upstream, "stream-error-after-2", stream=True)[1])
    assert last["error"]["type"] == "server_error"
    with pytest.raises(openai.APIError, match="The server had an error"):
        said_by(client, "stream-error-after-2")


def test_stream_is_reset_after_so_many_events(upstream: Upstream) -> None:
    seen = b""
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(request_bytes({"model": "stream-reset-after-2", "messages": HELLO, "stream": True}))
        with pytest.raises(ConnectionResetError):  # noqa: PT012
            while data := connection.recv(65536):
                seen += data
    assert seen.count(b"data: ") == 2


def test_stream_is_cut_in_the_middle_of_a_chunk(upstream: Upstream) -> None:
    raw = talk(upstream, request_bytes({"model": "stream-cut-after-2", "messages": HELLO, "stream": True}))
    assert raw.endswith(b'400\r\ndata: {"id":"cha')
    assert raw.count(b"data: ") == 3


@pytest.mark.parametrize("model", ["stream-reset-after-2", "stream-cut-after-2"])
def test_broken_stream_is_a_connection_error_to_the_sdk(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.APIConnectionError):
        said_by(client, model)


def test_stream_stalls_after_so_many_events(upstream: Upstream, client: OpenAI) -> None:
    times = []
    stream = stream_of(client, "stream-stall-after-2-0.2")
    for _ in stream:
        times.append(time.monotonic())
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits[1] == max(waits) >= 0.15


def test_slow_stream_waits_between_its_events(upstream: Upstream) -> None:
    started = time.monotonic()
    chat(upstream, "stream-slow-50", stream=True)
    assert time.monotonic() - started >= 6 * 0.05


@pytest.mark.parametrize("model", [example for example in EXAMPLES.values() if example.startswith("stream-")])
def test_stream_fault_leaves_a_whole_answer_alone(client: OpenAI, model: str) -> None:
    answer = say(client, model=model)
    assert answer.choices[0].message.content == ECHO


def test_joined_faults_all_happen(upstream: Upstream) -> None:
    document = {"model": "stream-split-3+stream-crlf+stream-cut-after-1", "messages": HELLO, "stream": True}
    raw = talk(upstream, request_bytes(document))
    assert (raw.count(b"data: "), b"3\r\ndat\r\n3\r\na: \r\n" in raw) == (1, True)
    assert raw.endswith(b'400\r\ndata: {"id":"cha')


def test_wrong_key_wins_over_a_fault(upstream: Upstream) -> None:
    response, _ = ask(upstream, "POST", "/v1/embeddings", {"model": "reset", "input": "a"}, key="wrong")
    assert response.status == 401


def test_fault_is_named_by_the_model_of_a_form(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        client.audio.transcriptions.create(model="status-500", file=("a.wav", b"x"))


def test_fault_is_named_by_a_deployment(azure: Upstream, classic: AzureOpenAI) -> None:
    assert said_by(classic, "stream-crlf+stream-split-1") == ECHO


def test_fault_is_named_by_the_model_that_is_retrieved(upstream: Upstream) -> None:
    assert ask(upstream, "GET", "/v1/models/status-503")[0].status == 503


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-test", "/v1/files"])
def test_fault_of_the_service_is_that_of_every_request_that_names_none(path: str) -> None:
    with running(OpenAIService(keys={KEY}, fault="html-200")) as upstream:
        assert ask(upstream, "GET", path)[0].getheader("content-type") == "text/html"
        assert chat(upstream, "status-429")[0].status == 429


def test_service_with_an_unknown_fault_does_not_start() -> None:
    with pytest.raises(ValueError, match="there is no fault resett"):
        OpenAIService(keys={KEY}, fault="resett")


# As a program of its own


def program(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "error", "-m", "tests.upstream", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("flavour", ["openai", "azure"])
def test_program_serves_records_and_ends_on_sigterm(flavour: str) -> None:
    base = "v1" if flavour == "openai" else "openai/v1"
    with program("--flavour", flavour, "--key", "k1", "--key", "k2") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with OpenAI(api_key="k2", base_url=f"{url}/{base}", max_retries=0, default_headers={"api-key": "k2"}) as client:
            say(client)
            [received] = recorded_at(url)
            process.send_signal(signal.SIGTERM)
            output = process.communicate(timeout=5)
    assert received.json() == {"model": "gpt-test", "messages": HELLO}
    assert (process.returncode, output) == (0, ("", ""))


def test_program_lists_its_faults() -> None:
    with program("--list-faults") as process:
        lines = process.communicate(timeout=10)[0].splitlines()
    assert [line.split()[0] for line in lines] == [fault.name for fault in FAULTS]

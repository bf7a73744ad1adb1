"""Every API of the hook and its async twin, at a service on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from connectory.airflow import OpenAIHook
from tests.integration.airflow.conftest import Known
from tests.upstream import Answer, BatchService, Received, Upstream, running

SOUND = ("hello.wav", b"RIFF....WAVEfmt ")


@pytest.fixture
def hook(knows: Known, service: Upstream) -> Iterator[OpenAIHook]:
    with OpenAIHook(knows(f"{service.url}/v1", openai_client_kwargs={"max_retries": 0})) as hook:
        yield hook


def both(hook: OpenAIHook, name: str, *arguments: Any, **named: Any) -> tuple[Any, Any]:
    """What a method gives, and its twin."""

    async def twin() -> Any:
        async with OpenAIHook(hook.conn_id) as other:
            return await getattr(other, f"a{name}")(*arguments, **named)

    return getattr(hook, name)(*arguments, **named), asyncio.run(twin())


def test_moderations(hook: OpenAIHook) -> None:
    for found in both(hook, "create_moderation", "Hello", model="omni-moderation-latest"):
        assert found.results


def test_images(hook: OpenAIHook) -> None:
    for found in both(hook, "create_image", "a river", model="gpt-image-1"):
        assert found.data


def test_speech(knows: Known) -> None:
    async def speaking(request: Received) -> Answer:
        return Answer(headers=(("content-type", "audio/mpeg"),), body=b"sound of " + request.json()["input"].encode())

    with running(speaking) as upstream, OpenAIHook(knows(f"{upstream.url}/v1")) as hook:
        for found in both(hook, "create_speech", "Hello", "gpt-4o-mini-tts", "alloy"):
            assert found == b"sound of Hello"


def test_transcriptions(hook: OpenAIHook) -> None:
    for found in both(hook, "create_transcription", SOUND, "gpt-4o-transcribe"):
        assert isinstance(found.text, str)


def test_models(hook: OpenAIHook) -> None:
    one, other = both(hook, "get_models")
    assert [each.id for each in one] == [each.id for each in other] != []


def test_lists_go_over_all_pages_and_may_be_gone_through_one_by_one(knows: Known) -> None:
    service = BatchService(keys={"sk-test"})
    with running(service) as upstream, OpenAIHook(knows(f"{upstream.url}/v1")) as hook:
        ids = [hook.send_file(f"{number}.jsonl", b"{}\n", purpose="batch").id for number in range(5)]
        batches = [hook.create_batch(id, "/v1/chat/completions").id for id in ids]
        for found in both(hook, "get_files"):
            assert [each.id for each in found] == ids
        for found in both(hook, "get_batches"):
            assert [each.id for each in found] == batches
        assert next(iter(hook.iterate_files())).id == ids[0]
        assert next(iter(hook.iterate_batches())).id == batches[0]
        assert both(hook, "get_file_content", ids[0]) == (b"{}\n", b"{}\n")


def test_hook_that_was_closed_opens_anew(hook: OpenAIHook) -> None:
    hook.get_models()
    hook.close()
    hook.close()
    assert hook.get_models()

"""A 401 drops the token: one exchange, one more try."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from connectory import Connection, aconnect, aexecute, connect, execute
from connectory.dialects import own
from tests.integration.connections import HELLO
from tests.integration.identity.conftest import Place
from tests.upstream import OpenAIService, Upstream, running


def authorizations(service: Upstream) -> list[str | None]:
    return [request.header("Authorization") for request in service.requests]


@pytest.fixture
def warm(connection: Connection, place: Place, service: Upstream) -> Connection:
    """A connection whose token was taken once, and is not taken any more."""
    execute(connection, HELLO)
    place.app.revoke_all()
    service.clear()
    return connection


def test_a_client_asks_again_with_a_new_token(warm: Connection, place: Place, service: Upstream) -> None:
    with connect(warm, max_retries=0) as client:
        client.models.list()
    assert (place.exchanges, authorizations(service)) == (2, ["Bearer at-1", "Bearer at-2"])


def test_the_same_body_is_sent_twice(warm: Connection, service: Upstream) -> None:
    with connect(warm) as client:
        client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello there"}])
    assert len({request.body for request in service.requests}) == 1
    assert len(service.requests) == 2


def test_an_async_client_asks_again(warm: Connection, place: Place, service: Upstream) -> None:
    async def call() -> None:
        async with aconnect(warm, max_retries=0) as client:
            await client.models.list()

    asyncio.run(call())
    assert (place.exchanges, authorizations(service)) == (2, ["Bearer at-1", "Bearer at-2"])


@pytest.mark.parametrize("stream", [False, True])
def test_an_execution_asks_again(warm: Connection, place: Place, service: Upstream, stream: bool) -> None:
    if stream:
        with execute(warm, HELLO, stream=True) as answer:
            assert list(answer.events())
    else:
        assert execute(warm, HELLO).status == 200
    assert (place.exchanges, authorizations(service)) == (2, ["Bearer at-1", "Bearer at-2"])


def test_an_async_execution_asks_again(warm: Connection, place: Place) -> None:
    async def call() -> int:
        return (await aexecute(warm, HELLO)).status

    assert (asyncio.run(call()), place.exchanges) == (200, 2)


def test_many_refused_at_once_make_one_exchange(warm: Connection, place: Place) -> None:
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: execute(warm, HELLO).status, range(60)))
    assert (statuses, place.exchanges) == ([200] * 60, 2)


def test_an_upload_of_bytes_and_of_a_file_is_sent_again(warm: Connection, tmp_path: Path, service: Upstream) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n')
    with connect(warm, max_retries=0) as client, path.open("rb") as file:
        assert client.files.create(file=file, purpose="batch").bytes == 9
    assert authorizations(service) == ["Bearer at-1", "Bearer at-2"]


class OnlyOnce(io.RawIOBase):
    """A pipe, say: what was read is gone."""

    def __init__(self) -> None:
        self._left = b'{"a": 1}\n'

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def test_what_can_be_read_only_once_is_not_sent_again_and_the_next_call_has_a_new_token(
    warm: Connection, service: Upstream, place: Place
) -> None:
    with connect(warm, max_retries=0) as client, pytest.raises(openai.AuthenticationError):
        client.post("/files", cast_to=object, content=iter([b"{}"]))
    assert (len(service.requests), place.exchanges) == (1, 1)
    execute(warm, HELLO)
    assert (service.requests[-1].header("Authorization"), place.exchanges) == ("Bearer at-2", 2)


def test_a_service_that_always_answers_401_sees_two_exchanges(document: dict[str, Any], place: Place) -> None:
    with running(OpenAIService(keys=())) as service:
        with connect(own.read("it", {**document, "url": f"{service.url}/v1"}), max_retries=2) as client:
            for _ in range(20):
                with pytest.raises(openai.AuthenticationError):
                    client.models.list()
        assert (place.exchanges, len(service.requests)) == (2, 21)


def test_a_403_drops_nothing(connection: Connection, place: Place) -> None:
    with connect(connection, max_retries=0) as client, pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="status-403", messages=[{"role": "user", "content": "Hello"}])
    execute(connection, HELLO)
    assert place.exchanges == 1

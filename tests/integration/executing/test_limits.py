"""The operator's limit for answers: for those in one piece, and for no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectory import Connection, aexecute, connect, execute
from connectory.errors import AnswerTooLarge
from tests.integration.connections import HELLO, KEY, other_at
from tests.integration.network.paths import with_policy
from tests.upstream import OpenAIService, running


def limited(url: str, limit: int) -> Connection:
    return with_policy(other_at(url), longest_answer=limit)


@pytest.mark.parametrize("fault", ["large-5000", "large-5000+gzip", "status-500"])
@pytest.mark.parametrize("sends", [execute, lambda *asked: asyncio.run(_awaited(*asked))])
def test_longer_answer_is_not_read(fault: str, sends: Any) -> None:
    with running(OpenAIService(keys={KEY}, fault=fault)) as service:
        limit = 40 if fault.startswith("status") else 1000
        with pytest.raises(AnswerTooLarge) as caught:
            sends(limited(service.url, limit), HELLO)
        assert caught.value.limit == limit


async def _awaited(connection: Connection, body: Any) -> None:
    await aexecute(connection, body)


def test_answer_of_that_length_is_read() -> None:
    with running(OpenAIService(keys={KEY})) as service:
        length = len(execute(other_at(service), HELLO).body)
        assert execute(limited(service.url, length), HELLO).status == 200


def test_streams_and_clients_know_no_limit() -> None:
    with running(OpenAIService(keys={KEY}, fault="large-5000")) as service:
        connection = limited(service.url, 1000)
        with execute(connection, HELLO, stream=True) as stream:
            assert sum(len(piece) for piece in stream) > 5000
        with connect(connection) as client:
            assert client.chat.completions.create(
                model="gpt-test", messages=[{"role": "user", "content": "Hello there"}]
            )

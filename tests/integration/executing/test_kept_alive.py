"""Connections are kept for the next request, but no request is ever sent a second time unasked."""

import pytest

from connectory import Connection, NetworkError, aexecute, connect, execute
from tests.integration.connections import HELLO, openai_at, other_at
from tests.upstream import Answer, Received, Upstream, json_answer, running
from tests.upstream.messages import Ending


class Fickle:
    """Answers `good` requests, and ends the connection of every later one without a word."""

    def __init__(self, good: int) -> None:
        self.good = good

    async def __call__(self, request: Received) -> Answer:
        self.good -= 1
        return Answer(before=(Ending.CLOSE,)) if self.good < 0 else json_answer({"object": "list", "data": []})


def test_an_execution_whose_kept_connection_is_cut_is_an_error_and_was_sent_once() -> None:
    with running(Fickle(4)) as upstream:
        connection = openai_at(upstream)
        streams = [execute(connection, HELLO, stream=True) for _ in range(4)]
        for stream in streams:
            list(stream)
            stream.close()
        with pytest.raises(NetworkError):
            execute(connection, HELLO)
        assert len(upstream.requests) == 5


@pytest.mark.anyio
async def test_an_async_execution_is_sent_once_too() -> None:
    with running(Fickle(1)) as upstream:
        await aexecute(openai_at(upstream), HELLO)
        with pytest.raises(NetworkError):
            await aexecute(openai_at(upstream), HELLO)
        assert len(upstream.requests) == 2


def test_a_client_without_retries_sends_once_too() -> None:
    with running(Fickle(1)) as upstream, connect(openai_at(upstream), max_retries=0) as client:
        client.models.list()
        with pytest.raises(Exception, match="Connection error"):
            client.models.list()
        assert len(upstream.requests) == 2


def test_streams_go_over_one_connection(service: Upstream) -> None:
    streamed(openai_at(service), times=3)
    assert service.connections == 1


def test_stream_of_a_compatible_service_is_the_last_on_its_connection(service: Upstream) -> None:
    streamed(other_at(service), times=3)
    assert service.connections == 3
    assert [request.header("connection") for request in service.requests] == ["close"] * 3


def streamed(connection: Connection, *, times: int) -> None:
    for _ in range(times):
        with execute(connection, HELLO, stream=True) as answer:
            list(answer)

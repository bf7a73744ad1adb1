"""A kept connection that the service has given up costs nobody an answer, and no request is sent twice for it."""

from collections.abc import Iterator

import pytest

from connectory import NetworkError, aexecute, connect, execute
from tests.integration.connections import HELLO, openai_at
from tests.upstream import Answer, Received, Upstream, json_answer, running
from tests.upstream.messages import Ending


async def hangs_up_on_the_second(request: Received) -> Answer:
    """Answers the first request of a connection, and ends the connection at the second without a word."""
    if request.connection in hangs_up_on_the_second.known:  # type: ignore[attr-defined]
        return Answer(before=(Ending.CLOSE,))
    hangs_up_on_the_second.known.add(request.connection)  # type: ignore[attr-defined]
    return json_answer({"object": "list", "data": [], "usage": {"total_tokens": 1}})


async def hangs_up(request: Received) -> Answer:
    return Answer(before=(Ending.RESET,))


@pytest.fixture
def fickle() -> Iterator[Upstream]:
    hangs_up_on_the_second.known = set()  # type: ignore[attr-defined]
    with running(hangs_up_on_the_second) as upstream:
        yield upstream


def test_an_execution_goes_over_the_next_connection(fickle: Upstream) -> None:
    connection = openai_at(fickle)
    assert [execute(connection, HELLO).status for _ in range(3)] == [200, 200, 200]
    assert fickle.connections == 3


def test_an_execution_goes_past_all_connections_that_were_given_up(fickle: Upstream) -> None:
    connection = openai_at(fickle)
    streams = [execute(connection, HELLO, stream=True) for _ in range(4)]
    for stream in streams:
        list(stream)
        stream.close()
    assert execute(connection, HELLO).status == 200
    assert fickle.connections == 5


@pytest.mark.anyio
async def test_an_async_execution_goes_over_the_next_connection(fickle: Upstream) -> None:
    connection = openai_at(fickle)
    assert [(await aexecute(connection, HELLO)).status for _ in range(3)] == [200, 200, 200]


def test_a_client_without_retries_goes_over_the_next_connection(fickle: Upstream) -> None:
    with connect(openai_at(fickle), max_retries=0) as client:
        assert [client.models.list().data for _ in range(3)] == [[], [], []]


def test_a_new_connection_that_is_closed_is_an_error_at_once() -> None:
    with running(hangs_up) as upstream:
        with pytest.raises(NetworkError):
            execute(openai_at(upstream), HELLO)
        assert len(upstream.requests) == 1

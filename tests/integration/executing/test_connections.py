"""Connections are kept for the next execution, shared by nobody who must not, and closed in the end."""

import asyncio
import gc
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from connectory import aexecute, execute
from connectory.engine import session
from tests.integration.connections import ECHO, HELLO, openai_at
from tests.upstream import Answer, Received, Upstream, json_answer, running

ROOT = Path(__file__).parents[3]


def program(text: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs a program of its own in which every warning, also of the interpreter's end, is an error or is printed."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(text), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Kept


def test_executions_share_a_connection(service: Upstream) -> None:
    for _ in range(20):
        assert execute(openai_at(service), HELLO).ok
    assert service.connections == 1


def test_streams_share_a_connection(service: Upstream) -> None:
    for _ in range(20):
        with execute(openai_at(service), HELLO, stream=True) as answer:
            list(answer)
    assert service.connections == 1


def test_error_answers_give_their_connection_back(service: Upstream) -> None:
    for model in ("status-500", "html-200", "status-401", "redirect"):
        with execute(openai_at(service), {**HELLO, "model": model}, stream=True) as answer:
            list(answer)
        execute(openai_at(service), {**HELLO, "model": model})
    assert service.connections == 1


@pytest.mark.anyio
async def test_async_executions_of_one_loop_share_a_connection(service: Upstream) -> None:
    for _ in range(20):
        assert (await aexecute(openai_at(service), HELLO)).ok
    async with aexecute(openai_at(service), HELLO, stream=True) as answer:
        assert [piece async for piece in answer]
    assert service.connections == 1


@pytest.mark.anyio
async def test_async_executions_at_once_have_a_connection_each(service: Upstream) -> None:
    async def ask() -> None:
        assert (await aexecute(openai_at(service), {**HELLO, "model": "stall-0.1"})).ok

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(ask)
    assert 1 < service.connections <= 10


def test_event_loops_one_after_the_other_each_close_what_they_opened(service: Upstream) -> None:
    async def twice() -> None:
        assert (await aexecute(openai_at(service), HELLO)).ok
        assert (await aexecute(openai_at(service), HELLO)).ok

    for _ in range(3):
        asyncio.run(twice())
    assert service.connections == 3
    assert len(session._of_loops) == 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_event_loops_that_are_closed_without_shutting_down_are_forgotten(service: Upstream) -> None:
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(aexecute(openai_at(service), HELLO))
        loop.close()
    assert len(session._of_loops) == 1
    session._forget_closed_loops()
    gc.collect()
    deadline = time.monotonic() + 5
    while service.open_connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert service.open_connections == 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_threads_with_a_loop_each_do_not_disturb_each_other(service: Upstream) -> None:
    failures: list[BaseException] = []

    def some() -> None:
        try:
            for _ in range(15):
                loop = asyncio.new_event_loop()
                loop.run_until_complete(aexecute(openai_at(service), HELLO))
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()
        except BaseException as error:  # noqa: BLE001 (whatever it is, the test tells)
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=some) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        sys.setswitchinterval(interval)
    assert failures == []


def test_threads_share_the_connections(service: Upstream) -> None:
    def some() -> None:
        for _ in range(10):
            assert execute(openai_at(service), HELLO).json()["choices"][0]["message"]["content"] == ECHO

    threads = [threading.Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(service.requests) == 40
    assert service.connections <= 4


def test_connection_that_the_service_closed_is_opened_anew(service: Upstream) -> None:
    async def hang_up_after(_: Received) -> Answer:
        return json_answer({"choices": []}, headers=(("connection", "close"),))

    with running(hang_up_after) as upstream:
        assert execute(openai_at(upstream), HELLO).ok
        assert execute(openai_at(upstream), HELLO).ok
        assert upstream.connections == 2


def test_cookies_are_not_kept() -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"choices": []}, headers=(("set-cookie", "a=b; Path=/"),))

    with running(app) as upstream:
        for _ in range(2):
            execute(openai_at(upstream), HELLO)
        assert [request.header("cookie") for request in upstream.requests] == [None, None]


@pytest.mark.anyio
async def test_cookies_are_not_kept_in_async_either() -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"choices": []}, headers=(("set-cookie", "a=b; Path=/"),))

    with running(app) as upstream:
        for _ in range(2):
            await aexecute(openai_at(upstream), HELLO)
        assert [request.header("cookie") for request in upstream.requests] == [None, None]


# Forked


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_child_opens_a_connection_of_its_own_and_leaves_the_parents_alone(service: Upstream) -> None:
    # A program of its own: this one has threads, and Python warns of forking those.
    program_text = """
        import multiprocessing, sys
        from connectory import execute
        from tests.integration.connections import HELLO, openai_at

        connection = openai_at(sys.argv[1])

        def ask():
            assert execute(connection, HELLO).ok

        if __name__ == "__main__":
            with execute(connection, {**HELLO, "model": "stream-stall-after-2-1"}, stream=True) as answer:
                pieces = iter(answer)
                next(pieces)
                children = [multiprocessing.get_context("fork").Process(target=ask) for _ in range(2)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
                assert [child.exitcode for child in children] == [0, 0]
                assert b"".join(pieces).endswith(b"[DONE]\\n\\n")
            ask()
    """
    result = program(program_text, service.url)
    assert (result.returncode, result.stderr) == (0, "")
    assert service.connections == 3


def test_spawned_child_works_as_well(service: Upstream) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_status_of, (service.url,)) == 200
        pool.close()
        pool.join()


def _status_of(url: str) -> int:
    return execute(openai_at(url), HELLO).status


# Closed


@pytest.mark.parametrize(
    "text",
    [
        """
        import sys
        from connectory import execute
        from tests.integration.connections import HELLO, openai_at
        assert execute(openai_at(sys.argv[1]), HELLO).ok
        with execute(openai_at(sys.argv[1]), HELLO, stream=True) as answer:
            next(iter(answer))
        """,
        """
        import asyncio, sys
        from connectory import aexecute
        from tests.integration.connections import HELLO, openai_at
        async def main():
            asyncio.get_running_loop().slow_callback_duration = 60  # else -X dev tells of every import
            assert (await aexecute(openai_at(sys.argv[1]), HELLO)).ok
            async with aexecute(openai_at(sys.argv[1]), HELLO, stream=True) as answer:
                async for _ in answer:
                    break
        asyncio.run(main())
        """,
        """
        import sys
        from connectory import connect
        from tests.integration.connections import HELLO, openai_at
        with connect(openai_at(sys.argv[1])) as client:
            client.chat.completions.create(model="gpt-test", messages=HELLO["messages"])
        """,
    ],
    ids=["execute", "aexecute", "connect"],
)
def test_program_ends_without_a_warning(text: str, service: Upstream) -> None:
    result = program(text, service.url)
    assert (result.returncode, result.stderr) == (0, "")


def test_program_that_loses_a_stream_is_told_at_its_end(service: Upstream) -> None:
    text = """
        import sys
        from connectory import execute
        from tests.integration.connections import HELLO, openai_at
        answer = execute(openai_at(sys.argv[1]), HELLO, stream=True)
    """
    result: Any = program(text, service.url)
    assert result.returncode == 0
    assert "the stream of 'it' was not closed" in result.stderr

"""What one call costs the process that makes it, beside the SDK's client. The service is another process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.figures import Figure
from connectory import Connection, aexecute, connect, execute
from connectory.dialects import own

MESSAGES: Any = [{"role": "user", "content": "Hello there"}]
BODY = {"messages": MESSAGES}
CALLS = 200


def figures(url: str, key: str, *, runs: int) -> Iterator[Figure]:
    """CPU a call, on connections that are open already."""
    document = {"url": f"{url}/v1", "model": "gpt-test", "credential": {"api_key": key}}
    connection = own.read("llm", document)
    yield _figure("execute", lambda: execute(connection, BODY), runs)
    yield _figure("execute, streamed", lambda: _read(connection), runs)
    yield _figure("aexecute", None, runs, connection)
    with connect(connection) as client:
        completions = client.chat.completions
        yield _figure("SDK client", lambda: completions.create(model="gpt-test", messages=MESSAGES), runs)
        yield _figure(
            "SDK client, streamed",
            lambda: list(completions.create(model="gpt-test", messages=MESSAGES, stream=True)),
            runs,
        )


def ratio(figures: list[Figure], ours: str, theirs: str) -> float:
    """What `ours` costs for each millisecond of `theirs`."""
    costs = {figure.name: figure.cost for figure in figures}
    return costs[ours] / costs[theirs]


def _read(connection: Connection) -> None:
    with execute(connection, BODY, stream=True) as answer:
        for _ in answer.events():
            pass


def _figure(name: str, call: Callable[[], object] | None, runs: int, connection: Connection | None = None) -> Figure:
    """Each run is `CALLS` calls; the first run only opens what the others use."""
    if call is None:
        measured = asyncio.run(_measured_in_a_loop(connection, runs))
    else:
        _measured(call)
        measured = [_measured(call) for _ in range(runs)]
    return Figure(name=name, cpu=[cpu for cpu, _ in measured], wall=[wall for _, wall in measured])


def _measured(call: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(CALLS):
        call()
    return (time.process_time() - cpu) / CALLS * 1000, (time.monotonic() - wall) / CALLS * 1000


async def _measured_in_a_loop(connection: Any, runs: int) -> list[tuple[float, float]]:
    measured = []
    for _ in range(runs + 1):
        cpu, wall = time.process_time(), time.monotonic()
        for _ in range(CALLS):
            await aexecute(connection, BODY)
        measured.append(((time.process_time() - cpu) / CALLS * 1000, (time.monotonic() - wall) / CALLS * 1000))
    return measured[1:]

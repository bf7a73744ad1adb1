"""What a token costs that is there already, beside the SDK's own workload identity; and how long a refresh holds up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from openai.auth._workload import WorkloadIdentityAuth

from bench.figures import Figure
from connectory.credential import Token
from connectory.engine.tokens import SharedToken
from connectory.secret import Secret
from tests.upstream import json_answer, running
from tests.upstream.messages import Answer, Received

READS = 20_000
SLOW_EXCHANGE = 3.0
"""Seconds that the exchange takes while others read the token."""


def figures(*, runs: int) -> Iterator[Figure]:
    """One read of a cached token; sync and async, ours and the SDK's in turn."""
    ours = SharedToken(_token, refresh_buffer=1200, clock=time.monotonic, jitter=0)
    with running(_exchange) as service:
        theirs = WorkloadIdentityAuth(
            workload_identity={
                "identity_provider_id": "idp",
                "service_account_id": "sa",
                "provider": {"token_type": "jwt", "get_token": lambda: "subject"},
            },
            token_exchange_url=f"{service.url}/oauth/token",
        )
        measured = [
            (asyncio.run(_read(ours.aget, READS)), asyncio.run(_read(theirs.get_token_async, READS // 20)))
            for _ in range(runs + 1)
        ][1:]
    yield _figure("cached token, async", [of_ours for of_ours, _ in measured], budget=0.002)
    yield _figure("cached token of the SDK, async", [of_theirs for _, of_theirs in measured])


def slowest_read() -> Figure:
    """The longest that one of 1,000 readers waited while a refresh took 3 s; 20 threads and 20 tasks read in turn."""
    answered = threading.Event()
    clock = [0.0]

    def slowly() -> Token:
        if clock[0]:
            time.sleep(SLOW_EXCHANGE)
            answered.set()
        return _token()

    shared = SharedToken(slowly, refresh_buffer=1200, clock=lambda: clock[0], jitter=0)
    shared.get()
    clock[0] = 2500.0
    with ThreadPoolExecutor(21) as pool:
        threads = [pool.submit(_reader, shared) for _ in range(20)]
        tasks = pool.submit(asyncio.run, _readers(shared))
        waits = [wait for thread in threads for wait in thread.result()] + tasks.result()
    assert len(waits) == 1000
    assert not answered.is_set()
    answered.wait()
    return Figure(
        name="slowest of 1,000 reads in a refresh of 3 s",
        cpu=[max(waits) * 1000],
        wall=[max(waits) * 1000],
        budget=50,
    )


def _reader(shared: SharedToken) -> list[float]:
    return [_timed(shared.get) for _ in range(25)]


def _timed(read: Callable[[], object]) -> float:
    started = time.monotonic()
    read()
    took = time.monotonic() - started
    time.sleep(0.02)
    return took


async def _readers(shared: SharedToken) -> list[float]:
    async def reader() -> list[float]:
        waits = []
        for _ in range(25):
            started = time.monotonic()
            await shared.aget()
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0.02)
        return waits

    return [wait for waits in await asyncio.gather(*(reader() for _ in range(20))) for wait in waits]


def _figure(name: str, measured: list[tuple[float, float]], *, budget: float | None = None) -> Figure:
    return Figure(name=name, cpu=[cpu for cpu, _ in measured], wall=[wall for _, wall in measured], budget=budget)


async def _read(read: Callable[[], Awaitable[object]], count: int) -> tuple[float, float]:
    await read()
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(count):
        await read()
    return (time.process_time() - cpu) / count * 1000, (time.monotonic() - wall) / count * 1000


def _token() -> Token:
    return Token(value=Secret("at"), expires_in=3600)


async def _exchange(request: Received) -> Answer:
    return json_answer({"access_token": "at", "token_type": "Bearer", "expires_in": 3600})

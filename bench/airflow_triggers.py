"""How long many waiting triggers hold an event loop up: `python -m bench.airflow_triggers [--triggers N]`.

Each looks every second at a service, in a process of its own, that takes 0.2 s for an answer. Measured is the longest
time between two turns of a task that wants one every 2 ms: from the start, which makes the client, and from when every
trigger has begun its second look.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICE = """
import sys, time
from tests.upstream import Answer, Pause, running
BODY = b'{"id": "b", "object": "batch", "status": "in_progress"}'
async def slow(_):
    return Answer(before=(Pause(0.2),), headers=(("content-type", "application/json"),), body=BODY)
with running(slow) as upstream:
    print(upstream.url, flush=True)
    time.sleep(600)
"""
BUDGET = 0.05
SECONDS = 6.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.airflow_triggers")
    parser.add_argument("--triggers", type=int, default=200)
    number = parser.parse_args().triggers
    with tempfile.TemporaryDirectory() as home:
        os.environ["AIRFLOW_HOME"] = home
        command = [sys.executable, "-c", SERVICE]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout
            connection = {"conn_type": "openai", "password": "k", "host": f"{service.stdout.readline().strip()}/v1"}
            os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(connection)
            try:
                cold, warm = asyncio.run(_stalls(number))
            finally:
                service.terminate()
    print(f"{number} triggers: longest stall {warm * 1000:.0f} ms once all look again (50 allowed)")
    print(f"from the start, where the client is made: {cold * 1000:.0f} ms")
    return 0 if warm <= BUDGET else 1


async def _stalls(number: int) -> tuple[float, float]:
    """The longest stall in seconds, from the start and from the second looks on."""
    from connectory.airflow import OpenAIBatchTrigger

    end = time.time() + SECONDS
    waiting = asyncio.gather(*(_drained(OpenAIBatchTrigger("bench", f"b{index}", 1.0, end)) for index in range(number)))
    settled = SECONDS / 3
    began = last = time.monotonic()
    turns: list[tuple[float, float]] = []
    while not waiting.done():
        await asyncio.sleep(0.002)
        now = time.monotonic()
        turns.append((now - began, now - last))
        last = now
    await waiting
    return max(took for _, took in turns), max(took for at, took in turns if settled < at < SECONDS - 0.5)


async def _drained(trigger: object) -> None:
    async for _ in trigger.run():  # type: ignore[attr-defined]
        pass


if __name__ == "__main__":
    sys.exit(main())

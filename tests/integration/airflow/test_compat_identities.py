"""Apache's provider by its own names: identities, call by call, as tokens are exchanged, cached, refreshed and refused.

`recorded` and `why` stand in the cases where we do something else on purpose. Where a case puts the clock forward, the
task is a process of its own (`moved_clock`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.far_places import Far, FarPlaces
from tests.integration.airflow.hook_steps import done, done_async
from tests.integration.airflow.recorded import HERE, ID, cases, variables

ROOT = HERE.parents[2]


class MovedClock:
    """The other process, which reads its steps from a line and answers in one."""

    def __init__(self) -> None:
        paths = [str(ROOT), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.airflow.moved_clock"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def done(self, steps: list[Any], environment: dict[str, str]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"steps": steps, "environment": environment}), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def moved_clock() -> Iterator[MovedClock]:
    process = MovedClock()
    yield process
    process.close()


@pytest.mark.usefixtures("token_sources")
@cases("wif", "x509")
def test_identity_does_what_was_recorded(
    case: dict[str, Any], far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    given = case["given"]
    with far(given) as places:
        environment = variables(given, places, tmp_path)
        if any("advance" in step for step in given["steps"]):
            moved: MovedClock = request.getfixturevalue("moved_clock")
            results = moved.done(given["steps"], environment)
        else:
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            results = (done_async if given.get("async") else done)(given["steps"], conn_id=ID)
        assert seen(results, places, like=case["expect"]) == case["expect"]


def seen(results: Any, places: FarPlaces, *, like: dict[str, Any]) -> dict[str, Any]:
    """What the task got and the services saw, as far as a case speaks of it."""
    shown = places.seen()
    everything = {
        "results": results,
        "exchange_calls": len(places.exchange.requests),
        "exchange_sleeps": slept(places.pauses, like.get("exchange_sleeps", [])),
        "exchange_request": next(iter(shown.get("exchange", ())), None),
        "api": [[call["url"], call["authorization"]] for call in shown.get("api", ())],
    }
    return {name: everything[name] for name in like}


def slept(pauses: list[float], expected: list[float]) -> list[float]:
    """The pauses that a case names, where these are no shorter; a machine that is busy makes them longer."""
    long_enough = [seconds - 0.05 < pause < seconds + 2 for seconds, pause in zip(expected, pauses, strict=False)]
    return expected if len(pauses) == len(expected) and all(long_enough) else pauses

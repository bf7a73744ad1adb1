"""Batches that are waited for in Airflow's triggerer, a process that may be killed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.integration.airflow.real.conftest import Here

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

IN_VAIN = 30.0
"""Seconds after which the DAG `waiting_in_vain` gives up."""

STALL = 0.3
"""Seconds that a trigger may hold the event loop up: what Airflow warns of (0.2), and some more for a busy machine."""


def until(true: Callable[[], bool], *, seconds: float = 90) -> float:
    """When it was seen to be true, in seconds since 1970."""
    end = time.time() + seconds
    while not true():
        assert time.time() < end, "it has not become true"
        time.sleep(0.1)
    return time.time()


def test_killed_triggerer_goes_on_and_keeps_the_deadline(here: Here) -> None:
    rest, batches = here.airflow.rest, dict.fromkeys(here.slow.batches)
    runs = [rest.begin("waiting") for _ in range(3)]
    in_vain = rest.begin("waiting_in_vain")
    until(lambda: len(here.slow.looks) == 3 + len(batches) and bool(here.vain.looks))
    begun = here.vain.batches[next(iter(here.vain.batches))]["created_at"]

    here.airflow.kill("triggerer")
    time.sleep(5)
    seen = dict(here.slow.looks)
    time.sleep(2)
    assert here.slow.looks == seen  # nobody looks
    here.airflow.start("triggerer")
    started = time.time()
    until(lambda: all(here.slow.looks[id] > looks for id, looks in seen.items()))
    here.services.slow_statuses[:] = ["completed"]

    for run in runs:
        ended = rest.wait("waiting", run)
        assert ended.state == "success"
        assert len(rest.xcom(ended, "batch")) == 1
    given_up = until(lambda: bool(here.vain.cancelled))
    assert begun + IN_VAIN <= given_up < started + IN_VAIN
    failed = rest.wait("waiting_in_vain", in_vain)
    assert failed.state == "failed"
    assert "has not reached a terminal status" in rest.said(failed, "batch")
    assert held_up(here.airflow.log("triggerer")) == []


def held_up(log: str) -> list[str]:
    """What asyncio says of the triggers that held the loop up. Airflow's own warning cannot tell who it was."""
    found = re.finditer(r"Executing <Task \S+ name='(\S+/batch/\S+).*? took (\S+) seconds", log)
    return [each[0] for each in found if float(each[2]) > STALL]

"""Apache's triggers, and its hook's waiting, by their own names: what is seen of them, as recorded, or as we have it.

The cases are in tests/golden/airflow_tasks.json, and tell of a clock that was scripted. Here a second of theirs takes
`PACE` seconds. `elapsed` is a number, or where it is not quite certain the least and the most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger
from connectory.airflow.compat.triggers.openai import OpenAIBatchTrigger
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.routed import Routed
from tests.integration.airflow.test_compat_operators import CASES
from tests.upstream import running

PACE = 0.02
SLACK = 3.0
"""Seconds that making a client, and a busy machine, may take beside."""
TRIGGERS = [case for case in CASES if case["area"] == "trigger"]
WAITS = [case for case in CASES if case["area"] == "wait"]
TRIGGER_CLASSES: dict[str, Any] = {kind.__name__: kind for kind in (OpenAIBatchTrigger, OpenAIAgentSessionTrigger)}


@pytest.mark.parametrize("case", TRIGGERS, ids=lambda case: case["id"].replace(" ", "-"))
def test_trigger_is_as_recorded(case: dict[str, Any], knows: Known) -> None:
    given, expected = case["given"], dict(case["expect"])
    elapsed = expected.pop("elapsed", None)
    with running(Routed(given.get("routes", {}))) as upstream:
        conn_id = known(knows, upstream.url)
        found, took = timed(lambda: _seen(given, conn_id))
    assert found == expected
    assert elapsed is None or is_like(took, elapsed)


def known(knows: Known, url: str) -> str:
    """The id of a connection, of which a client has been used once: what openai imports for it takes long."""
    conn_id = knows(f"{url}/v1", id="c", openai_client_kwargs={"max_retries": 0})
    with OpenAIHook(conn_id).get_conn() as client:
        _ = client.batches, client.beta.agents.sessions.turns
    return conn_id


def _seen(given: dict[str, Any], conn_id: str) -> dict[str, Any]:
    kind, kwargs = TRIGGER_CLASSES[given["trigger"]], {**given["kwargs"], "conn_id": conn_id}
    try:
        path, stored = kind(**kwargs).serialize()
    except ValueError as error:
        return {"construct": {"error": {"type": type(error).__name__, "message": str(error)}}}
    events = asyncio.run(_events(kind(**_paced(kwargs))))
    return {"serialized": {"class": path, "kwargs": stored}, "events": events}


async def _events(trigger: Any) -> list[dict[str, Any]]:
    return [dict(event.payload) async for event in trigger.run()]


def _paced(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same limits by our clock; a case's moments begin at 1000000."""
    spans = {"poll_interval", "timeout", "wait_seconds"} & kwargs.keys()
    paced: dict[str, Any] = {name: kwargs[name] * PACE for name in spans}
    if "end_time" in kwargs:
        paced["end_time"] = time.time() + (kwargs["end_time"] - 1_000_000) * PACE
    return {**kwargs, **paced}


@pytest.mark.parametrize("case", WAITS, ids=lambda case: case["id"].replace(" ", "-"))
def test_waiting_is_as_recorded(case: dict[str, Any], knows: Known) -> None:
    given, expected = case["given"], dict(case["expect"])
    elapsed = expected.pop("elapsed")
    kwargs = {"wait_seconds": 3, "timeout": 3600, **given["kwargs"]}
    with running(Routed(given["routes"])) as upstream:
        hook = OpenAIHook(known(knows, upstream.url))
        found, took = timed(lambda: _waited(hook, kwargs))
        cancelled = [request.path.split("/")[3] for request in upstream.requests if request.method == "POST"]
        hook.close()
    assert {**found, "cancelled": cancelled} == expected
    assert is_like(took, elapsed)


def _waited(hook: OpenAIHook, kwargs: dict[str, Any]) -> dict[str, Any]:
    paced = _paced(kwargs)
    try:
        hook.wait_for_batch("b1", **paced)
        return {"returns": None}
    except Exception as error:  # noqa: BLE001 (a case says which)
        told = str(error).replace(f"{paced['timeout']}s", f"{kwargs['timeout']}s")
        return {"error": {"type": type(error).__name__, "message": told}}


def timed(action: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
    began = time.monotonic()
    return action(), time.monotonic() - began


def is_like(took: float, elapsed: float | list[float]) -> bool:
    least, most = elapsed if isinstance(elapsed, list) else (elapsed, elapsed)
    return least * PACE <= took < most * PACE + SLACK

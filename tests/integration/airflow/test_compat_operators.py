"""Apache's operators by their own names: what a DAG and the service see of a task, as recorded, or as we have it.

The cases are in tests/golden/airflow_tasks.json; `recorded` and `why` stand where we do something else on purpose.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from connectory.airflow.compat.operators import agent, openai
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.names import TaskDeferred
from tests.integration.airflow.routed import Routed, sent
from tests.integration.airflow.test_operators import Task
from tests.upstream import running

CASES = json.loads((Path(__file__).parents[2] / "golden" / "airflow_tasks.json").read_text())
OPERATORS = [case for case in CASES if case["area"] == "operator"]
OPERATOR_CLASSES = {
    kind.__name__: kind
    for kind in (
        openai.OpenAIEmbeddingOperator,
        openai.OpenAIResponseOperator,
        openai.OpenAITriggerBatchOperator,
        agent.OpenAIAgentSessionOperator,
    )
}


@pytest.mark.parametrize("case", OPERATORS, ids=lambda case: case["id"].replace(" ", "-"))
def test_task_is_as_recorded(case: dict[str, Any], knows: Known) -> None:
    assert seen(case["given"], knows) == case["expect"]


def seen(given: dict[str, Any], knows: Known) -> dict[str, Any]:
    """All that a DAG and the service see of the task, without what stayed empty."""
    task = Task()
    task.try_number = given.get("try_number", 1)
    with running(Routed(given.get("routes", {}))) as upstream:
        conn_id = knows(f"{upstream.url}/v1", id="c", openai_client_kwargs={"max_retries": 0})
        ended = _ended(given, conn_id, task)
        requests = [sent(request) for request in upstream.requests]
    more = {"requests": requests, "xcom": [list(pair) for pair in task.pushed.items()]}
    return {**ended, **{name: value for name, value in more.items() if value}}


def _ended(given: dict[str, Any], conn_id: str, task: Task) -> dict[str, Any]:
    try:
        operator = OPERATOR_CLASSES[given["operator"]](task_id="t", **{**given["kwargs"], "conn_id": conn_id})
    except (ValueError, TypeError) as error:
        return {"construct": {"error": _told(error)}}
    try:
        return {"result": _done(operator, given, task)}
    except TaskDeferred as deferred:
        return {"deferred": _deferred(deferred)}
    except Exception as error:  # noqa: BLE001 (a case says which)
        return {"error": _told(error)}
    finally:
        operator.hook.conn.close()


def _done(operator: Any, given: dict[str, Any], task: Task) -> Any:
    context = {"ti": task}
    if given.get("on_kill"):
        operator.batch_id = given.get("batch_id")
        return operator.on_kill()
    if "event" in given:
        return operator.execute_complete(context, event=given["event"], **given.get("complete_kwargs", {}))
    return operator.execute(context)


def _deferred(deferred: TaskDeferred) -> dict[str, Any]:
    path, kwargs = deferred.trigger.serialize()
    if "end_time" in kwargs:
        kwargs = {**kwargs, "end_time": {"in": round(kwargs["end_time"] - time.time(), -1)}}
    return {
        "trigger": path,
        "kwargs": kwargs,
        "method": deferred.method_name,
        "next_kwargs": deferred.kwargs,
        "timeout": deferred.timeout and deferred.timeout.total_seconds(),
    }


def _told(error: Exception) -> dict[str, str]:
    return {"type": type(error).__name__, "message": str(error)}

"""Apache's provider by its own names: what a DAG and the service see of a call, as it was recorded, or as we have it.

The cases are in tests/golden/airflow_calls.json; `recorded` and `why` stand where we do something else on purpose.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from airflow.exceptions import AirflowProviderDeprecationWarning

from connectory.airflow.compat import exceptions
from connectory.airflow.compat.hooks import openai as hooks
from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.compat.operators.agent import OpenAIAgentSessionOperator
from connectory.airflow.compat.operators.openai import (
    OpenAIEmbeddingOperator,
    OpenAIResponseOperator,
    OpenAITriggerBatchOperator,
)
from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger
from connectory.airflow.compat.triggers.openai import OpenAIBatchTrigger
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.names import TaskDeferred
from tests.integration.airflow.test_operators import run
from tests.upstream import Answer, BatchService, Received, Upstream, running

CASES = json.loads((Path(__file__).parents[2] / "golden" / "airflow_calls.json").read_text())
CALLS = [case for case in CASES if case["area"] == "http"]
EVENTS = [case for case in CASES if case["area"] == "event"]


def scripted(responses: list[dict[str, Any]]) -> Any:
    """A service that answers one after the other; the last one again and again."""
    left = list(responses)

    async def app(_: Received) -> Answer:
        given = left.pop(0) if len(left) > 1 else left[0]
        kind = {"content-type": "application/json", **given.get("headers", {})}
        body = given.get("text") or (json.dumps(given["json"]) if "json" in given else "")
        return Answer(status=given.get("status", 200), headers=tuple(kind.items()), body=body.encode())

    return app


@pytest.mark.parametrize("case", CALLS, ids=lambda case: case["id"].replace(" ", "-"))
def test_call_is_sent_and_answered_as_recorded(case: dict[str, Any], knows: Known, tmp_path: Path) -> None:
    given, expected = case["given"], case["expect"]
    arguments, named = list(given.get("args", ())), dict(given.get("kwargs", {}))
    if given.get("tempfile"):
        (tmp_path / "file.jsonl").write_text("{}\n")
        named["file"] = str(tmp_path / "file.jsonl")
    if given["method"] == "upload_files_to_vector_store":
        arguments = [arguments[0] if arguments else "vs_1", [("a.txt", b"a")]]
        named = {}
    with running(scripted(given["responses"])) as upstream:
        hook = OpenAIHook(knows(f"{upstream.url}/v1", password="k", openai_client_kwargs={"max_retries": 0}))
        call = getattr(hook, given["method"])
        if expected.get("deprecated"):
            with pytest.warns(AirflowProviderDeprecationWarning, match="Assistants API is deprecated"):
                found = call(*arguments, **named)
        else:
            found = call(*arguments, **named)
        sent = [_sent(request, like) for request, like in zip(upstream.requests, expected["requests"], strict=True)]
        assert sent == expected["requests"]
        assert _is_like(found, expected["returns"])
        if hasattr(found, "close"):
            found.close()
        hook.close()


def _sent(request: Received, like: dict[str, Any]) -> dict[str, Any]:
    """A request, as far as a case speaks of it."""
    beta = request.header("openai-beta")
    everything = {
        "method": request.method,
        "path": request.path,
        "json": json.loads(request.body) if "json" in like else None,
        "beta": beta,
        "params": dict(parse_qsl(request.query)),
        "multipart": (request.header("content-type") or "").startswith("multipart/form-data"),
    }
    return {name: everything[name] for name in like}


def _is_like(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and "list_of" in expected:
        return len(found) == expected["len"] and _is_like(found[0], expected["list_of"])
    if isinstance(expected, dict) and "type" in expected:
        same = expected["type"] in [kind.__name__.partition("[")[0] for kind in type(found).__mro__]
        return same and ("id" not in expected or found.id == expected["id"])
    return bool(found == expected)


@pytest.mark.parametrize("case", EVENTS, ids=lambda case: case["id"].replace(" ", "-"))
def test_event_is_judged_as_recorded(case: dict[str, Any]) -> None:
    expected = case["expect"]
    if "error" not in expected:
        assert hooks.validate_execute_complete_event(case["given"]["event"]) == expected["returns"]
        return
    with pytest.raises(getattr(exceptions, expected["error"]["type"])) as caught:
        hooks.validate_execute_complete_event(case["given"]["event"])
    assert str(caught.value) == expected["error"]["message"]


IDENTITY = {"auth_type": "workload_identity", "identity_provider_id": "i", "service_account_id": "s"}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            {"auth_type": "API_KEY"},
            "Unsupported auth_type 'API_KEY' for OpenAI connection 'case_conn'; "
            "expected 'api_key' or 'workload_identity'.",
        ),
        (
            {**IDENTITY, "identity_provider_id": ""},
            "Missing required 'identity_provider_id' for workload_identity auth on OpenAI connection 'case_conn'.",
        ),
        (
            {**IDENTITY, "workload_identity_provider": "custom"},
            "Missing required 'token_provider' for custom workload_identity auth on OpenAI connection 'case_conn'.",
        ),
        (
            IDENTITY,
            "Unsupported workload_identity_provider None for OpenAI connection 'case_conn'; "
            "expected one of 'kubernetes', 'azure', 'gcp', 'custom'.",
        ),
    ],
)
def test_connection_is_refused_in_apaches_words(knows: Known, extra: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="for") as caught:
        OpenAIHook(knows("http://127.0.0.1:1/v1", **extra)).get_conn()
    assert str(caught.value) == message


def test_test_is_a_list_of_models(knows: Known) -> None:
    with running(BatchService(keys={"sk-test"})) as upstream:
        assert OpenAIHook(knows(f"{upstream.url}/v1")).test_connection() == (True, "Connection established!")
        works, told = OpenAIHook(knows(f"{upstream.url}/v1", password="another-key-0123")).test_connection()
    assert (works, "401" in told) == (False, True)


def test_form_is_apaches() -> None:
    told = OpenAIHook.get_ui_field_behaviour()
    assert told["hidden_fields"] == ["schema", "port", "login"]
    assert told["relabeling"] == {"password": "API Key"}


NAMES = {
    "hooks.openai": """BatchStatus TerminationReason TRIGGER_EVENT_STATUSES OpenAIHook build_batch_error
        validate_execute_complete_event OpenAIAgentSessionError OpenAIBatchCancelled OpenAIBatchJobException
        OpenAIBatchTimeout OpenAITriggerEventError""",
    "operators.openai": """OpenAIEmbeddingOperator OpenAIResponseOperator OpenAITriggerBatchOperator OpenAIHook
        TerminationReason build_batch_error validate_execute_complete_event OpenAIBatchTrigger""",
    "operators.agent": """OpenAIAgentSessionOperator OpenAIAgentSessionTrigger OpenAIHook OpenAIAgentSessionError
        OpenAITriggerEventError""",
    "triggers.openai": "OpenAIBatchTrigger BatchStatus OpenAIHook TerminationReason",
    "triggers.agent": "OpenAIAgentSessionTrigger OpenAIHook",
    "exceptions": """OpenAIBatchJobException OpenAIBatchCancelled OpenAIBatchTimeout OpenAITriggerEventError
        OpenAIAgentSessionError""",
}
"""What can be imported from each module of Apache's provider (2.2.0)."""


@pytest.mark.parametrize("module", NAMES)
def test_module_has_the_names_that_apaches_has(module: str) -> None:
    found = importlib.import_module(f"connectory.airflow.compat.{module}")
    for name in NAMES[module].split():
        assert name in found.__all__
        assert getattr(found, name) is not None
    assert not hasattr(found, "nothing_of_the_kind")


def test_list_is_embedded_with_one_request_and_apaches_lines_are_in_the_log(
    knows: Known, service: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    conn_id = knows(f"{service.url}/v1")
    vectors, _ = run(OpenAIEmbeddingOperator(task_id="t", conn_id=conn_id, input_text=["x"] * 600))
    run(OpenAIResponseOperator(task_id="t", conn_id=conn_id, input_text="", model="gpt-test"))
    assert (len(vectors), len(service.requests)) == (600, 2)
    told = capsys.readouterr().out
    assert "Generating embeddings for the input text of length: 600" in told
    assert "Generated embeddings for 600 items" in told
    assert "Generated response resp_" in told


def test_session_that_cannot_be_cancelled_is_told_in_apaches_words(
    knows: Known, capsys: pytest.CaptureFixture[str]
) -> None:
    conn_id = knows("http://127.0.0.1:1/v1", openai_client_kwargs={"max_retries": 0})
    operator = OpenAIAgentSessionOperator(task_id="d", conn_id=conn_id, input="x", environment={})
    operator.session_id = "s1"
    operator.on_kill()
    asyncio.run(OpenAIAgentSessionTrigger(conn_id, "s2", 1, time.time()).on_kill())
    told = capsys.readouterr().out
    assert "Could not cancel agent session s1" in told
    assert "Could not cancel agent session s2" in told


def test_batch_whose_time_is_over_is_told_in_apaches_words(knows: Known, capsys: pytest.CaptureFixture[str]) -> None:
    operator = batch(knows("http://127.0.0.1:1/v1", openai_client_kwargs={"max_retries": 0}), file_id="f")
    event = {"status": "error", "termination_reason": "timeout", "message": "late", "batch_id": "b1"}
    with pytest.raises(exceptions.OpenAIBatchTimeout, match="late"):
        operator.execute_complete({}, event)
    assert "t timed out waiting for batch b1; requesting cancellation." in capsys.readouterr().out


def batch(conn_id: str, **more: Any) -> OpenAITriggerBatchOperator:
    given = {"endpoint": "/v1/responses", "wait_seconds": 0.01, **more}
    return OpenAITriggerBatchOperator(task_id="t", conn_id=conn_id, **given)


def test_batch_is_waited_for_or_left_to_the_triggerer(knows: Known, caplog: pytest.LogCaptureFixture) -> None:
    service = BatchService(keys={"sk-test"}, statuses=["in_progress", "completed"])
    with running(service) as upstream:
        conn_id = knows(f"{upstream.url}/v1")
        with OpenAIHook(conn_id) as hook:
            file_id = hook.send_file("x.jsonl", b"", purpose="batch").id
        with caplog.at_level(logging.INFO):
            waited, _ = run(batch(conn_id, file_id=file_id))
            with pytest.raises(TaskDeferred) as deferred:
                run(batch(conn_id, file_id=file_id, deferrable=True, poll_interval=0.01, timeout=50))
        path, given = deferred.value.trigger.serialize()
        event = asyncio.run(_event(OpenAIBatchTrigger(**given)))
    assert waited in service.batches
    assert path == "connectory.airflow.compat.triggers.openai.OpenAIBatchTrigger"
    assert given.keys() == {"conn_id", "batch_id", "poll_interval", "timeout"}
    assert event["termination_reason"] == "completed"
    assert batch(conn_id, file_id="f").execute_complete({}, event) == given["batch_id"]


async def _event(trigger: OpenAIBatchTrigger) -> dict[str, Any]:
    async for event in trigger.run():
        return dict(event.payload)
    raise AssertionError("no event")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "OpenAIBatchTrigger requires either 'timeout' or 'end_time'."),
        ({"timeout": 1, "end_time": 2}, "OpenAIBatchTrigger accepts either 'timeout' or 'end_time', not both."),
    ],
)
def test_trigger_takes_one_limit(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="OpenAIBatchTrigger") as caught:
        OpenAIBatchTrigger(conn_id="c", batch_id="b", poll_interval=1, **given)
    assert str(caught.value) == message


def test_arguments_are_serialised_as_they_were_given() -> None:
    by_end = OpenAIBatchTrigger("c", "b", 1, end_time=time.time() + 9)
    assert by_end.serialize()[1].keys() == {"conn_id", "batch_id", "poll_interval", "end_time"}


def test_operators_have_apaches_templates_and_hook(knows: Known) -> None:
    conn_id = knows("http://127.0.0.1:1/v1")
    made = [
        OpenAIEmbeddingOperator(task_id="a", conn_id=conn_id, input_text="x"),
        OpenAIResponseOperator(task_id="b", conn_id=conn_id, input_text="x"),
        batch(conn_id, file_id="f"),
        OpenAIAgentSessionOperator(task_id="d", conn_id=conn_id, input="x", environment={}),
    ]
    assert [set(operator.template_fields) for operator in made] == [
        {"input_text", "conn_id"},
        {"input_text", "response_kwargs", "max_output_tokens", "max_tool_calls", "conn_id"},
        {"file_id", "endpoint", "metadata", "conn_id"},
        {"input", "environment", "agent_id", "session_kwargs", "conn_id"},
    ]
    assert all(isinstance(operator.hook, OpenAIHook) for operator in made[:3])

"""Operators in a task, against services on loopback."""

from __future__ import annotations

import json
import re
import time
from collections import UserList
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]
from pydantic import BaseModel

from connectory import UsageEvent
from connectory.airflow import (
    OpenAIBatchOperator,
    OpenAIChatOperator,
    OpenAIEmbeddingOperator,
    OpenAIHook,
    OpenAIResponseOperator,
)
from connectory.airflow.exceptions import OpenAIBatchCancelled, OpenAIBatchTimeout, OpenAITriggerEventError
from connectory.airflow.operators.batch_lines import lines_of
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.names import TaskDeferred
from tests.upstream import BatchService, Upstream, running

MODEL = "gpt-test"
ROWS = [{"model": MODEL, "messages": [{"role": "user", "content": f"Hello {number}"}]} for number in range(3)]


class Task:
    """What an operator may ask of the task that it runs in."""

    try_number = 2

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, *, key: str, value: Any) -> None:
        self.pushed[key] = value


def run(operator: Any) -> tuple[Any, dict[str, Any]]:
    """What it returns, and the XComs that it pushes."""
    task = Task()
    return operator.execute({"ti": task}), task.pushed


@pytest.fixture
def conn_id(knows: Known, service: Upstream) -> str:
    return knows(f"{service.url}/v1", openai_client_kwargs={"max_retries": 0})


def test_chat_returns_the_text(conn_id: str) -> None:
    operator = OpenAIChatOperator(task_id="t", conn_id=conn_id, messages="Hello there", model=MODEL)
    assert run(operator)[0] == "You said: Hello there"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"messages": ""}, "non-empty"), ({"messages": 5}, "non-empty"), ({"chat_kwargs": {"stream": True}}, "stream")],
)
def test_chat_says_what_it_does_not_take(conn_id: str, wrong: dict[str, Any], told: str) -> None:
    operator = OpenAIChatOperator(task_id="t", conn_id=conn_id, **{"messages": "Hello", **wrong})
    with pytest.raises(ValueError, match=told):
        run(operator)


def test_long_lists_are_embedded_in_parts_and_in_their_order(conn_id: str, service: Upstream) -> None:
    texts = [f"text {number}" for number in range(7)]
    operator = OpenAIEmbeddingOperator(
        task_id="t", conn_id=conn_id, input_text=texts, model="text-embedding-3-small", batch_size=3
    )
    vectors, _ = run(operator)
    assert [len(json.loads(request.body)["input"]) for request in service.requests] == [3, 3, 1]
    one = OpenAIEmbeddingOperator(task_id="t", conn_id=conn_id, input_text=texts[4], model="text-embedding-3-small")
    assert run(one)[0] == vectors[4]


def test_what_mapped_tasks_returned_is_embedded(conn_id: str) -> None:
    returned = UserList(["one", "two"])  # a sequence that is no list, as Airflow's own is
    operator = OpenAIEmbeddingOperator(task_id="t", conn_id=conn_id, input_text=returned)
    vectors, _ = run(operator)
    assert len(vectors) == 2


@pytest.mark.parametrize("nothing", ["", [], None, 5])
def test_nothing_cannot_be_embedded(conn_id: str, nothing: Any) -> None:
    with pytest.raises(ValueError, match="'input_text' must be a non-empty string"):
        run(OpenAIEmbeddingOperator(task_id="t", conn_id=conn_id, input_text=nothing))


class Strange:
    """A hook that is none of ours."""

    def create_embeddings(self, text: Any, **_: Any) -> list[float]:
        return [0.5]


def test_hook_that_was_assigned_is_used() -> None:
    made = OpenAIEmbeddingOperator(task_id="t", input_text="x")
    made.hook = Strange()  # type: ignore[assignment]
    assert run(made)[0] == [0.5]


def test_response_returns_its_text_and_pushes_what_it_used(conn_id: str) -> None:
    operator = OpenAIResponseOperator(task_id="t", conn_id=conn_id, input_text="Hello there", model=MODEL)
    text, pushed = run(operator)
    assert text == "You said: Hello there"
    assert pushed["response_id"].startswith("resp_")
    assert pushed["usage"]["try_number"] == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"input_text": ""}, "'input_text' must be a non-empty text"),
        ({"input_text": None}, "'input_text' must be a non-empty text"),
        ({"input_text": {"a": 1}}, "'input_text' must be a non-empty text"),
        ({"response_kwargs": {"stream": True}}, "must not ask for a stream"),
    ],
)
def test_response_says_what_it_does_not_take(conn_id: str, service: Upstream, wrong: dict[str, Any], told: str) -> None:
    operator = OpenAIResponseOperator(task_id="t", conn_id=conn_id, **{"input_text": "Hello", **wrong})
    with pytest.raises(ValueError, match=told):
        run(operator)
    assert service.requests == []


def test_ceilings_go_along_as_numbers(conn_id: str, service: Upstream) -> None:
    operator = OpenAIResponseOperator(
        task_id="t", conn_id=conn_id, input_text="Hello", model=MODEL, max_output_tokens="100", max_tool_calls=" "
    )
    run(operator)
    sent = json.loads(service.requests[-1].body)
    assert (sent["max_output_tokens"], "max_tool_calls" in sent) == (100, False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"max_output_tokens": True}, "'max_output_tokens' must be an integer, got True."),
        ({"max_output_tokens": 0}, "'max_output_tokens' must be a positive integer, got 0."),
        ({"response_kwargs": {"max_tool_calls": 1.5}}, "'max_tool_calls' must be an integer, got 1.5."),
        ({"max_tool_calls": 1, "response_kwargs": {"max_tool_calls": 2}}, "set it in only one place."),
    ],
)
def test_ceilings_that_are_none_are_refused_when_the_dag_is_read(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        OpenAIResponseOperator(task_id="t", input_text="Hello", **given)


def test_ceiling_that_got_lost_is_an_error(conn_id: str) -> None:
    operator = OpenAIResponseOperator(task_id="t", conn_id=conn_id, input_text="Hello", max_output_tokens="{{ x }}")
    operator.max_output_tokens = None
    with pytest.raises(ValueError, match="was supplied but resolved to None"):
        run(operator)


def test_format_must_be_a_model() -> None:
    with pytest.raises(TypeError, match="must be a Pydantic BaseModel subclass"):
        OpenAIResponseOperator(task_id="t", input_text="Hello", text_format=dict)


class Greeting(BaseModel):
    word: str


def test_answer_that_is_no_object_of_the_model_is_an_error(conn_id: str) -> None:
    operator = OpenAIResponseOperator(task_id="t", conn_id=conn_id, input_text="x", model=MODEL, text_format=Greeting)
    with pytest.raises(ValueError, match="does not match 'Greeting'"):
        run(operator)


# Batches


@pytest.fixture
def batches() -> BatchService:
    return BatchService(keys={"sk-test"}, statuses=["in_progress", "completed"])


@pytest.fixture
def at(batches: BatchService, knows: Known) -> Iterator[str]:
    with running(batches) as upstream:
        yield knows(f"{upstream.url}/v1", openai_client_kwargs={"max_retries": 0})


ENDPOINT = "/v1/chat/completions"


def batch(conn_id: str, **more: Any) -> OpenAIBatchOperator:
    given = {"poll_interval": 0.01, "endpoint": "/v1/chat/completions", "rows": ROWS, **more}
    return OpenAIBatchOperator(task_id="t", conn_id=conn_id, **given)


def test_rows_become_a_batch_whose_results_are_returned(at: str, batches: BatchService) -> None:
    results, _ = run(batch(at, fetch_results=True))
    texts = [each["response"]["body"]["choices"][0]["message"]["content"] for each in results]
    assert texts == ["You said: Hello 0", "You said: Hello 1", "You said: Hello 2"]
    assert [each["custom_id"] for each in results] == ["1", "2", "3"]


def test_batch_is_told_of_with_the_tokens_of_all_its_requests(at: str, batches: BatchService) -> None:
    told: list[UsageEvent] = []
    operator = batch(at)
    operator.hook = OpenAIHook(at, sink=told.append)
    run(operator)
    [event] = told
    assert (event.endpoint, event.connection, event.usage.total_tokens) == ("batch", at, 18)


def test_results_are_written_where_they_are_wanted(at: str, tmp_path: Path) -> None:
    source, target = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    lines = [{"custom_id": "mine", "method": "POST", "url": "/v1/chat/completions", "body": ROWS[0]}]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    returned, _ = run(batch(at, rows=None, input_path=str(source), output_path=f"file://{target}"))
    assert returned == f"file://{target}"
    assert json.loads(target.read_text())["custom_id"] == "mine"


def test_files_may_be_in_an_object_store(at: str) -> None:
    attach(protocol="memory", fs=MemoryFileSystem())
    rows, results = (ObjectStoragePath(f"memory://bucket/{name}.jsonl") for name in ("rows", "results"))
    sent = {"method": "POST", "url": ENDPOINT}
    lines = [{"custom_id": f"row {number}", **sent, "body": row} for number, row in enumerate(ROWS)]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    returned, _ = run(batch(at, rows=None, input_path=str(rows), output_path=str(results)))
    assert returned == str(results)
    assert [json.loads(line)["custom_id"] for line in results.read_text().splitlines()] == ["row 0", "row 1", "row 2"]


def test_folder_of_the_results_is_made(at: str, tmp_path: Path) -> None:
    place = tmp_path / "new" / "folder" / "results.jsonl"
    _, pushed = run(batch(at, output_path=str(place)))
    assert len(place.read_text().splitlines()) == 3
    assert pushed["batch_id"].startswith("batch_")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nowhere://bucket/results.jsonl", "Install Airflow's provider for this store"),
        ("/proc/none/results.jsonl", "cannot be written"),
    ],
)
def test_results_that_could_not_be_written_are_told_before_anything_is_paid_for(
    at: str, batches: BatchService, place: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        run(batch(at, output_path=place))
    assert (batches.files, batches.batches) == ({}, {})


def test_look_that_fails_costs_no_batch(knows: Known) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=["$boom", "$boom", "completed"])) as upstream:
        conn_id = knows(f"{upstream.url}/v1", openai_client_kwargs={"max_retries": 0})
        returned, _ = run(batch(conn_id))
    assert returned.startswith("batch_")


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "5", True])
@pytest.mark.parametrize("name", ["poll_interval", "timeout"])
def test_pauses_and_limits_that_none_can_have_are_refused(name: str, seconds: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be finite and positive"):
        batch("any", **{name: seconds})


@pytest.mark.parametrize("event", [{"status": "success"}, {"status": "success", "batch_id": "other"}, "text"])
def test_event_of_another_batch_is_none(at: str, event: Any) -> None:
    with pytest.raises(OpenAITriggerEventError):
        batch(at).execute_complete({}, event, batch_id="batch_1")


def test_hook_that_was_assigned_stays_open(conn_id: str) -> None:
    with OpenAIHook(conn_id) as hook:
        operator = OpenAIChatOperator(task_id="t", conn_id=conn_id, messages="Hello", model=MODEL)
        operator.hook = hook
        run(operator)
        assert hook.get_models()


def test_deferral_ends_before_airflow_ends_the_task(at: str) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        run(batch(at, deferrable=True, execution_timeout=timedelta(minutes=5)))
    left = deferred.value.trigger.end_time - time.time()
    assert 200 < left < 300


def test_rows_that_name_no_model_take_the_connections(batches: BatchService, knows: Known) -> None:
    rows = [{"messages": [{"role": "user", "content": "Hello"}]}]
    with running(batches) as upstream:
        results, _ = run(batch(knows(f"{upstream.url}/v1", model=MODEL), rows=rows, fetch_results=True))
    assert [each["response"]["body"]["model"] for each in results] == [MODEL]


def test_requests_that_failed_are_counted_in_the_log(at: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(batch(at, rows=[ROWS[0], {**ROWS[1], "model": "no such model"}], fetch_results=True))
    assert "1 of the 2 requests of batch batch_" in capsys.readouterr().out


def test_file_that_got_lost_is_told(at: str) -> None:
    operator = batch(at, rows=None, file_id="{{ nothing }}")
    operator.file_id = ""
    with pytest.raises(ValueError, match="'file_id' was given, and is nothing now"):
        run(operator)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "has no row in it"),
        ("[{'model': 'm'}]", "must be a list of objects, not text: give it as `task.output`, or let the DAG render"),
        ({"model": "m"}, "must be a list of objects, not a value of type dict"),
        ([{"model": "m"}, "Hello"], "must be a list of objects; number 2 is text"),
        ([{"custom_id": "2", "body": {}}, {"model": "m"}], "has 2 requests with the custom_id '2'"),
    ],
)
def test_rows_that_are_none_are_refused_before_anything_is_sent(
    at: str, batches: BatchService, rows: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        run(batch(at, rows=rows))
    assert (batches.files, batches.batches) == ({}, {})


def test_half_a_character_is_written_as_json_escapes_it() -> None:
    cut = {"custom_id": "1", "response": {"body": "\ud83d"}}
    first, second = lines_of([cut, {"custom_id": "é"}]).decode().splitlines()
    assert (json.loads(first), second) == (cut, '{"custom_id": "é"}')


def test_results_that_are_cut_short_are_an_error(at: str, batches: BatchService) -> None:
    operator = batch(at, wait_for_completion=False)
    batch_id, _ = run(operator)
    batches.files["file-cut"] = b'{"custom_id": "1"}\n\n{"custom_id": "2", "resp'
    batches.batches[batch_id] |= {"output_file_id": "file-cut"}
    with OpenAIHook(at) as hook, pytest.raises(ValueError, match="Line 3 of file file-cut is no JSON"):
        hook.get_batch_results(batch_id)


def test_batch_may_be_begun_only(at: str, batches: BatchService) -> None:
    returned, _ = run(batch(at, wait_for_completion=False))
    assert returned in batches.batches


def test_waiting_is_left_to_the_triggerer(at: str, batches: BatchService) -> None:
    operator = batch(at, deferrable=True, fetch_results=True)
    with pytest.raises(TaskDeferred) as deferred:
        run(operator)
    path, given = deferred.value.trigger.serialize()
    assert path == "connectory.airflow.triggers.batch.OpenAIBatchTrigger"
    assert given["batch_id"] in batches.batches
    event = {"status": "success", "batch_id": given["batch_id"], "termination_reason": "completed", "message": ""}
    run_once = operator.hook.get_batch(given["batch_id"]), operator.hook.get_batch(given["batch_id"])
    assert [each.status for each in run_once] == ["in_progress", "completed"]
    assert len(operator.execute_complete({}, event)) == 3


def test_batch_whose_time_is_over_is_cancelled(at: str, batches: BatchService) -> None:
    operator = batch(at, deferrable=True)
    with pytest.raises(TaskDeferred):
        run(operator)
    id = str(operator.batch_id)
    event = {"status": "error", "batch_id": id, "termination_reason": "timeout", "message": "too late"}
    with pytest.raises(OpenAIBatchTimeout, match="too late"):
        operator.execute_complete({}, event)
    assert batches.cancelled == [id]


@pytest.mark.parametrize("event", [None, {}, {"status": "odd"}])
def test_event_that_is_none_is_told(at: str, event: Any) -> None:
    with pytest.raises(OpenAITriggerEventError):
        batch(at).execute_complete({}, event)


def test_task_that_is_ended_ends_its_batch(at: str, batches: BatchService) -> None:
    operator = batch(at, wait_for_completion=False)
    run(operator)
    operator.on_kill()
    operator.hook.close()
    assert batches.cancelled == [operator.batch_id]


def test_cancelled_batch_is_an_error(knows: Known) -> None:
    with (
        running(BatchService(keys={"sk-test"}, statuses=["cancelled"])) as upstream,
        pytest.raises(OpenAIBatchCancelled),
    ):
        run(batch(knows(f"{upstream.url}/v1")))


@pytest.mark.parametrize(
    "given", [{"rows": None}, {"file_id": "f"}, {"fetch_results": True, "wait_for_completion": False}]
)
def test_wrong_arguments_are_refused_when_the_dag_is_read(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Task 't'"):
        batch("c", **given)


def test_lists_are_read_over_all_pages(at: str, batches: BatchService) -> None:
    operators = [batch(at, wait_for_completion=False) for _ in range(5)]
    for operator in operators:
        run(operator)
    hook = operators[0].hook
    with hook:
        assert [each.id for each in hook.get_batches()] == [operator.batch_id for operator in operators]
        assert len(hook.get_files()) == 5

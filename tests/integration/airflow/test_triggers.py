"""Triggers in an event loop, against services on loopback."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from connectory.airflow import OpenAIBatchTrigger, OpenAIHook
from tests.integration.airflow.conftest import Known
from tests.upstream import Answer, BatchService, Pause, Received, json_answer, running


def known(knows: Known, url: str) -> str:
    return knows(f"{url}/v1", openai_client_kwargs={"max_retries": 0})


def begun(conn_id: str) -> str:
    """The id of a new batch."""
    with OpenAIHook(conn_id) as hook:
        file = hook.send_file("requests.jsonl", b"", purpose="batch")
        return hook.create_batch(file.id, "/v1/chat/completions").id


async def event_of(trigger: OpenAIBatchTrigger) -> dict[str, Any]:
    async for event in trigger.run():
        return dict(event.payload)
    raise AssertionError("no event")


@pytest.mark.parametrize(
    ("statuses", "status", "reason", "message"),
    [
        (["in_progress", "completed"], "success", "completed", "Batch {} has completed successfully."),
        (["cancelling"], "cancelled", "cancelled", "Batch {} has been cancelled."),
        (["failed"], "error", "failed", "Batch failed:\n{}"),
        (["expired"], "error", "expired", "Batch couldn't be completed within its completion window:\n{}"),
        (["paused"], "error", "unexpected_status", "Batch {} has failed."),
        (["$boom", "$boom", "completed"], "success", "completed", "Batch {} has completed successfully."),
    ],
)
def test_event_tells_how_the_batch_ended(
    knows: Known, statuses: list[str], status: str, reason: str, message: str
) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=statuses)) as upstream:
        conn_id = known(knows, upstream.url)
        id = begun(conn_id)
        event = asyncio.run(event_of(OpenAIBatchTrigger(conn_id, id, 0.01, time.time() + 60)))
    told = {"status": status, "termination_reason": reason, "message": message.format(id), "batch_id": id}
    assert event == told


def test_three_errors_in_a_row_end_it(knows: Known) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=["$boom"])) as upstream:
        conn_id = known(knows, upstream.url)
        event = asyncio.run(event_of(OpenAIBatchTrigger(conn_id, begun(conn_id), 0.01, time.time() + 60)))
        looks = [request for request in upstream.requests if request.method == "GET"]
    assert (event["termination_reason"], len(looks)) == ("polling_error", 3)
    assert "boom" in event["message"]


def test_deadline_is_kept_by_a_triggerer_that_was_started_anew(knows: Known) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=["in_progress"])) as upstream:
        conn_id = known(knows, upstream.url)
        path, given = OpenAIBatchTrigger(conn_id, begun(conn_id), 0.05, time.time() - 1).serialize()
        assert path == "connectory.airflow.triggers.batch.OpenAIBatchTrigger"
        event = asyncio.run(event_of(OpenAIBatchTrigger(**given)))
    assert event["termination_reason"] == "timeout"


def test_ended_task_ends_its_batch(knows: Known) -> None:
    service = BatchService(keys={"sk-test"})
    with running(service) as upstream:
        conn_id = known(knows, upstream.url)
        id = begun(conn_id)
        asyncio.run(OpenAIBatchTrigger(conn_id, id, 1, time.time()).on_kill())
    assert service.cancelled == [id]


async def slow(request: Received) -> Answer:
    return Answer(
        before=(Pause(0.2),),
        headers=(("content-type", "application/json"),),
        body=json_answer({"id": "b", "object": "batch", "status": "in_progress"}).body,
    )


def test_many_share_one_client_and_hold_nobody_up(knows: Known) -> None:
    async def all_of_them(conn_id: str) -> tuple[int, float]:
        until = time.time() + 1.5
        triggers = [OpenAIBatchTrigger(conn_id, f"b{number}", 0.1, until) for number in range(50)]
        running_all = asyncio.gather(*map(event_of, triggers))
        longest, last = 0.0, time.monotonic()
        while not running_all.done():
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        return len(await running_all), longest

    with running(slow) as upstream:
        events, longest = asyncio.run(all_of_them(known(knows, upstream.url)))
        connections = upstream.connections
    assert events == 50
    assert connections <= 50
    assert longest < 2  # a blocking look of each would take 10 s; the benches measure it


def test_connection_that_is_not_there_is_told_by_an_event() -> None:
    event = asyncio.run(event_of(OpenAIBatchTrigger("nowhere", "b", 0.01, time.time() + 60)))
    assert (event["status"], event["termination_reason"]) == ("error", "polling_error")
    assert "nowhere" in event["message"]

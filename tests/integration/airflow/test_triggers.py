"""Triggers in an event loop, against services on loopback."""

from __future__ import annotations

import asyncio
import subprocess
import sys
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


def test_three_errors_in_a_row_end_it(knows: Known, capsys: pytest.CaptureFixture[str]) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=["$boom"])) as upstream:
        conn_id = known(knows, upstream.url)
        event = asyncio.run(event_of(OpenAIBatchTrigger(conn_id, begun(conn_id), 0.01, time.time() + 60)))
        looks = [request for request in upstream.requests if request.method == "GET"]
    assert (event["termination_reason"], len(looks)) == ("polling_error", 3)
    assert "boom" in event["message"]
    warnings = [line for line in capsys.readouterr().out.splitlines() if "retrying" in line]
    assert (len(warnings), all("Polling batch " in line and "boom" in line for line in warnings)) == (2, True)


def test_deadline_is_kept_by_a_triggerer_that_was_started_anew(knows: Known) -> None:
    with running(BatchService(keys={"sk-test"}, statuses=["in_progress"])) as upstream:
        conn_id = known(knows, upstream.url)
        path, given = OpenAIBatchTrigger(conn_id, begun(conn_id), 0.05, time.time() - 1).serialize()
        assert path == "connectory.airflow.triggers.batch.OpenAIBatchTrigger"
        event = asyncio.run(event_of(OpenAIBatchTrigger(**given)))
    assert event["termination_reason"] == "timeout"


def test_key_that_was_changed_meanwhile_is_taken(knows: Known) -> None:
    """One who still waits keeps the client alive that has the old key."""

    async def both(old: str, url: str) -> list[dict[str, Any]]:
        until = time.time() + 20
        first = asyncio.create_task(event_of(OpenAIBatchTrigger(old, "batch_of_old", 0.1, until)))
        await asyncio.sleep(0.3)
        knows(f"{url}/v1", password="sk-new", openai_client_kwargs={"max_retries": 0})
        keys.append("sk-new")
        keys.remove("sk-old")
        events = [await event_of(OpenAIBatchTrigger(old, "batch_of_new", 0.1, until))]
        return [*events, await first]

    keys = ["sk-old"]

    async def answering(request: Received) -> Answer:
        if (request.header("authorization") or "").removeprefix("Bearer ") not in keys:
            return json_answer({"error": {"message": "no such key"}}, status=401)
        status = "completed" if keys == ["sk-new"] else "in_progress"
        return json_answer({"id": "b", "object": "batch", "status": status})

    with running(answering) as upstream:
        old = knows(f"{upstream.url}/v1", password="sk-old", openai_client_kwargs={"max_retries": 0})
        events = asyncio.run(both(old, upstream.url))
    assert [event["status"] for event in events] == ["success", "success"]


def test_many_that_wait_for_one_client_hear_of_its_failure_at_once(knows: Known) -> None:
    """Making it asks who keeps the connections; if nobody answers there, they do not queue for it."""

    async def all_of_them() -> list[dict[str, Any]]:
        until = time.time() + 60
        return list(
            await asyncio.gather(*(event_of(OpenAIBatchTrigger("nobody", "b", 0.01, until)) for _ in range(30)))
        )

    started = time.monotonic()
    events = asyncio.run(all_of_them())
    assert {event["termination_reason"] for event in events} == {"polling_error"}
    assert time.monotonic() - started < 10


def test_answer_that_does_not_say_how_a_batch_stands_is_an_error(knows: Known) -> None:
    async def silent(request: Received) -> Answer:
        return json_answer({"id": "b", "object": "batch"})

    with running(silent) as upstream:
        event = asyncio.run(event_of(OpenAIBatchTrigger(known(knows, upstream.url), "b", 0.01, time.time() + 20)))
    assert event["message"] == "The service does not say how batch b stands."


def test_deadline_is_kept_while_a_look_hangs(knows: Known) -> None:
    looks = 0

    async def hanging(request: Received) -> Answer:
        nonlocal looks
        looks += 1
        answer = json_answer({"id": "b", "object": "batch", "status": "in_progress"})
        return Answer(before=(Pause(0 if looks == 1 else 8),), headers=answer.headers, body=answer.body)

    with running(hanging) as upstream:
        conn_id, started = known(knows, upstream.url), time.monotonic()
        event = asyncio.run(event_of(OpenAIBatchTrigger(conn_id, "b", 0.1, time.time() + 1)))
        took = time.monotonic() - started
    assert (event["termination_reason"], took < 5) == ("timeout", True)


def test_secret_that_a_service_quotes_is_not_in_the_event(knows: Known) -> None:
    async def quoting(request: Received) -> Answer:
        told = f"Incorrect key: {request.header('authorization')}"
        return json_answer({"error": {"message": told}}, status=401)

    with running(quoting) as upstream:
        conn_id = knows(f"{upstream.url}/v1", password="a-key-of-no-known-form")
        event = asyncio.run(event_of(OpenAIBatchTrigger(conn_id, "b", 0.01, time.time() + 20)))
    assert event["termination_reason"] == "polling_error"
    assert "Incorrect key: Bearer ***" in event["message"]


def test_ended_task_ends_its_batch(knows: Known) -> None:
    service = BatchService(keys={"sk-test"})
    with running(service) as upstream:
        conn_id = known(knows, upstream.url)
        id = begun(conn_id)
        asyncio.run(OpenAIBatchTrigger(conn_id, id, 1, time.time()).on_kill())
    assert service.cancelled == [id]


IMPORTED_BY = """
import asyncio, sys, threading
threads = []
def hear(event, given):
    if event == "import" and given[0] == "openai":
        threads.append(threading.current_thread())
sys.addaudithook(hear)
from connectory.airflow.shared import shared_client
from connectory.airflow import OpenAIBatchTrigger
async def main():
    async with shared_client("case_conn", "batches"):
        assert "openai.resources.batches" in sys.modules
asyncio.run(main())
print([thread is threading.main_thread() for thread in threads])
"""


def test_openai_is_imported_off_the_event_loop(knows: Known) -> None:
    knows("http://127.0.0.1:9/v1")
    done = subprocess.run([sys.executable, "-c", IMPORTED_BY], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[False]"], done.stderr


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

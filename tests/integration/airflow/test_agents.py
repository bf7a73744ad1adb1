"""Sessions of managed agents, in a task and in a triggerer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from connectory import UsageEvent
from connectory.airflow import OpenAIAgentSessionOperator, OpenAIAgentSessionTrigger, OpenAIHook
from connectory.airflow.exceptions import OpenAIAgentSessionError, OpenAITriggerEventError
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.test_operators import Task, run
from tests.upstream import Answer, Received, json_answer, running

TURN = {
    "id": "turn_1",
    "object": "agent.session.turn",
    "status": "completed",
    "usage": None,
    "error": None,
    "created_at": 1_000,
    "completed_at": 1_004,
}


class Agents:
    """Sessions whose turn is what a script says: None is none yet, `"$boom"` is a 500."""

    def __init__(self, *turns: Any) -> None:
        self._turns = list(turns)
        self.events: list[Any] = []

    async def __call__(self, request: Received) -> Answer:
        parts = request.path.strip("/").split("/")
        session: dict[str, Any] = {
            "id": "sess_1",
            "object": "agent.session",
            "status": "idle",
            "required_actions": [],
            "error": None,
        }
        match (request.method, parts[-1]):
            case ("POST", "sessions") | ("GET", "sess_1"):
                return json_answer(session)
            case ("POST", "events"):
                self.events += json.loads(request.body)["events"]
                return json_answer({"data": []})
            case ("GET", "turns"):
                turn = self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]
                if turn == "$boom":
                    return json_answer({"error": {"message": "boom"}}, status=500)
                return json_answer({"object": "list", "data": [turn] if turn else [], "has_more": False})
        return json_answer({"error": {"message": f"no such path: {request.path}"}}, status=404)


@pytest.fixture
def agents() -> Agents:
    return Agents(None, TURN)


@pytest.fixture
def conn_id(agents: Agents, knows: Known) -> Iterator[str]:
    with running(agents) as upstream:
        yield knows(f"{upstream.url}/v1", openai_client_kwargs={"max_retries": 0})


def operator(conn_id: str, **more: Any) -> OpenAIAgentSessionOperator:
    given = {"input": "Do it", "environment": {"type": "none"}, "agent_id": "agent_1", "poll_interval": 0.01, **more}
    return OpenAIAgentSessionOperator(task_id="t", conn_id=conn_id, **given)


def test_session_is_waited_for(conn_id: str, agents: Agents) -> None:
    returned, pushed = run(operator(conn_id))
    assert (returned, pushed) == ("sess_1", {"session_id": "sess_1", "turn_id": "turn_1"})
    assert agents.events == []


def test_turn_is_told_of_with_what_it_used(knows: Known) -> None:
    told: list[UsageEvent] = []
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    with running(Agents({**TURN, "usage": usage})) as upstream:
        id = knows(f"{upstream.url}/v1")
        asked = operator(id)
        asked.hook = OpenAIHook(id, sink=told.append)
        run(asked)
    [event] = told
    assert (event.endpoint, event.usage.total_tokens, event.started, event.latency) == ("agent_session", 7, 1_000, 4)


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        (
            Agents({**TURN, "status": "failed", "error": {"code": "x", "message": "no"}}),
            r"Agent turn turn_1 failed \(x\): no",
        ),
        (Agents("$boom"), "boom"),
    ],
)
def test_session_that_fails_is_cancelled(conn_id: str, agents: Agents, told: str) -> None:
    with pytest.raises(Exception, match=told):
        run(operator(conn_id))
    assert agents.events == [{"type": "agent.session.input.cancel"}]


@pytest.mark.parametrize("agents", [Agents(None)])
def test_session_whose_time_is_over_is_cancelled(conn_id: str, agents: Agents) -> None:
    with pytest.raises(OpenAIAgentSessionError, match="timed out"):
        run(operator(conn_id, timeout=0.05))
    assert len(agents.events) == 1


def test_waiting_is_left_to_the_triggerer(conn_id: str) -> None:
    made = operator(conn_id, deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        run(made)
    path, given = deferred.value.trigger.serialize()
    assert path == "connectory.airflow.triggers.agent.OpenAIAgentSessionTrigger"

    async def ended() -> Any:
        async for event in OpenAIAgentSessionTrigger(**given).run():
            return event.payload

    event = asyncio.run(ended())
    assert event["status"] == "success"


def test_event_of_another_session_is_an_error(conn_id: str, agents: Agents) -> None:
    with pytest.raises(OpenAITriggerEventError):
        operator(conn_id).execute_complete({}, {"status": "success", "session_id": "other"}, session_id="sess_1")
    assert len(agents.events) == 1


def test_deadline_is_a_moment(conn_id: str) -> None:
    async def ended() -> Any:
        async for event in OpenAIAgentSessionTrigger(conn_id, "sess_1", 1, time.time() - 1).run():
            return event.payload

    assert asyncio.run(ended()) == {"status": "timeout", "session_id": "sess_1", "message": "Agent session timed out"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"session_kwargs": {"stream": True}}, "Reserved session_kwargs"),
        ({"agent_id": None}, "Supply agent_id"),
        ({"session_kwargs": {"agent": "x"}}, "must be a dict"),
        ({"input": ""}, "must not be empty"),
    ],
)
def test_what_cannot_be_asked_is_told(conn_id: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        run(operator(conn_id, **given))


@pytest.mark.parametrize("given", [{"timeout": 0}, {"poll_interval": float("inf")}])
def test_limits_are_judged_when_the_dag_is_read(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be finite and positive"):
        operator("c", **given)


@pytest.mark.parametrize("agents", [Agents("$boom", "$boom", TURN)])
def test_xcoms_are_pushed_only_where_they_are_wanted(conn_id: str, agents: Agents) -> None:
    assert run(operator(conn_id, do_xcom_push=False)) == ("sess_1", {})


class Forgetful(Task):
    def xcom_push(self, *, key: str, value: Any) -> None:
        raise ConnectionError("the API server is away")


FORGETFUL: Any = {"ti": Forgetful()}


def test_session_whose_id_cannot_be_kept_is_cancelled(conn_id: str, agents: Agents) -> None:
    with pytest.raises(ConnectionError):
        operator(conn_id).execute(FORGETFUL)
    assert agents.events == [{"type": "agent.session.input.cancel"}]


def test_session_that_is_done_is_done_though_its_numbers_cannot_be_kept(conn_id: str) -> None:
    event = {"status": "success", "session_id": "sess_1", "turn_id": "turn_1"}
    assert operator(conn_id).execute_complete(FORGETFUL, event, session_id="sess_1") == "sess_1"

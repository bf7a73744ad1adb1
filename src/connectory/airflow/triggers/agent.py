"""The trigger that waits for the turn of an agent's session."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from connectory.airflow.agents import CANCEL, ended_turn
from connectory.airflow.shared import shared_client, watched

if TYPE_CHECKING:
    import openai

_SESSIONS = "beta.agents.sessions"


class OpenAIAgentSessionTrigger(BaseTrigger):
    """Waits until the turn of a session has ended.

    :param conn_id: id of the connection.
    :param session_id: id of the session.
    :param poll_interval: seconds between two looks.
    :param end_time: when to give up, in seconds since 1970.

    Its event has `status` (success, error, timeout), `session_id`, and `message`, `turn_id` and `usage` where known.
    """

    def __init__(self, conn_id: str, session_id: str, poll_interval: float, end_time: float) -> None:
        super().__init__()
        self.conn_id = conn_id
        self.session_id = session_id
        self.poll_interval = poll_interval
        self.end_time = end_time

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("conn_id", "session_id", "poll_interval", "end_time")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        times = {"every": self.poll_interval, "limit": self.end_time - time.time()}
        ended = await watched(self.conn_id, _SESSIONS, self._look, **times, warn=self._warn)
        if ended.error:
            yield TriggerEvent({"status": "error", "session_id": self.session_id, "message": str(ended.error)})
        elif ended.result is None:
            told = {"status": "timeout", "session_id": self.session_id, "message": "Agent session timed out"}
            yield TriggerEvent(told)
        else:
            yield TriggerEvent(ended.result)

    async def _look(self, client: openai.AsyncOpenAI) -> dict[str, Any] | None:
        sessions = client.beta.agents.sessions
        session = await sessions.retrieve(self.session_id)
        turns = await sessions.turns.list(self.session_id, order="asc", limit=1)
        return ended_turn(session, turns.data)

    def _warn(self, error: Exception) -> None:
        self.log.warning("Polling agent session %s failed (%s); retrying.", self.session_id, error)

    async def on_kill(self) -> None:
        """A user has ended the task: the session's turn ends too (Airflow 3.3)."""
        async with shared_client(self.conn_id, _SESSIONS) as client:
            await client.beta.agents.sessions.events.create(self.session_id, events=[CANCEL])

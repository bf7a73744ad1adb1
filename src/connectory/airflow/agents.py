"""Managed agents: begun, looked at, cancelled. A session here belongs to who began it, and has one turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.airflow.calling import Calling

CANCEL: Any = {"type": "agent.session.input.cancel"}
_FUNCTION = "The agent requested a client-side function tool. Use server-side tools with this operator."


class Agents(Calling):
    """Mixed into the hook."""

    def create_agent(self, **more: Any) -> Any:
        """An agent that sessions can name, of what the SDK's call takes."""
        return self._called("beta.agents.create", **more)

    async def acreate_agent(self, **more: Any) -> Any:
        return await self._acalled("beta.agents.create", **more)

    def create_agent_session(self, *, input: str, environment: dict[str, Any], **more: Any) -> Any:
        """A new session, with the input of its turn. Raises ValueError for `stream`."""
        return self._called("beta.agents.sessions.create", **_session(input, environment, more))

    async def acreate_agent_session(self, *, input: str, environment: dict[str, Any], **more: Any) -> Any:
        return await self._acalled("beta.agents.sessions.create", **_session(input, environment, more))

    def get_agent_session(self, session_id: str) -> Any:
        return self._called("beta.agents.sessions.retrieve", session_id)

    async def aget_agent_session(self, session_id: str) -> Any:
        return await self._acalled("beta.agents.sessions.retrieve", session_id)

    def cancel_agent_session(self, session_id: str) -> None:
        """Ask for the end of a session's turn; what it has made stays."""
        self._called("beta.agents.sessions.events.create", session_id, events=[CANCEL])

    async def acancel_agent_session(self, session_id: str) -> None:
        await self._acalled("beta.agents.sessions.events.create", session_id, events=[CANCEL])

    def poll_agent_session(self, session_id: str) -> dict[str, Any] | None:
        """How the session's turn ended (`session_id`, `status` success or error, `message`, `turn_id`, `usage`).

        None while it is under way, or still to come.
        """
        session = self.get_agent_session(session_id)
        return ended_turn(
            session, self._called("beta.agents.sessions.turns.list", session_id, order="asc", limit=1).data
        )

    async def apoll_agent_session(self, session_id: str) -> dict[str, Any] | None:
        session = await self.aget_agent_session(session_id)
        turns = await self._acalled("beta.agents.sessions.turns.list", session_id, order="asc", limit=1)
        return ended_turn(session, turns.data)

    def account_for_session(self, session_id: str) -> None:
        """Tell the sink what the turn of a session has used. Without a sink nothing is asked."""
        if self._wanted_sink():
            for turn in self._called("beta.agents.sessions.turns.list", session_id, order="asc", limit=1).data:
                ended = turn.completed_at or turn.created_at
                self._account("agent_session", turn.usage, started=turn.created_at, latency=ended - turn.created_at)


def _session(input: str, environment: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    if "stream" in more:
        raise ValueError("create_agent_session does not support streaming")
    return {"input": input, "environment": environment, "stream": False, **more}


def ended_turn(session: Any, turns: list[Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = {"session_id": session.id}
    if turns:
        turn = turns[0]
        found |= {"turn_id": turn.id, "usage": turn.usage.model_dump(mode="json") if turn.usage else None}
        if turn.status == "completed":
            return {**found, "status": "success"}
        if turn.status in ("failed", "cancelled"):
            why = f" ({turn.error.code}): {turn.error.message}" if turn.error else ""
            return {**found, "status": "error", "message": f"Agent turn {turn.id} {turn.status}{why}"}
    if session.status == "failed":
        return {**found, "status": "error", "message": f"Agent session failed: {session.error}"}
    if any(action.type == "function_call" for action in session.required_actions or ()):
        return {**found, "status": "error", "message": _FUNCTION}
    return None

"""The operator for one turn of a managed agent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.operators.asking import AskingOperator
from connectory.airflow.polling import ERRORS_IN_A_ROW, check_seconds
from connectory.airflow.releases import conf

if TYPE_CHECKING:
    from airflow.sdk import Context

    from connectory.airflow.triggers.agent import OpenAIAgentSessionTrigger

_RESERVED = ("input", "environment", "agent_id", "stream")


class OpenAIAgentSessionOperator(AskingOperator):
    """Begins a session of a managed agent, and waits until its turn has ended; a session that failed is cancelled.

    :param input: what the agent is to do (templated).
    :param environment: where it works, as the SDK's call takes it (templated).
    :param agent_id: id of an agent (templated); or `session_kwargs` describes one.
    :param session_kwargs: more arguments of the SDK's call (templated).
    :param deferrable: wait in the triggerer.
    :param poll_interval: seconds between two looks.
    :param timeout: seconds after which the session is cancelled.

    Returns the id of the session. XComs beside it, where they are known: `session_id`, `turn_id`, and `usage` with the
    number of the try.
    """

    template_fields: Sequence[str] = (
        *("input", "environment", "agent_id", "session_kwargs"),
        *AskingOperator.template_fields,
    )

    def __init__(
        self,
        *,
        input: str,
        environment: dict[str, Any],
        agent_id: str | None = None,
        session_kwargs: dict[str, Any] | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float = 10,
        timeout: float = 3600,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        check_seconds(poll_interval=poll_interval, timeout=timeout)
        self.input = input
        self.environment = environment
        self.agent_id = agent_id
        self.session_kwargs = session_kwargs or {}
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.session_id: str | None = None

    def execute(self, context: Context) -> str:
        session = self.hook.create_agent_session(input=self.input, environment=self.environment, **self._arguments())
        self.session_id = self._served = session.id
        try:
            self._push(context, session_id=session.id)
            if self.deferrable:
                self._defer(session.id)
            ended = self._waited(session.id)
        except Exception:
            self.on_kill()
            raise
        return self._judged(context, session.id, ended)

    def execute_complete(self, context: Context, event: Any = None, session_id: str | None = None) -> str:
        """Goes on once the trigger has seen the turn's end."""
        from connectory.airflow.exceptions import OpenAITriggerEventError

        self.session_id = self._served = session_id or self.session_id
        known = isinstance(event, dict) and event.get("status") in ("success", "error", "timeout")
        if not known or not self.session_id or event.get("session_id") != self.session_id:
            self.on_kill()
            raise OpenAITriggerEventError("Invalid Managed Agents trigger event")
        return self._judged(context, self.session_id, event)

    def on_kill(self) -> None:
        """The session's turn ends too; what it has made stays."""
        if not self.session_id:
            return
        try:
            self.hook.cancel_agent_session(self.session_id)
        except Exception as error:  # noqa: BLE001 (what is being told already matters more)
            self.log.warning("Failed to request cancellation of session %s: %s", self.session_id, error)
        self._close()

    def _arguments(self) -> dict[str, Any]:
        """What the call takes beside input and environment. Raises ValueError for what cannot be."""
        if reserved := sorted(set(self.session_kwargs) & set(_RESERVED)):
            raise ValueError(f"Reserved session_kwargs: {reserved}")
        agent = self.session_kwargs.get("agent")
        if agent is not None and not isinstance(agent, dict):
            raise ValueError("session_kwargs['agent'] must be a dict of SDK agent fields")
        if not self.agent_id and not (agent or {}).get("model"):
            raise ValueError("Supply agent_id or session_kwargs['agent']['model']")
        if not self.input:
            raise ValueError("input must not be empty")
        return {**({"agent_id": self.agent_id} if self.agent_id else {}), **self.session_kwargs}

    def _defer(self, session_id: str) -> None:
        from datetime import timedelta

        self._close()
        self.defer(
            trigger=self._trigger(session_id, time.time() + self.timeout),
            method_name="execute_complete",
            kwargs={"session_id": session_id},
            timeout=self.execution_timeout or timedelta(seconds=self.timeout + self.poll_interval + 60),
        )

    def _trigger(self, session_id: str, until: float) -> OpenAIAgentSessionTrigger:
        from connectory.airflow.triggers.agent import OpenAIAgentSessionTrigger

        return OpenAIAgentSessionTrigger(self.conn_id, session_id, self.poll_interval, until)

    def _waited(self, session_id: str) -> dict[str, Any]:
        end, failed = time.monotonic() + self.timeout, 0
        while time.monotonic() < end:
            try:
                found = self.hook.poll_agent_session(session_id)
            except Exception as error:
                failed += 1
                if failed >= ERRORS_IN_A_ROW:
                    raise
                self.log.warning("Polling agent session %s failed (%s); retrying.", session_id, error)
            else:
                failed = 0
                if found is not None:
                    return found
            time.sleep(min(self.poll_interval, max(0, end - time.monotonic())))
        return {"status": "timeout", "session_id": session_id, "message": f"Agent session {session_id} timed out"}

    def _judged(self, context: Context, session_id: str, ended: dict[str, Any]) -> str:
        from connectory.airflow.exceptions import OpenAIAgentSessionError

        failed = ended["status"] != "success"
        if failed:
            self.on_kill()
        try:
            if ended.get("turn_id"):
                self.hook.account_for_session(session_id)
            usage = ended.get("usage")
            used = usage and {**usage, "try_number": context["ti"].try_number}
            self._push(context, turn_id=ended.get("turn_id"), usage=used)
        except Exception:  # the turn has been paid for, whatever becomes of its numbers
            self.log.exception("Could not record agent turn usage for session %s", session_id)
        self._close()
        if failed:
            raise OpenAIAgentSessionError(ended.get("message", "Agent session failed"))
        return session_id

    def _push(self, context: Context, **found: Any) -> None:
        """As XComs, where they are wanted, what there is."""
        for key, value in found.items():
            if self.do_xcom_push and value is not None:
                context["ti"].xcom_push(key=key, value=value)

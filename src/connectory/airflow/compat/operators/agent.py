"""Apache's operator for sessions of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.compat.operators.hooked import WithApachesHook
from connectory.airflow.exceptions import OpenAIAgentSessionError, OpenAITriggerEventError
from connectory.airflow.operators.agent import OpenAIAgentSessionOperator as NativeOperator

if TYPE_CHECKING:
    from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger

__all__ = [
    "OpenAIAgentSessionError",
    "OpenAIAgentSessionOperator",
    "OpenAIAgentSessionTrigger",
    "OpenAIHook",
    "OpenAITriggerEventError",
]


class OpenAIAgentSessionOperator(WithApachesHook, NativeOperator):
    """The same, with Apache's hook and trigger by their names."""

    template_fields_renderers = {"environment": "json", "session_kwargs": "json"}  # noqa: RUF012 (Airflow's own form)

    def on_kill(self) -> None:
        """As ours, with Apache's line in the log where it fails."""
        if not self.session_id:
            return
        try:
            self.hook.cancel_agent_session(self.session_id)
        except Exception:
            self.log.exception("Could not cancel agent session %s", self.session_id)
        self._close()

    def _trigger(self, session_id: str, until: float) -> OpenAIAgentSessionTrigger:
        from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger

        return OpenAIAgentSessionTrigger(self.conn_id, session_id, self.poll_interval, until)


def __getattr__(name: str) -> Any:
    """Apache's module has its trigger too; a DAG need not import what only triggerers run."""
    if name == "OpenAIAgentSessionTrigger":
        from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger

        return OpenAIAgentSessionTrigger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

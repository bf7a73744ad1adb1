"""Apache's operator for sessions of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectory.airflow.compat.operators.hooked import WithApachesHook
from connectory.airflow.operators.agent import OpenAIAgentSessionOperator as NativeOperator

if TYPE_CHECKING:
    from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger

__all__ = ["OpenAIAgentSessionOperator"]


class OpenAIAgentSessionOperator(WithApachesHook, NativeOperator):
    """The same, with Apache's hook and trigger by their names."""

    template_fields_renderers = {"environment": "json", "session_kwargs": "json"}  # noqa: RUF012 (Airflow's own form)

    def _trigger(self, session_id: str, until: float) -> OpenAIAgentSessionTrigger:
        from connectory.airflow.compat.triggers.agent import OpenAIAgentSessionTrigger

        return OpenAIAgentSessionTrigger(self.conn_id, session_id, self.poll_interval, until)

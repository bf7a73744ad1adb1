"""Apache's trigger for sessions of agents."""

from __future__ import annotations

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.triggers.agent import OpenAIAgentSessionTrigger as NativeTrigger

__all__ = ["OpenAIAgentSessionTrigger", "OpenAIHook"]


class OpenAIAgentSessionTrigger(NativeTrigger):
    """The same, under the name by which Apache's operators serialise it."""

    async def on_kill(self) -> None:
        """As ours; that it could not be cancelled is only logged."""
        try:
            await super().on_kill()
        except Exception:
            self.log.exception("Could not cancel agent session %s", self.session_id)

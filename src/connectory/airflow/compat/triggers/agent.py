"""Apache's trigger for sessions of agents."""

from __future__ import annotations

from connectory.airflow.triggers.agent import OpenAIAgentSessionTrigger as NativeTrigger

__all__ = ["OpenAIAgentSessionTrigger"]


class OpenAIAgentSessionTrigger(NativeTrigger):
    """The same, under the name by which Apache's operators serialise it."""

"""Apache's operator for sessions of agents."""

from __future__ import annotations

from connectory.airflow.operators.agent import OpenAIAgentSessionOperator

__all__ = ["OpenAIAgentSessionOperator"]

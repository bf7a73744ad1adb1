"""The exceptions, under the name of Apache's module."""

from __future__ import annotations

from connectory.airflow.exceptions import (
    OpenAIAgentSessionError,
    OpenAIBatchCancelled,
    OpenAIBatchJobException,
    OpenAIBatchTimeout,
    OpenAITriggerEventError,
)

__all__ = [
    "OpenAIAgentSessionError",
    "OpenAIBatchCancelled",
    "OpenAIBatchJobException",
    "OpenAIBatchTimeout",
    "OpenAITriggerEventError",
]

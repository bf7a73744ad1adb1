"""Airflow: the connection types, a hook for every API that OpenAI serves, and what DAGs are made of.

    from connectory.airflow import OpenAIHook

Names are loaded when they are first used: Airflow reads this package to find the provider, and must not pay for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "ConnectoryBackend": "connectory.airflow.backend",
    "ConnectoryHook": "connectory.airflow.hook",
    "OpenAIAgentSessionOperator": "connectory.airflow.operators.agent",
    "OpenAIAgentSessionTrigger": "connectory.airflow.triggers.agent",
    "OpenAIBatchOperator": "connectory.airflow.operators.batch",
    "OpenAIBatchTrigger": "connectory.airflow.triggers.batch",
    "OpenAIChatOperator": "connectory.airflow.operators.chat",
    "OpenAIEmbeddingOperator": "connectory.airflow.operators.embedding",
    "OpenAIHook": "connectory.airflow.hook",
    "OpenAIResponseOperator": "connectory.airflow.operators.response",
}

if TYPE_CHECKING:
    from connectory.airflow.backend import ConnectoryBackend
    from connectory.airflow.hook import ConnectoryHook, OpenAIHook
    from connectory.airflow.operators.agent import OpenAIAgentSessionOperator
    from connectory.airflow.operators.batch import OpenAIBatchOperator
    from connectory.airflow.operators.chat import OpenAIChatOperator
    from connectory.airflow.operators.embedding import OpenAIEmbeddingOperator
    from connectory.airflow.operators.response import OpenAIResponseOperator
    from connectory.airflow.triggers.agent import OpenAIAgentSessionTrigger
    from connectory.airflow.triggers.batch import OpenAIBatchTrigger

__all__ = [
    "ConnectoryBackend",
    "ConnectoryHook",
    "OpenAIAgentSessionOperator",
    "OpenAIAgentSessionTrigger",
    "OpenAIBatchOperator",
    "OpenAIBatchTrigger",
    "OpenAIChatOperator",
    "OpenAIEmbeddingOperator",
    "OpenAIHook",
    "OpenAIResponseOperator",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

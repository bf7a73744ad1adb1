"""Airflow: the connection types, a hook for every API that OpenAI serves, and what DAGs are made of.

    from connectory.airflow import OpenAIHook

Names are loaded when they are first used: Airflow reads this package to find the provider, and must not pay for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {"ConnectoryHook": "connectory.airflow.hook", "OpenAIHook": "connectory.airflow.hook"}

if TYPE_CHECKING:
    from connectory.airflow.hook import ConnectoryHook, OpenAIHook

__all__ = ["ConnectoryHook", "OpenAIHook"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

"""Names that Airflow 3.0 to 3.3 keep in different places, for tests."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

try:
    from airflow.sdk.exceptions import TaskDeferred
except ImportError:  # 3.0 and 3.1
    from airflow.exceptions import TaskDeferred  # type: ignore[no-redef]

ProvidersManager: Any
try:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime as ProvidersManager
except ImportError:  # 3.0 and 3.1
    from airflow.providers_manager import ProvidersManager

IS_AS_RECORDED = tuple(map(int, version("apache-airflow").split(".")[:2])) >= (3, 3)
"""Whether Airflow reads and hides as it did when the cases were recorded, with 3.3."""

__all__ = ["IS_AS_RECORDED", "ProvidersManager", "TaskDeferred"]

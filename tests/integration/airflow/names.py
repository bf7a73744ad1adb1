"""Names that Airflow 3.0 to 3.3 keep in different places, for tests."""

from __future__ import annotations

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

__all__ = ["ProvidersManager", "TaskDeferred"]

"""Names that Airflow 3.0 to 3.3 keep in different places; one sentence for who has another release.

Read in apache-airflow 3.0.6, 3.1.8, 3.2.2 and 3.3.2: a hook's base came into the task SDK with 3.1, its configuration
with 3.2.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

try:
    import airflow.sdk
except ModuleNotFoundError as error:
    try:
        here = f"this is Airflow {version('apache-airflow')}: upgrade it"
    except PackageNotFoundError:
        here = "there is none here: `pip install 'connectory[airflow]'` brings one"
    raise ImportError(
        f"connectory.airflow needs Airflow 3.0 or newer, and {here}, or call "
        '`connectory.connect("ID")` in a Python function, which reads AIRFLOW_CONN_ID too.'
    ) from error

try:
    from airflow.sdk import BaseHook
except ImportError:  # 3.0
    from airflow.hooks.base import BaseHook  # type: ignore[attr-defined,no-redef]

from airflow.sdk import BaseOperator

try:
    from airflow.sdk.exceptions import AirflowException
except ImportError:  # 3.0
    from airflow.exceptions import AirflowException  # type: ignore[attr-defined]

try:
    from airflow.sdk.configuration import conf
except ImportError:  # 3.0 and 3.1
    from airflow.configuration import conf

__all__ = ["AirflowException", "BaseHook", "BaseOperator", "conf"]


def is_first() -> bool:
    """Whether this is 3.0, which has no hooks in its task SDK."""
    return not hasattr(airflow.sdk, "BaseHook")


async def aconnection(hook: Any, conn_id: str) -> Any:
    """The connection, read without holding up the event loop. Where nobody answers asynchronously, in 3.0 and under
    `airflow dags test`, a thread of asgiref's reads it: a triggerer's own line to Airflow is used from no other.
    """
    if not is_first() and _is_answered_async():
        return await hook.aget_connection(conn_id)
    from asgiref.sync import sync_to_async

    return await sync_to_async(hook.get_connection)(conn_id)


def _is_answered_async() -> bool:
    """Whether who runs this task or trigger can be asked in a coroutine. The supervisor of `airflow dags test` (3.3.2)
    cannot, and `aget_connection` then says that the connection is not defined."""
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    comms = getattr(runner, "SUPERVISOR_COMMS", None)
    return comms is None or hasattr(comms, "asend")

"""Apache's hook by its own name and manners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectory.airflow.compat.hooks.assistants import Assistants
from connectory.airflow.compat.hooks.refusals import refuse
from connectory.airflow.exceptions import (
    OpenAIAgentSessionError,
    OpenAIBatchCancelled,
    OpenAIBatchJobException,
    OpenAIBatchTimeout,
    OpenAITriggerEventError,
)
from connectory.airflow.exceptions import batch_error as build_batch_error
from connectory.airflow.exceptions import judged as validate_execute_complete_event
from connectory.airflow.hook import OpenAIHook as NativeHook
from connectory.airflow.statuses import BatchStatus, TerminationReason

if TYPE_CHECKING:
    from connectory.connection import Connection

__all__ = [
    "TRIGGER_EVENT_STATUSES",
    "BatchStatus",
    "OpenAIAgentSessionError",
    "OpenAIBatchCancelled",
    "OpenAIBatchJobException",
    "OpenAIBatchTimeout",
    "OpenAIHook",
    "OpenAITriggerEventError",
    "TerminationReason",
    "build_batch_error",
    "validate_execute_complete_event",
]

TRIGGER_EVENT_STATUSES = frozenset({"success", "error", "cancelled"})


class OpenAIHook(Assistants, NativeHook):
    """OpenAI's APIs through a connection that Airflow knows.

    :param conn_id: id of the connection.
    """

    MAX_CONSECUTIVE_POLL_FAILURES = 3

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """What the form hides and how it calls the rest."""
        return {
            "hidden_fields": ["schema", "port", "login"],
            "relabeling": {"password": "API Key"},
            "placeholders": {},
        }

    def _read(self, found: Any) -> Connection:
        """Raises ValueError in Apache's words, where those have any, and else DocumentError."""
        extra = found.extra_dejson
        if isinstance(extra, dict):
            refuse(self.conn_id, extra)
        return super()._read(found)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the service lists its models; else the error's own text."""
        try:
            self.conn.models.list()
        except Exception as error:  # noqa: BLE001 (whatever it is, its text is the answer)
            return False, str(error)
        return True, "Connection established!"

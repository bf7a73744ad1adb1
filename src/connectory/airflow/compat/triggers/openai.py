"""Apache's trigger for batches by its own arguments."""

from __future__ import annotations

from typing import Any

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.statuses import BatchStatus, TerminationReason
from connectory.airflow.triggers.batch import OpenAIBatchTrigger as NativeTrigger

__all__ = ["BatchStatus", "OpenAIBatchTrigger", "OpenAIHook", "TerminationReason"]


class OpenAIBatchTrigger(NativeTrigger):
    """Waits until a batch is in progress no more.

    :param timeout: seconds to wait, from each start of a triggerer anew.
    :param end_time: when to give up, in seconds since 1970; one of the two is given.
    """

    def __init__(
        self,
        conn_id: str,
        batch_id: str,
        poll_interval: float,
        end_time: float | None = None,
        timeout: float | None = None,
    ) -> None:
        if timeout is None and end_time is None:
            raise ValueError("OpenAIBatchTrigger requires either 'timeout' or 'end_time'.")
        if timeout is not None and end_time is not None:
            raise ValueError("OpenAIBatchTrigger accepts either 'timeout' or 'end_time', not both.")
        super().__init__(conn_id, batch_id, poll_interval, end_time or 0)
        self.timeout = timeout

    def serialize(self) -> tuple[str, dict[str, Any]]:
        path, given = super().serialize()
        if self.timeout is None:
            return path, given
        del given["end_time"]
        return path, {**given, "timeout": self.timeout}

    def _limit(self) -> float:
        return super()._limit() if self.timeout is None else self.timeout

"""The trigger that waits for a batch."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from connectory.airflow.polling import Ended
from connectory.airflow.shared import shared_client, watched
from connectory.airflow.statuses import BatchStatus, TerminationReason

if TYPE_CHECKING:
    import openai

_MESSAGES = {
    BatchStatus.COMPLETED: (TerminationReason.COMPLETED, "success", "Batch {} has completed successfully."),
    BatchStatus.CANCELLING: (TerminationReason.CANCELLED, "cancelled", "Batch {} has been cancelled."),
    BatchStatus.CANCELLED: (TerminationReason.CANCELLED, "cancelled", "Batch {} has been cancelled."),
    BatchStatus.FAILED: (TerminationReason.FAILED, "error", "Batch failed:\n{}"),
    BatchStatus.EXPIRED: (
        TerminationReason.EXPIRED,
        "error",
        "Batch couldn't be completed within its completion window:\n{}",
    ),
}
"""The texts are those of Apache's provider (2.2.0)."""


class OpenAIBatchTrigger(BaseTrigger):
    """Waits until a batch is in progress no more.

    :param conn_id: id of the connection.
    :param batch_id: id of the batch.
    :param poll_interval: seconds between two looks.
    :param end_time: when to give up, in seconds since 1970. A triggerer that was started anew keeps to it.

    Its event has `status` (success, error, cancelled), `termination_reason`, `message` and `batch_id`.
    """

    def __init__(self, conn_id: str, batch_id: str, poll_interval: float, end_time: float) -> None:
        super().__init__()
        self.conn_id = conn_id
        self.batch_id = batch_id
        self.poll_interval = poll_interval
        self.end_time = end_time

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("conn_id", "batch_id", "poll_interval", "end_time")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        started = time.monotonic()
        times = {"every": self.poll_interval, "limit": self._limit()}
        ended = await watched(self.conn_id, "batches", self._look, **times, warn=self._warn)
        yield TriggerEvent(self._told(ended, time.monotonic() - started))

    def _limit(self) -> float:
        """Seconds that are left."""
        return self.end_time - time.time()

    async def _look(self, client: openai.AsyncOpenAI) -> str | None:
        status: str | None = (await client.batches.retrieve(self.batch_id)).status
        if status is None:
            raise ValueError(f"The service does not say how batch {self.batch_id} stands.")
        return None if BatchStatus.is_in_progress(status) else status

    def _warn(self, error: Exception) -> None:
        self.log.warning("Polling batch %s failed (%s); retrying.", self.batch_id, error)

    async def on_kill(self) -> None:
        """A user has ended the task: the batch ends too (Airflow 3.3)."""
        async with shared_client(self.conn_id, "batches") as client:
            await client.batches.cancel(self.batch_id)

    def _told(self, ended: Ended[str], elapsed: float) -> dict[str, Any]:
        if ended.error:
            return self._event(TerminationReason.POLLING_ERROR, "error", str(ended.error))
        if ended.result is None:
            told = f"Batch {self.batch_id} has not reached a terminal status after {elapsed:.0f} seconds."
            return self._event(TerminationReason.TIMEOUT, "error", told)
        unknown = (TerminationReason.UNEXPECTED_STATUS, "error", "Batch {} has failed.")
        reason, status, message = _MESSAGES.get(ended.result, unknown)  # type: ignore[call-overload]
        return self._event(reason, status, message.format(self.batch_id))

    def _event(self, reason: TerminationReason, status: str, message: str) -> dict[str, Any]:
        return {"status": status, "termination_reason": reason.value, "message": message, "batch_id": self.batch_id}

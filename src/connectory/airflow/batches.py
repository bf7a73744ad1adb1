"""Batches: begun, listed, waited for, cancelled, and what came of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectory.airflow.files import Files
from connectory.airflow.statuses import BatchStatus

if TYPE_CHECKING:
    from openai.types import Batch


class Batches(Files):
    """Mixed into the hook."""

    log: Any

    def create_batch(
        self,
        file_id: str,
        endpoint: Any,
        metadata: dict[str, str] | None = None,
        completion_window: Any = "24h",
        **more: Any,
    ) -> Batch:
        """Begin the batch whose requests are in a file that was sent."""
        return self._called("batches.create", **_batch(file_id, endpoint, metadata, completion_window), **more)  # type: ignore[no-any-return]

    async def acreate_batch(
        self,
        file_id: str,
        endpoint: Any,
        metadata: dict[str, str] | None = None,
        completion_window: Any = "24h",
        **more: Any,
    ) -> Batch:
        return await self._acalled("batches.create", **_batch(file_id, endpoint, metadata, completion_window), **more)  # type: ignore[no-any-return]

    def get_batch(self, batch_id: str) -> Batch:
        return self._called("batches.retrieve", batch_id=batch_id)  # type: ignore[no-any-return]

    async def aget_batch(self, batch_id: str) -> Batch:
        return await self._acalled("batches.retrieve", batch_id=batch_id)  # type: ignore[no-any-return]

    def get_batches(self, **more: Any) -> list[Batch]:
        """All batches, over all pages. `iterate_batches` gives one after the other."""
        return list(self.iterate_batches(**more))

    def iterate_batches(self, **more: Any) -> Iterator[Batch]:
        yield from self._called("batches.list", **more)

    async def aget_batches(self, **more: Any) -> list[Batch]:
        return await self._alisted("batches.list", **more)

    def cancel_batch(self, batch_id: str) -> Batch:
        return self._called("batches.cancel", batch_id=batch_id)  # type: ignore[no-any-return]

    async def acancel_batch(self, batch_id: str) -> Batch:
        return await self._acalled("batches.cancel", batch_id=batch_id)  # type: ignore[no-any-return]

    def get_batch_results(self, batch_id: str) -> list[dict[str, Any]]:
        """What came of each request of a batch that is done, the failed ones too, by their `custom_id`s.

        Raises ValueError for a file of results that is damaged or cut short.
        """
        batch = self.get_batch(batch_id)
        files = [name for name in (batch.output_file_id, batch.error_file_id) if name]
        return [line for name in files for line in _lines(name, self.get_file_content(name))]

    async def aget_batch_results(self, batch_id: str) -> list[dict[str, Any]]:
        batch = await self.aget_batch(batch_id)
        files = [name for name in (batch.output_file_id, batch.error_file_id) if name]
        return [line for name in files for line in _lines(name, await self.aget_file_content(name))]

    def account_for_batch(self, batch_id: str) -> None:
        """Tell the sink what a batch that is done has used. Without a sink nothing is asked.

        That it cannot be told is only logged: the batch has been paid for, and its results are there.
        """
        if self._wanted_sink() is None:
            return
        try:
            batch = self.get_batch(batch_id)
        except Exception as error:  # noqa: BLE001
            self.log.warning("What batch %s used could not be told: %s", batch_id, error)
            return
        began, ended = batch.created_at, batch.completed_at or batch.created_at
        self._account("batch", batch.usage, model=batch.model, started=began, latency=ended - began)

    def wait_for_batch(
        self, batch_id: str, wait_seconds: float = 3, timeout: float = 3600, *, tolerated: int = 0
    ) -> None:
        """Wait until a batch is completed; one that is not after `timeout` seconds is cancelled.

        So many looks in a row may fail as are `tolerated`.

        Raises OpenAIBatchTimeout, OpenAIBatchCancelled, OpenAIBatchJobException, and the SDK's errors.
        """
        from connectory.airflow.exceptions import OpenAIBatchTimeout, outcome

        end, failed = time.monotonic() + timeout, 0
        while True:
            if time.monotonic() >= end:
                self.cancel_quietly(batch_id)
                raise OpenAIBatchTimeout(f"Timeout: OpenAI Batch {batch_id} is not ready after {timeout}s")
            try:
                status, failed = self.get_batch(batch_id).status, 0
            except Exception as error:
                failed += 1
                if failed > tolerated:
                    raise
                self.log.warning("Looking at batch %s failed (%s); going on.", batch_id, error)
            else:
                if not BatchStatus.is_in_progress(status):
                    break
            time.sleep(max(0.0, min(wait_seconds, end - time.monotonic())))
        if problem := outcome(batch_id, status):
            raise problem

    def cancel_quietly(self, batch_id: str) -> None:
        """Ask for the end of a batch; that it could not be asked for is only logged."""
        try:
            self.cancel_batch(batch_id)
        except Exception as error:  # noqa: BLE001 (what is being told already matters more)
            self.log.warning("Failed to request cancellation of batch %s after timeout: %s", batch_id, error)


def _batch(file_id: str, endpoint: Any, metadata: dict[str, str] | None, window: Any) -> dict[str, Any]:
    return {"input_file_id": file_id, "endpoint": endpoint, "metadata": metadata, "completion_window": window}


def _lines(name: str, content: bytes) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"Line {number} of file {name} is no JSON: {error}") from None

"""The operator for batches: begun from rows or from files, waited for, and their results fetched."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.operators.asking import AskingOperator
from connectory.airflow.operators.batch_lines import failed, lines_of, requests_of
from connectory.airflow.operators.places import check_writable, opened
from connectory.airflow.polling import ERRORS_IN_A_ROW, check_seconds
from connectory.airflow.releases import conf

if TYPE_CHECKING:
    from airflow.sdk import Context

_DAY = 24 * 60 * 60.0
_SPARE = 30.0
"""Seconds before the end of a deferral in which its event still has to arrive."""

_SOURCES = ("file_id", "input_path", "rows")


class OpenAIBatchOperator(AskingOperator):
    """Begins a batch and, unless told otherwise, waits for its end.

    The requests are in a file that the service has (`file_id`), in one that is sent (`input_path`: a local path, or a
    URL of an object store), or in `rows`: one is taken.

    :param endpoint: what the requests are for, `/v1/chat/completions` say (templated).
    :param file_id: id of the file with the requests (templated).
    :param input_path: where the file with the requests is (templated).
    :param rows: bodies of requests; each may have a `custom_id` beside its `body` (templated).
    :param output_path: where the results are written, as JSON lines: a path, or a URL of an object store (templated).
    :param fetch_results: return the results, and not the id of the batch.
    :param metadata: metadata of the batch (templated).
    :param batch_kwargs: more arguments of the SDK's call.
    :param wait_for_completion: wait for the end.
    :param deferrable: wait in the triggerer.
    :param poll_interval: seconds between two looks.
    :param timeout: seconds after which the batch is cancelled.

    XCom beside what it returns: `batch_id`, as soon as there is one.
    """

    template_fields: Sequence[str] = (
        *("endpoint", "file_id", "input_path", "rows", "output_path", "metadata"),
        *AskingOperator.template_fields,
    )
    template_fields_renderers = {"metadata": "json"}  # noqa: RUF012 (Airflow's own form)

    def __init__(
        self,
        *,
        endpoint: str,
        file_id: str | None = None,
        input_path: str | None = None,
        rows: Iterable[Mapping[str, Any]] | None = None,
        output_path: str | None = None,
        fetch_results: bool = False,
        metadata: dict[str, str] | None = None,
        batch_kwargs: dict[str, Any] | None = None,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float = 60,
        timeout: float = _DAY,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        given = [name for name, value in zip(_SOURCES, (file_id, input_path, rows), strict=True) if value is not None]
        if len(given) != 1:
            raise ValueError(
                f"Task {self.task_id!r}: give one of {', '.join(map(repr, _SOURCES))}, got {given or 'none'}."
            )
        if (fetch_results or output_path) and not wait_for_completion:
            raise ValueError(f"Task {self.task_id!r}: there are no results to fetch without 'wait_for_completion'.")
        [self._given] = given
        check_seconds(poll_interval=poll_interval, timeout=timeout)
        self.endpoint = endpoint
        self.file_id = file_id
        self.input_path = input_path
        self.rows = rows
        self.output_path = output_path
        self.fetch_results = fetch_results
        self.metadata = metadata
        self.batch_kwargs = batch_kwargs or {}
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.batch_id: str | None = None

    def execute(self, context: Context) -> Any:
        if all(getattr(self, name) in (None, "") for name in _SOURCES):
            raise ValueError(f"Task {self.task_id!r}: {self._given!r} was given, and is nothing now.")
        if self.output_path:
            check_writable(self.output_path)
        file_id = self.file_id or self._sent()
        batch = self.hook.create_batch(file_id, self.endpoint, metadata=self.metadata, **self.batch_kwargs)
        self.batch_id = self._served = batch.id
        if self.do_xcom_push:
            context["ti"].xcom_push(key="batch_id", value=batch.id)
        if not self.wait_for_completion:
            self._close()
            return batch.id
        if self.deferrable:
            self._defer(batch.id)
        self.log.info("Waiting for batch %s, looking every %s seconds", batch.id, self.poll_interval)
        patience = {"wait_seconds": self.poll_interval, "timeout": self.timeout}
        self.hook.wait_for_batch(batch.id, **patience, tolerated=ERRORS_IN_A_ROW - 1)
        return self._done(batch.id)

    def execute_complete(self, context: Context, event: Any = None, batch_id: str | None = None) -> Any:
        """Goes on once the trigger has seen the batch's end; one whose time was over is cancelled."""
        from connectory.airflow.exceptions import OpenAITriggerEventError, batch_error, judged
        from connectory.airflow.statuses import TerminationReason

        told = judged(event)
        self.batch_id = self._served = batch_id or told.get("batch_id")
        if self.batch_id is None or told.get("batch_id") != self.batch_id:
            raise OpenAITriggerEventError(f"The trigger's event is of another batch than {batch_id}: {event!r}")
        if told["status"] == "success":
            return self._done(self.batch_id)
        if told.get("termination_reason") == TerminationReason.TIMEOUT:
            self.hook.cancel_quietly(self.batch_id)
        raise batch_error(told.get("message") or f"Batch {self.batch_id} failed", told.get("termination_reason"))

    def on_kill(self) -> None:
        if self.batch_id:
            self.log.info("The task was ended: cancelling batch %s", self.batch_id)
            self.hook.cancel_quietly(self.batch_id)

    def _defer(self, batch_id: str) -> None:
        from connectory.airflow.triggers.batch import OpenAIBatchTrigger

        self._close()
        # Whoever is not back when `execution_timeout` is over is never called again, and could cancel nothing.
        ends = self.execution_timeout.total_seconds() - _SPARE if self.execution_timeout else self.timeout
        until = time.time() + max(min(self.timeout, ends), 0)
        trigger = OpenAIBatchTrigger(self.conn_id, batch_id, self.poll_interval, until)
        given = {"batch_id": batch_id}
        self.defer(trigger=trigger, method_name="execute_complete", kwargs=given, timeout=self.execution_timeout)

    def _sent(self) -> str:
        """The id of the file that was sent."""
        if self.rows is None:
            content = _read(str(self.input_path))
        else:
            content = requests_of(self.rows, self.endpoint, model=self.hook.model_for(self.endpoint))
        return self.hook.send_file("requests.jsonl", content, purpose="batch").id

    def _done(self, batch_id: str) -> Any:
        with self._asking() as hook:
            hook.account_for_batch(batch_id)
            if not (self.fetch_results or self.output_path):
                return batch_id
            results = hook.get_batch_results(batch_id)
        lost = sum(map(failed, results))
        self.log.info("Batch %s has %s results", batch_id, len(results))
        if lost:
            self.log.warning("%s of the %s requests of batch %s failed", lost, len(results), batch_id)
        if self.output_path:
            _write(self.output_path, results)
        return results if self.fetch_results else self.output_path


def _read(path: str) -> bytes:
    with opened(path, "rb") as file:
        content: bytes = file.read()
    return content


def _write(path: str, results: list[dict[str, Any]]) -> None:
    lines = lines_of(results)  # before anything is opened: what was there stays if they cannot be written
    with opened(path, "wb") as file:
        file.write(lines)

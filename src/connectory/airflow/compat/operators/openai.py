"""Apache's operators by their own names and arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.compat.hooks.openai import (
    OpenAIHook,
    TerminationReason,
    build_batch_error,
    validate_execute_complete_event,
)
from connectory.airflow.compat.operators.hooked import WithApachesHook
from connectory.airflow.operators.asking import AskingOperator, text_or_list
from connectory.airflow.operators.embedding import OpenAIEmbeddingOperator as NativeEmbeddingOperator
from connectory.airflow.operators.response import OpenAIResponseOperator as NativeResponseOperator
from connectory.airflow.releases import conf

if TYPE_CHECKING:
    from airflow.sdk import Context

    from connectory.airflow.compat.triggers.openai import OpenAIBatchTrigger

__all__ = [
    "OpenAIBatchTrigger",
    "OpenAIEmbeddingOperator",
    "OpenAIHook",
    "OpenAIResponseOperator",
    "OpenAITriggerBatchOperator",
    "TerminationReason",
    "build_batch_error",
    "validate_execute_complete_event",
]


class OpenAIEmbeddingOperator(WithApachesHook, NativeEmbeddingOperator):
    """Embeds a text, or a list with one request."""

    template_fields: Sequence[str] = ("input_text", "conn_id")

    def __init__(self, conn_id: str, input_text: Any, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, input_text=input_text, batch_size=None, **kwargs)

    def execute(self, context: Context) -> list[Any]:
        if text_or_list(self.input_text) is not None:
            self.log.info("Generating embeddings for the input text of length: %d", len(self.input_text))
        embeddings = super().execute(context)
        self.log.info("Generated embeddings for %d items", len(embeddings))
        return embeddings


class OpenAIResponseOperator(WithApachesHook, NativeResponseOperator):
    """Asks for a response."""

    template_fields: Sequence[str] = ("input_text", "response_kwargs", "max_output_tokens", "max_tool_calls", "conn_id")

    def __init__(self, conn_id: str, input_text: Any, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, input_text=input_text, **kwargs)

    def _asked(self) -> Any:
        """As it was given: Apache's operator leaves it to the service to refuse it."""
        return self.input_text

    def _push(self, context: Context, response: Any) -> None:
        self.log.info("Generated response %s", response.id)
        super()._push(context, response)


class OpenAITriggerBatchOperator(WithApachesHook, AskingOperator):
    """Begins the batch of a file that the service has, and waits for its end.

    :param wait_seconds: seconds between two looks of a task that waits itself.
    :param poll_interval: the same of one that waits in the triggerer.
    """

    template_fields: Sequence[str] = ("file_id", "endpoint", "metadata", "conn_id")
    template_fields_renderers = {"metadata": "json"}  # noqa: RUF012 (Airflow's own form)

    def __init__(
        self,
        file_id: str,
        endpoint: str,
        conn_id: str = OpenAIHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        wait_seconds: float = 3,
        timeout: float = 24 * 60 * 60,
        wait_for_completion: bool = True,
        *,
        metadata: dict[str, str] | None = None,
        batch_kwargs: dict[str, Any] | None = None,
        poll_interval: float = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.file_id = file_id
        self.endpoint = endpoint
        self.deferrable = deferrable
        self.wait_seconds = wait_seconds
        self.timeout = timeout
        self.wait_for_completion = wait_for_completion
        self.metadata = metadata
        self.batch_kwargs = batch_kwargs or {}
        self.poll_interval = poll_interval
        self.batch_id: str | None = None

    def execute(self, context: Context) -> str | None:
        made = {"file_id": self.file_id, "endpoint": self.endpoint, "metadata": self.metadata}
        self.batch_id = self._served = self.hook.create_batch(**made, **self.batch_kwargs).id  # type: ignore[arg-type]
        if not self.wait_for_completion:
            return self.batch_id
        if self.deferrable:
            self._defer(self.batch_id)
        self.log.info(
            "Waiting for batch %s to complete, polling every %s seconds via wait_seconds "
            "(poll_interval is not used in non-deferrable mode)",
            self.batch_id,
            self.wait_seconds,
        )
        self.hook.wait_for_batch(self.batch_id, wait_seconds=self.wait_seconds, timeout=self.timeout)
        self._account(self.batch_id)
        return self.batch_id

    def execute_complete(self, context: Context, event: Any = None) -> str:
        """Goes on once the trigger has seen the batch's end; one whose time was over is cancelled."""
        told = validate_execute_complete_event(event)
        self._served = told.get("batch_id")
        if told["status"] != "success":
            if told.get("termination_reason") == TerminationReason.TIMEOUT:
                waited = "%s timed out waiting for batch %s; requesting cancellation."
                self.log.warning(waited, self.task_id, told["batch_id"])
                self._cancel(told["batch_id"])
            raise build_batch_error(told["message"], told.get("termination_reason"))
        self.log.info("%s completed successfully.", self.task_id)
        batch_id: str = told["batch_id"]
        self._account(batch_id)
        return batch_id

    def _account(self, batch_id: str) -> None:
        if isinstance(self.hook, OpenAIHook):  # anything may be assigned to it
            self.hook.account_for_batch(batch_id)
            self._close()

    def on_kill(self) -> None:
        if self.batch_id:
            self.log.info("on_kill: cancel the OpenAI Batch %s", self.batch_id)
            self._cancel(self.batch_id)

    def _defer(self, batch_id: str) -> None:
        from connectory.airflow.compat.triggers.openai import OpenAIBatchTrigger

        self.log.info(
            "Deferring batch %s, polling every %s seconds via poll_interval "
            "(wait_seconds is not used in deferrable mode)",
            batch_id,
            self.poll_interval,
        )
        trigger = OpenAIBatchTrigger(self.conn_id, batch_id, self.poll_interval, timeout=self.timeout)
        self.defer(trigger=trigger, method_name="execute_complete", timeout=self.execution_timeout)

    def _cancel(self, batch_id: str) -> None:
        try:
            self.hook.cancel_batch(batch_id)
        except Exception as error:  # noqa: BLE001 (what is being told already matters more)
            self.log.warning("Failed to request cancellation of batch %s: %s", batch_id, error)


def __getattr__(name: str) -> Any:
    """Apache's module has its trigger too; a DAG need not import what only triggerers run."""
    if name == "OpenAIBatchTrigger":
        from connectory.airflow.compat.triggers.openai import OpenAIBatchTrigger

        return OpenAIBatchTrigger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

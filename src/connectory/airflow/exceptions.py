"""What goes wrong with work that a service does for hours. Names and texts are those of Apache's provider (2.2.0)."""

from __future__ import annotations

from typing import Any

from connectory.airflow.releases import AirflowException
from connectory.airflow.statuses import BatchStatus, TerminationReason


class OpenAIBatchJobException(AirflowException):
    """A batch came to no good end."""


class OpenAIBatchCancelled(OpenAIBatchJobException):
    """A batch was cancelled."""


class OpenAIBatchTimeout(AirflowException):
    """A batch was not done in the time that was given to it."""


class OpenAITriggerEventError(AirflowException):
    """What a trigger sent is not what one sends."""


class OpenAIAgentSessionError(AirflowException):
    """A session of an agent failed, or cannot be had with this SDK."""


def outcome(batch_id: str, status: str) -> OpenAIBatchJobException | None:
    """What is wrong with a batch that is in progress no more; None for one that is completed."""
    match status:
        case BatchStatus.COMPLETED:
            return None
        case BatchStatus.FAILED:
            return OpenAIBatchJobException(f"Batch failed - \n{batch_id}")
        case BatchStatus.CANCELLED | BatchStatus.CANCELLING:
            return OpenAIBatchCancelled(f"Batch failed - batch was cancelled:\n{batch_id}")
        case BatchStatus.EXPIRED:
            told = "batch couldn't be completed within its completion window"
            return OpenAIBatchJobException(f"Batch failed - {told}:\n{batch_id}")
    return OpenAIBatchJobException(f"Batch failed - encountered unexpected status `{status}` for batch_id `{batch_id}`")


def batch_error(message: str, reason: str | None) -> AirflowException:
    """The exception for the event of a trigger that waited in vain."""
    if reason == TerminationReason.TIMEOUT:
        return OpenAIBatchTimeout(message)
    return OpenAIBatchCancelled(message) if reason == TerminationReason.CANCELLED else OpenAIBatchJobException(message)


def judged(event: Any = None) -> dict[str, Any]:
    """The event that a trigger has sent, if it is one. Raises OpenAITriggerEventError.

    It has come through Airflow's database, perhaps from another version of this.
    """
    if event is None:
        raise OpenAITriggerEventError("Trigger error: event is None")
    status = event.get("status") if isinstance(event, dict) else None
    if status not in ("success", "error", "cancelled"):
        raise OpenAITriggerEventError(f"Unexpected trigger event status {status!r}: {event!r}")
    found: dict[str, Any] = event
    return found

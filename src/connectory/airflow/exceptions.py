"""What goes wrong with work that a service does for hours. Names and texts are those of Apache's provider (2.2.0)."""

from __future__ import annotations

from enum import StrEnum

from airflow.sdk.exceptions import AirflowException


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


class BatchStatus(StrEnum):
    """How far a batch is (https://developers.openai.com/api/reference/resources/batches)."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @classmethod
    def is_in_progress(cls, status: str) -> bool:
        """Whether it is still being worked on."""
        return status in (cls.VALIDATING, cls.IN_PROGRESS, cls.FINALIZING)


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

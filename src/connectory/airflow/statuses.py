"""How far a batch is, and why waiting for it ended. Both without Airflow, for whoever only looks."""

from __future__ import annotations

from enum import StrEnum


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


class TerminationReason(StrEnum):
    """Why a trigger has ended."""

    TIMEOUT = "timeout"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    UNEXPECTED_STATUS = "unexpected_status"
    POLLING_ERROR = "polling_error"

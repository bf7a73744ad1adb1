"""The doctor's verdict in one sentence, for Airflow's form and shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectory.connection import Connection
    from connectory.engine.diagnosis import Report


def verdict(conn_id: str, find: Callable[[], Connection]) -> tuple[bool, str]:
    """Whether the connection works, and what the doctor says of it. Nothing is spent."""
    from connectory.engine.doctor import examine

    report = examine(conn_id, find)
    return report.failed is None, _sentence(report)


def _sentence(report: Report) -> str:
    if failed := report.failed:
        return f"{failed.name}: {failed.seen.rstrip('.')}. To mend it: {failed.fix}."
    warned = [stage for stage in report.stages if stage.state == "warning"]
    told = "".join(f" {stage.name}: {stage.seen.rstrip('.')} ({stage.fix})." for stage in warned)
    model = next(stage.seen for stage in report.stages if stage.name == "model")
    return f"Connection established: {model}.{told}"

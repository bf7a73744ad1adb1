"""The doctor's verdict in one sentence, for Airflow's form and shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectory.connection import Connection
    from connectory.engine.diagnosis import Report

_SETTING = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*)`")


def verdict(conn_id: str, find: Callable[[], Connection]) -> tuple[bool, str]:
    """Whether the connection works, and what the doctor says of it. Nothing is spent."""
    from connectory.engine.doctor import examine

    report = examine(conn_id, find)
    return report.failed is None, _in_airflows_words(_sentence(report))


def _sentence(report: Report) -> str:
    if failed := report.failed:
        return f"{failed.name}: {failed.seen.rstrip('.')}. To mend it: {failed.fix}."
    warned = [stage for stage in report.stages if stage.state == "warning"]
    told = "".join(f" {stage.name}: {stage.seen.rstrip('.')} ({stage.fix})." for stage in warned)
    model = next(stage.seen for stage in report.stages if stage.name == "model")
    return f"Connection established: {model}.{told}"


def _in_airflows_words(sentence: str) -> str:
    """With the names that settings have in a connection of Airflow's (`extra.proxy`), which is no document."""
    from connectory.dialects.airflow_keys import PATHS
    from connectory.dialects.own import in_words
    from connectory.errors import Problem

    named = _SETTING.sub(lambda found: f"`{in_words(Problem(found[1], ''), PATHS).path}`", sentence)
    return named.replace("mend the document", "mend the connection")

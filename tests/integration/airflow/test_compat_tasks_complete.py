"""No recorded case of tasks, triggers, waits and events is left out, and no difference is left unexplained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.test_compat import CASES as CALLS
from tests.integration.airflow.test_compat_operators import CASES as TASKS

AREAS = {"operator", "trigger", "wait", "event"}


def recorded() -> list[dict[str, Any]]:
    """The cases as they were handed to this project; they lie beside its checkout, if they are there at all."""
    for above in Path(__file__).resolve().parents:
        if (found := above / "shared" / "cases" / "airflow.json").exists():
            return list(json.loads(found.read_text()))
    pytest.skip("The recorded cases do not lie beside this checkout.")


def test_every_recorded_case_is_here() -> None:
    wanted = {case["id"] for case in recorded() if case["area"] in AREAS}
    assert wanted - {case["id"] for case in [*CALLS, *TASKS]} == set()


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in TASKS if ("recorded" in case) != ("why" in case)] == []

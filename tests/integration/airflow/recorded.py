"""Connections as Apache's provider was recorded with, and how they are made known to a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.far_places import FarPlaces

ID = "case_conn"
HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads(
    (HERE.parents[1] / "golden" / "airflow_connections.json").read_text(encoding="utf-8")
)
_IDENTITY = {"auth_type": "workload_identity", "identity_provider_id": "idp-123", "service_account_id": "sa-456"}


def cases(*areas: str) -> pytest.MarkDecorator:
    """Cases that take 10 s and more, since nothing answers, are for the long tests."""
    chosen = [
        pytest.param(case, id=case["id"].replace(" ", "-"), marks=[pytest.mark.long] if case.get("long") else [])
        for case in CASES
        if case["area"] in areas
    ]
    return pytest.mark.parametrize("case", chosen)


def variables(given: dict[str, Any], places: FarPlaces, folder: Path) -> dict[str, str]:
    """The environment of the task."""
    return {
        **places.environment,
        **given.get("env", {}),
        f"AIRFLOW_CONN_{ID.upper()}": given["value"] if "value" in given else _value(given, folder),
    }


def _value(given: dict[str, Any], folder: Path) -> str:
    connection = dict(given["connection"]) if "connection" in given else {"extra": {**_IDENTITY, **given["extra"]}}
    if "file" in given:
        connection["extra"]["token_file_path"] = str(folder / "token")
    if given.get("file"):
        (folder / "token").write_text(given["file"])
    return json.dumps({"conn_type": "openai", **connection})

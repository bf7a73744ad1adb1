"""What Apache's provider and Airflow's task SDK were recorded to do, and where we do otherwise on purpose.

Every case says what we do; `recorded` and `why` stand in those where the original does something else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

import connectory
from connectory.catalog import Catalog
from connectory.dialects import own
from connectory.dialects.airflow_uri import to_uri
from connectory.dialects.airflow_value import AirflowFields, parse
from connectory.dialects.plain_values import Wrong
from connectory.errors import ConnectionNotFound, DocumentError, Problem

GOLDEN = Path(__file__).parents[2] / "golden" / "airflow.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))


def cases(*areas: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", [case for case in CASES if case["area"] in areas], ids=lambda case: case["id"]
    )


def pairs(problems: tuple[Problem, ...]) -> list[list[str]]:
    return [[problem.path, problem.message] for problem in problems]


@cases("parse")
def test_values_are_read_as_the_task_sdk_reads_them(case: dict[str, Any]) -> None:
    assert parsed(case["given"]["value"]) == case["expect"]


@cases("roundtrip")
def test_uris_are_written_as_the_task_sdk_writes_them(case: dict[str, Any]) -> None:
    uri = to_uri(case["given"]["fields"])
    assert {"uri": uri, **parsed(uri)} == case["expect"]


@cases("kwargs", "client", "resolve", "x509")
def test_connections_are_read_as_recorded(case: dict[str, Any], tmp_path: Path) -> None:
    expect = {key: value for key, value in case["expect"].items() if key != "client"}
    assert found(case["given"], tmp_path) == expect


@pytest.mark.parametrize("case", [case for case in CASES if "client" in case["expect"]], ids=lambda case: case["id"])
def test_clients_are_made_as_recorded(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case["given"].get("env", {}).items():
        monkeypatch.setenv(name, value)
    with connectory.connect(catalog(case["given"], tmp_path).find("case_conn")) as client:
        assert {
            "base_url": str(client.base_url),
            "api_key": client.api_key,
            "admin_api_key": client.admin_api_key,
            "timeout": by_phase(client.timeout),
            "max_retries": client.max_retries,
            "organization": client.organization,
            "project": client.project,
            "headers": dict(client._custom_headers),
            "query": dict(client._custom_query),
        } == case["expect"]["client"]


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in CASES if ("recorded" in case) != ("why" in case)] == []


def catalog(given: dict[str, Any], home: Path) -> Catalog:
    value = given.get("value") or ""
    if "connection" in given:
        value = json.dumps({"conn_type": "openai", **given["connection"]})
    return Catalog.open({"CONNECTORY_HOME": str(home), "AIRFLOW_CONN_CASE_CONN": value, **given.get("env", {})})


def found(given: dict[str, Any], home: Path) -> dict[str, Any]:
    try:
        connection = catalog(given, home).find("case_conn")
    except DocumentError as error:
        return {"problems": pairs(error.problems)}
    except ConnectionNotFound as error:
        return {"error": error.code}
    warnings = {"warnings": pairs(connection.warnings)} if connection.warnings else {}
    return {"document": own.write(connection), **warnings}


def parsed(value: str) -> dict[str, Any]:
    try:
        fields = parse(value)
    except Wrong as wrong:
        return {"problems": pairs(wrong.problems)}
    return {"problems": pairs(fields.problems)} if fields.problems else {"fields": as_recorded(fields)}


def as_recorded(fields: AirflowFields) -> dict[str, Any]:
    names = ("conn_type", "host", "login", "password", "port", "schema")
    return {**{name: getattr(fields, name) for name in names}, "extra": dict(fields.extra)}


def by_phase(timeout: object) -> object:
    if not isinstance(timeout, httpx2.Timeout):
        return timeout
    phases = {"connect": timeout.connect, "read": timeout.read, "write": timeout.write, "pool": timeout.pool}
    return phases if set(phases.values()) != {None} else None

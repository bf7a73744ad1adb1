"""No recorded case of these areas is left out, where the recordings are at hand."""

from __future__ import annotations

import json

import pytest

from tests.integration.airflow.recorded import CASES, HERE

AREAS = {"kwargs", "client", "parse", "roundtrip", "resolve", "wif", "x509", "subject", "testconn", "mask"}


def test_every_recorded_case_has_its_place() -> None:
    places = [folder / "shared" / "cases" / "airflow.json" for folder in HERE.parents]
    found = next((file for file in places if file.is_file()), None)
    if found is None:
        pytest.skip("the recordings are not here")
    recorded = {case["id"] for case in json.loads(found.read_text(encoding="utf-8")) if case["area"] in AREAS}
    assert recorded - {case["id"] for case in CASES} == set()

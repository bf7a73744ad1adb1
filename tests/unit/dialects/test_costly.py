"""No document costs its reader much: each is judged in under a second and 200 MB, in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dialects.costly import MB, READERS

ROOT = Path(__file__).parents[3]
CPU = 1.0
"""Seconds of CPU, which do not depend on what else the machine does."""


@pytest.fixture(scope="module", params=READERS)
def costs(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.unit.dialects.costly", request.param]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_takes_less_than_a_second_and_little_memory(costs: list[dict[str, Any]]) -> None:
    assert len(costs) >= 60
    assert [cost for cost in costs if cost["seconds"] > CPU or cost["memory"] > 200 * MB] == []


def test_what_is_said_of_each_is_short_and_has_no_inner_error(costs: list[dict[str, Any]]) -> None:
    assert [cost for cost in costs if cost["inner"] or len(cost["said"] or "") > 20_000] == []

"""Beside Airflow 2, which this provider is not for: one sentence where somebody asks, and silence everywhere else."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectory.airflow.provider_info import get_provider_info

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

AIRFLOW = Path(sys.executable).with_name("airflow")


@pytest.fixture(autouse=True, scope="module")
def _airflow_2() -> None:
    try:
        found = importlib.metadata.version("apache-airflow")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if not found.startswith("2."):
        pytest.skip("needs an Airflow 2 (`make test-airflow`)")


@pytest.mark.parametrize(
    "module",
    [
        *("hook", "backend", "decorators", "exceptions", "operators.chat", "operators.batch", "triggers.agent"),
        *("compat.hooks.openai", "compat.operators.openai", "compat.operators.agent", "compat.triggers.openai"),
    ],
)
def test_import_says_what_to_do(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import connectory.airflow.{module}"], capture_output=True, text=True)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("ImportError: connectory.airflow needs Airflow 3.0 or newer, and this is Airflow 2.")
    assert ': upgrade it, or call `connectory.connect("ID")` in a Python function' in said


def test_provider_tells_its_name_and_nothing_else() -> None:
    assert get_provider_info().keys() == {"package-name", "name", "description"}


def test_airflow_lists_the_provider_and_complains_of_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    for words, there in ((("providers", "list"), True), (("providers", "hooks"), False)):
        done = subprocess.run([AIRFLOW, *words], env=environment, capture_output=True, text=True, check=True)
        assert ("connectory" in done.stdout) is there
        assert "connectory" not in done.stderr
        assert "Error" not in done.stdout + done.stderr


def test_client_of_a_connection_works_all_the_same() -> None:
    program = "import connectory; print(connectory.connect('there').base_url)"
    environment = {**os.environ, "AIRFLOW_CONN_THERE": "openai://:sk-test@https%3A%2F%2Fllm.corp%2Fv1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "https://llm.corp/v1/"

"""Who has which connection type, in a real Airflow: the table of docs/airflow.md, for whichever is installed here.

`make test-long` runs it where connectory is alone, and beside `apache-airflow-providers-openai` (`make test-airflow`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from connectory.airflow.form import form_fields

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

AIRFLOW = Path(sys.executable).with_name("airflow")
APACHES = "apache-airflow-providers-openai"
FORMS = """
import json
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
told = {each.connection_type: sorted(each.extra_fields or {}) for each in HookMetaService.hook_meta_data()}
print(json.dumps(told))
"""
QUIET = ("INFO", "[info", "setup plugin alembic")
"""What Airflow's commands say on standard error when all is well."""

Told = Callable[..., Any]


def _apaches_is_here() -> bool:
    try:
        version(APACHES)
    except PackageNotFoundError:
        return False
    return True


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What a program of Airflow's tells in JSON; a word of warning from it is a failure."""
    home = str(tmp_path_factory.mktemp("airflow"))

    def run(*words: str | Path) -> Any:
        done = subprocess.run(
            words, env={**os.environ, "AIRFLOW_HOME": home}, capture_output=True, text=True, check=True
        )
        assert [line for line in done.stderr.splitlines() if not any(quiet in line for quiet in QUIET)] == []
        assert "warning" not in done.stdout.lower()
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_every_type_has_the_hook_that_the_table_says(told: Told) -> None:
    hooks = {row["connection_type"]: row for row in told(AIRFLOW, "providers", "hooks", "-o", "json")}
    found = {name: (hooks[name]["class"], hooks[name]["package_name"]) for name in ("connectory", "openai")}
    apaches = ("airflow.providers.openai.hooks.openai.OpenAIHook", APACHES)
    assert found == {
        "connectory": ("connectory.airflow.hook.ConnectoryHook", "connectory"),
        "openai": apaches if _apaches_is_here() else ("connectory.airflow.hook.OpenAIHook", "connectory"),
    }


def test_every_type_has_the_form_that_the_table_says(told: Told) -> None:
    forms, ours = told(sys.executable, "-c", FORMS), sorted(form_fields())
    assert (forms["connectory"], forms["openai"]) == (ours, [] if _apaches_is_here() else ours)


def test_all_providers_are_listed(told: Told) -> None:
    listed = {row["package_name"] for row in told(AIRFLOW, "providers", "list", "-o", "json")}
    assert {"connectory", APACHES} & listed == ({"connectory", APACHES} if _apaches_is_here() else {"connectory"})

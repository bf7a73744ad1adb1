"""From a running Airflow into the store: what `airflow connections export` writes, piped and in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

AIRFLOW = Path(sys.executable).with_name("airflow")
CONNECTORY = Path(sys.executable).with_name("connectory")
KEY = "sk-kept+/=:@0123456789"
EXTRA = {"openai_client_kwargs": {"timeout": 30, "organization": "org-1"}, "model": "small"}
CONNECTIONS = {
    "openai_default": {"conn_type": "openai", "password": KEY, "host": "https://llm.corp/v1", "extra": EXTRA},
    "ours": {"conn_type": "connectory", "password": "sk-other-0123456789", "extra": {"provider": "openai"}},
    "short": {"conn_type": "fs", "password": "pw"},
}

Airflow = Callable[..., str]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """The command of an Airflow that knows the connections. `short` makes it complain of a password's length."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "connections.json").write_text(json.dumps(CONNECTIONS))

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [AIRFLOW, *words], env={**os.environ, "AIRFLOW_HOME": str(home)}, capture_output=True, text=True, check=True
        )
        return done.stdout

    run("db", "migrate")
    run("connections", "import", home / "connections.json")
    return run


@pytest.mark.parametrize("form", ["json", "yaml", "env"])
@pytest.mark.parametrize("piped", [True, False], ids=["piped", "file"])
def test_export_is_imported_whole(airflow: Airflow, form: str, piped: bool, tmp_path: Path) -> None:
    file = tmp_path / f"connections.{form}"
    said = airflow("connections", "export", "-" if piped else file, "--file-format", form)
    environment = {**os.environ, "CONNECTORY_HOME": str(tmp_path / "home")}

    def connectory(*words: str | Path) -> str:
        done = subprocess.run(
            [CONNECTORY, *words], input=said, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = json.loads(connectory("connection", "import", "-" if piped else file, "--json"))
    assert (told["added"], told["refused"], told["missing_secrets"]) == (["openai_default", "ours"], [], {})
    assert len(told["skipped"]) == 1
    written = connectory("connection", "export", "openai_default", "--to", "airflow", "--with-secrets")
    kept = json.loads(written)["openai_default"]
    assert (kept["host"], kept["password"]) == ("https://llm.corp/v1", KEY)
    extra = kept["extra"] if isinstance(kept["extra"], dict) else json.loads(kept["extra"])
    assert extra == EXTRA


def test_export_can_be_looked_over(airflow: Airflow) -> None:
    exported = airflow("connections", "export", "-")
    done = subprocess.run(
        [CONNECTORY, "lint-airflow", "-"], input=exported, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert KEY not in done.stdout

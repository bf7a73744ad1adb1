"""The example DAGs in a real Airflow on SQLite, deferral and all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory.airflow import example_dags
from tests.upstream import BatchService, OpenAIService, RotatingTokenFile, TokenExchange, running
from tests.upstream.answers.models import MODELS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

MODELS_ASKED = [*MODELS, "gpt-4o-mini", "gpt-4.1-mini"]
AIRFLOW = Path(sys.executable).with_name("airflow")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An Airflow with a database, and a connection `openai_default`."""
    home = tmp_path_factory.mktemp("airflow")
    service = BatchService(keys={"sk-test"}, statuses=["in_progress", "completed"], models=MODELS_ASKED)
    exchange = TokenExchange(subject_tokens={"subject-1"}, identity_provider_id="idp", service_account_id="sa")
    token = RotatingTokenFile(home / "token")
    token.rotate("subject-1")
    with (
        running(service) as upstream,
        running(exchange) as place,
        running(OpenAIService(keys=exchange.tokens, models=MODELS_ASKED)) as trusting,
    ):
        connection = {"conn_type": "openai", "password": "sk-test", "host": f"{upstream.url}/v1"}
        identity = {
            "auth_type": "workload_identity",
            "workload_identity_provider": "kubernetes",
            "identity_provider_id": "idp",
            "service_account_id": "sa",
            "token_file_path": str(token.path),
            "exchange_url": f"{place.url}/oauth/token",
        }
        of_workload = {"conn_type": "openai", "host": f"{trusting.url}/v1", "extra": identity}
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        environment = {
            **kept,
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(example_dags.__path__[0]),
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW_CONN_OPENAI_DEFAULT": json.dumps(connection),
            "AIRFLOW_CONN_OPENAI_IDENTITY": json.dumps(of_workload),
        }
        airflow(environment, "db", "migrate")
        yield environment


def airflow(environment: dict[str, str], *words: str) -> str:
    """What the command printed. Fails with it if the command does."""
    done = subprocess.run([AIRFLOW, *words], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("dag", "said"),
    [
        ("chat", "responses.create took"),
        ("batch", "'You said: What is the capital of Spain?'"),
        ("embeddings", "embeddings.create took"),
        ("connection", "chat.completions.create took"),
        ("identity", "You said: Say hello in five words."),
    ],
)
def test_example_runs(environment: dict[str, str], dag: str, said: str) -> None:
    printed = airflow(environment, "dags", "test", f"example_connectory_{dag}")
    assert said in printed
    assert "DagRun Finished" in printed
    assert "state=failed" not in printed
    # Airflow 3.0 itself tells its supervisor in so many words, in lines for debugging, what is to be masked.
    assert "sk-test" not in re.sub(r"msg=MaskSecret\(.*", "", printed)


def test_connection_is_tested_by_airflows_own_command(environment: dict[str, str]) -> None:
    assert "Connection success!" in airflow(environment, "connections", "test", "openai_default")


def test_connection_of_our_type_is_added_and_read(environment: dict[str, str]) -> None:
    added = ("connections", "add", "ours", "--conn-type", "connectory", "--conn-password", "sk-other-0123456789")
    airflow(environment, *added, "--conn-extra", json.dumps({"provider": "openai", "model": "gpt-4.1-mini"}))
    assert "connectory" in airflow(environment, "connections", "get", "ours", "-o", "json")


def test_deferred_batch_finds_a_connection_of_the_database(environment: dict[str, str]) -> None:
    given = json.loads(environment["AIRFLOW_CONN_OPENAI_DEFAULT"])
    without = {name: value for name, value in environment.items() if name != "AIRFLOW_CONN_OPENAI_DEFAULT"}
    words = ("--conn-type", "openai", "--conn-host", given["host"], "--conn-password", given["password"])
    airflow(without, "connections", "add", "openai_default", *words)
    try:
        said = airflow(without, "dags", "test", "example_connectory_batch")
    finally:
        airflow(without, "connections", "delete", "openai_default")
    assert "'You said: What is the capital of Spain?'" in said


def test_sink_is_told_which_task_has_asked(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "accounts.py").write_text(_ACCOUNTS.format(file=tmp_path / "events.jsonl"))
    path = os.pathsep.join(filter(None, (str(tmp_path), environment.get("PYTHONPATH"))))
    told = {"PYTHONPATH": path, "AIRFLOW__CONNECTORY__USAGE_SINK": "accounts.take"}
    airflow({**environment, **told}, "dags", "test", "example_connectory_chat")
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(event["endpoint"], event["labels"]["task_id"]) for event in events] == [
        ("chat", "fact"),
        ("responses", "headline"),
    ]
    for event in events:
        labels = event["labels"]
        assert (labels["dag_id"], labels["try_number"], event["tokens"] > 0) == ("example_connectory_chat", "1", True)
        assert labels["run_id"]


_ACCOUNTS = """
import json

def take(event):
    told = {{"endpoint": event.endpoint, "labels": dict(event.labels), "tokens": event.usage.total_tokens}}
    with open("{file}", "a") as file:
        file.write(json.dumps(told) + "\\n")
"""


def test_openlineage_hears_of_the_batch_and_of_its_files(environment: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("airflow.providers.openlineage", reason="OpenLineage's provider is not installed here")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "told.py").write_text(_TOLD.format(folder=tmp_path))
    (tmp_path / "rows.jsonl").write_text(_ROW)
    events = tmp_path / "events.jsonl"
    transport = {"type": "file", "log_file_path": str(events), "append": True}
    told = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "False",
    }
    airflow({**environment, **told}, "dags", "test", "told")
    ended = [json.loads(line) for line in events.read_text().splitlines() if '"COMPLETE"' in line]
    [of_task] = [event for event in ended if event["job"]["name"] == "told.ask"]
    assert of_task["run"]["facets"]["externalQuery"]["externalQueryId"].startswith("batch_")
    assert [each["name"] for each in of_task["outputs"]] == [str(tmp_path / "results.jsonl")]


_ROW = json.dumps(
    {
        "custom_id": "1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Hello"}]},
    }
)
_TOLD = """
from airflow.sdk import dag
from connectory.airflow import OpenAIBatchOperator

@dag(schedule=None)
def told():
    OpenAIBatchOperator(
        task_id="ask",
        endpoint="/v1/chat/completions",
        input_path="file://{folder}/rows.jsonl",
        output_path="file://{folder}/results.jsonl",
        poll_interval=0.1,
    )

told()
"""

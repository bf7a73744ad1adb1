"""Our operators as tasks of a LocalExecutor, over connections from everywhere that Airflow has them from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory.demo.model_process import ModelProcess, NoModel
from connectory.secret import Secret
from tests.integration.airflow.real.conftest import KEYS, Here

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_every_operator_does_its_work(here: Here, tmp_path: Path) -> None:
    rest = here.airflow.rest
    run = rest.run("every_operator", folder=f"file://{tmp_path}")
    assert set(run.tasks.values()) == {"success"}, run
    assert "Hello" in rest.xcom(run, "chat")
    assert "Hello" in rest.xcom(run, "response")
    assert rest.xcom(run, "response", "usage")["try_number"] == 1
    assert "Hello from {{ dag.dag_id }}" in rest.xcom(run, "decorated")  # what a function says is no template
    assert isinstance(rest.xcom(run, "embed_one")[0], float)
    assert len(rest.xcom(run, "embed_many")) == 3
    assert [each["custom_id"] for each in rest.xcom(run, "batch")] == ["1", "2", "3"]
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 3
    assert rest.xcom(run, "agent") == rest.xcom(run, "agent_deferred") == "sess_1"
    said = rest.said(run, "chat")
    assert "chat.completions.create took" in said
    assert KEYS["default"] not in said


def test_dag_for_apaches_provider_runs_with_other_imports(here: Here) -> None:
    run = here.airflow.rest.run("by_apaches_names")
    assert set(run.tasks.values()) == {"success"}, run
    assert here.airflow.rest.xcom(run, "deferred").startswith("batch_")


@pytest.fixture(scope="module")
def ways(here: Here) -> dict[str, str]:
    """Ids of connections that came to Airflow in all ways but the form's, with the key of each."""
    url, added = f"{here.service.url}/v1", {}
    for way in ("cli_fields", "cli_uri", "cli_json"):
        added[way] = f"sk-{way.replace('_', '-')}-0123456789"
    here.services.keys |= set(added.values())
    encoded = url.replace(":", "%3A").replace("/", "%2F")
    stated = {"conn_type": "connectory", "password": added["cli_json"], "host": url, "extra": {"provider": "other"}}
    here.airflow.command(
        *("connections", "add", "cli_fields", "--conn-type", "openai", "--conn-password", added["cli_fields"]),
        *("--conn-host", url, "--conn-extra", json.dumps({"openai_client_kwargs": {"timeout": 20}})),
    )
    here.airflow.command("connections", "add", "cli_uri", "--conn-uri", f"openai://:{added['cli_uri']}@{encoded}")
    here.airflow.command("connections", "add", "cli_json", "--conn-json", json.dumps(stated))
    return {**added, **{way: KEYS[way] for way in ("env_json", "env_uri")}, "from_file": KEYS["file"]}


def test_connection_is_taken_from_wherever_airflow_has_it(here: Here, ways: dict[str, str]) -> None:
    rest = here.airflow.rest
    here.service.clear()
    begun = {way: rest.begin("asking", conn_id=way) for way in ways}
    ended = {way: rest.wait("asking", run).state for way, run in begun.items()}
    assert ended == dict.fromkeys(ways, "success")
    sent = {request.header("Authorization") for request in here.service.requests}
    assert sent == {f"Bearer {key}" for key in ways.values()}


@pytest.mark.parametrize("way", ["cli_fields", "cli_json", "env_uri", "from_file"])
def test_connection_is_tested_by_airflows_own_command(here: Here, ways: dict[str, str], way: str) -> None:
    printed = here.airflow.command("connections", "test", way)
    assert "Connection success!" in printed
    assert ways[way] not in printed


@pytest.fixture(scope="module")
def real_model(here: Here) -> Iterator[str]:
    """The id of a connection to the demo's language model, which Airflow has in its database."""
    key = "sk-of-the-real-model"
    try:
        model = ModelProcess([Secret(key)])
        with model:
            fields = {"conn_type": "openai", "host": f"{model.address}/v1", "password": key}
            here.airflow.rest.ask("POST", "/connections", {"connection_id": "real_model", **fields})
            yield "real_model"
    except NoModel as missing:
        pytest.skip(str(missing))


def test_real_model_answers_every_operator_that_it_can_serve(here: Here, real_model: str) -> None:
    rest = here.airflow.rest
    run = rest.run("real_model", conn_id=real_model)
    assert set(run.tasks.values()) == {"success"}, run
    assert rest.xcom(run, "chat")
    assert rest.xcom(run, "response")
    assert rest.xcom(run, "decorated")
    assert [len(vector) for vector in rest.xcom(run, "embed")] == [576, 576, 576]

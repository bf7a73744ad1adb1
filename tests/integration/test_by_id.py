"""Connections by id: what a variable or the configuration file says becomes clients and answers."""

import json
from pathlib import Path

import pytest

from connectory import ConnectionNotFound, UsageEvent, aconnect, aexecute, connect, execute
from connectory.catalog import Catalog
from connectory.keeping.changes import add, update
from connectory.keeping.edits import Edit
from connectory.secret import Secret
from tests.integration.connections import ECHO, HELLO, KEY
from tests.upstream import Upstream


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))


def airflow_variable(service: Upstream) -> str:
    extra = {"model": "gpt-test"}
    return json.dumps({"conn_type": "openai", "password": KEY, "host": f"{service.url}/v1", "extra": extra})


def test_default_id_is_airflows(service: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OPENAI_DEFAULT", airflow_variable(service))
    with connect() as client:
        answer = client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "Hello there"}])
    assert answer.choices[0].message.content == ECHO


@pytest.mark.anyio
async def test_default_id_is_airflows_in_async_too(service: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OPENAI_DEFAULT", airflow_variable(service))
    async with aconnect() as client:
        assert (await client.models.list()).data


def test_configuration_file_is_read(service: Upstream, tmp_path: Path) -> None:
    document = f"{{url: '{service.url}/v1', model: gpt-test, credential: {{api_key: {KEY}}}}}"
    (tmp_path / "connectory.yml").write_text(f"connectory.connections: {{from-file: {document}}}")
    events: list[UsageEvent] = []
    assert execute("from-file", HELLO, sink=events.append).ok
    assert events[0].connection == "from-file"


def test_space_is_told_in_the_event(service: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LLM", airflow_variable(service))
    events: list[UsageEvent] = []
    execute("llm", HELLO, space="team-a", sink=events.append)
    assert events[0].space == "team-a"


def test_unknown_id_is_told_at_once() -> None:
    for call in (connect, aconnect):
        with pytest.raises(ConnectionNotFound, match="nobody"):
            call("nobody")
    with pytest.raises(ConnectionNotFound):
        execute("nobody", HELLO)
    with pytest.raises(ConnectionNotFound):
        aexecute("nobody", HELLO)


def test_store_in_the_home_is_looked_into(service: Upstream) -> None:
    store = Catalog.open().writable_store()
    edit = Edit(
        values={("url",): f"{service.url}/v1", ("model",): "gpt-test"}, secrets={("credential", "api_key"): Secret(KEY)}
    )
    add(store, "kept", edit, by="ann")
    with connect("kept") as client:
        assert client.models.list().data
    assert execute("kept", HELLO).ok
    update(store, "kept", Edit(values={("model",): "another"}), by="ann")
    assert execute("kept", HELLO).status == 404

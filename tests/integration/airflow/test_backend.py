"""The secrets backend: connections of connectory's file and store, as Airflow reads them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectory.airflow import ConnectoryBackend, releases
from connectory.airflow.reading import connection_of

FILE = """
connectory.connections:
  ours:
    provider: other
    url: https://llm.corp/v1
    model: small
    credential: {api_key: sk-planted-0123456789}
    headers: {X-Team: blue}
  broken: {colour: red}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if releases.is_first():
        pytest.skip("Airflow 3.0")
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    (tmp_path / "connectory.yml").write_text(FILE)
    return tmp_path / "connectory.yml"


def test_connection_reads_as_it_was_written(file: Path) -> None:
    found = ConnectoryBackend(config=str(file)).get_connection("ours")
    assert found is not None
    assert (found.host, found.password) == ("https://llm.corp/v1", "sk-planted-0123456789")
    read = connection_of(found)
    assert (read.provider.name, read.model, read.headers) == ("other", "small", {"X-Team": "blue"})


def test_secret_of_a_variable_is_read_for_airflow(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(FILE.replace("sk-planted-0123456789", "{env: KEPT_ELSEWHERE}"))
    monkeypatch.setenv("KEPT_ELSEWHERE", "sk-elsewhere-0123456789")
    found = ConnectoryBackend(config=str(file)).get_connection("ours")
    assert found is not None
    assert found.password == "sk-elsewhere-0123456789"


def test_secret_that_cannot_be_read_is_named(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_text(FILE.replace("sk-planted-0123456789", "{env: KEPT_NOWHERE}"))
    with caplog.at_level(logging.WARNING), pytest.raises(Exception, match="env:KEPT_NOWHERE cannot be read"):
        ConnectoryBackend(config=str(file)).get_conn_value("ours")
    assert "credential.api_key: env:KEPT_NOWHERE cannot be read: the variable is not set" in caplog.text


@pytest.mark.parametrize("wrong", [{"config": 5}, {"database_url": []}, {"cache_seconds": "soon"}, {"confg": "x"}])
def test_wrong_argument_is_named(file: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
        ConnectoryBackend(**wrong)


def test_what_is_not_known_here_is_left_to_others(file: Path) -> None:
    assert ConnectoryBackend(config=str(file)).get_connection("nobody") is None


def test_variables_of_airflow_are_left_to_airflow(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_THEIRS", "openai://:sk@")
    assert ConnectoryBackend(config=str(file)).get_connection("theirs") is None


def test_wrong_connection_is_told_of_with_the_name_of_the_backend(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(Exception, match="colour"):
        ConnectoryBackend(config=str(file)).get_conn_value("broken")
    assert "connectory's secrets backend has no connection 'broken' to give" in caplog.text


def test_connection_is_kept_for_a_while(file: Path) -> None:
    for_long, never = (ConnectoryBackend(config=str(file), cache_seconds=seconds) for seconds in (60, 0))
    first = for_long.get_conn_value("ours"), never.get_conn_value("ours")
    file.write_text(FILE.replace("sk-planted-0123456789", "sk-another-0123456789"))
    assert for_long.get_conn_value("ours") == first[0]
    assert "sk-another" in str(never.get_conn_value("ours"))


@pytest.mark.skipif(not releases.is_first(), reason="Airflow 3.0 only")
def test_first_release_is_told_what_to_do_in_one_sentence() -> None:
    with pytest.raises(RuntimeError, match=r"needs Airflow 3\.1 or newer, and this is 3\.0: take it out of "):
        ConnectoryBackend()


def test_connection_of_the_store_is_read(file: Path) -> None:
    file.write_text("")
    shell = Path(sys.executable).with_name("connectory")
    variables = {**os.environ, "CONNECTORY_HOME": str(file.parent), "KEY": "sk-stored-0123456789"}
    words = ("add", "stored", "--provider", "other", "--url", "https://llm.corp/v1", "--secret-from", "env:KEY")
    subprocess.run([shell, "connection", *words], env=variables, check=True, capture_output=True)
    found = ConnectoryBackend().get_connection("stored")
    assert found is not None
    assert (found.host, found.password) == ("https://llm.corp/v1", "sk-stored-0123456789")
    there = ConnectoryBackend(database_url=f"sqlite:///{file.parent / 'connectory.db'}").get_connection("stored")
    assert there is not None


def test_no_more_than_some_connections_are_kept(file: Path) -> None:
    named = "\n".join(f"  c{number}: {{url: https://llm.corp/v1, credential: {{api_key: k}}}}" for number in range(300))
    file.write_text(f"connectory.connections:\n{named}\n")
    backend = ConnectoryBackend(config=str(file))
    assert all(backend.get_conn_value(f"c{number}") for number in range(300))
    assert len(backend._kept) == 256


def test_connection_that_is_added_is_found(file: Path) -> None:
    backend = ConnectoryBackend(config=str(file))
    assert backend.get_conn_value("another") is None
    file.write_text(FILE + "  another: {url: https://llm.corp/v1, credential: {api_key: k}}\n")
    assert backend.get_conn_value("another")

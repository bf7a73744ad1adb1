"""The demo's connections: what the visitor is shown, and what the catalog makes of it."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

import pytest

from connectory.catalog import Catalog
from connectory.connection import secrets_of
from connectory.demo.definitions import Definitions, Keys, write_definitions
from connectory.demo.service import Service

SERVICE = Service(url="http://127.0.0.1:1/v1", model="small", about="")
AZURE = "http://127.0.0.1:2"


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def definitions(tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Definitions:
    written = write_definitions(tmp_path, SERVICE, AZURE, keys)
    for name, value in written.environ.items():
        monkeypatch.setenv(name, value)  # a reference to a variable is read where the program runs
    return written


def test_catalog_finds_every_definition_with_its_provider(definitions: Definitions) -> None:
    found = {entry.id: entry.connection for entry in Catalog.open(definitions.environ).entries()}
    assert {id: connection and connection.provider.name for id, connection in found.items()} == {
        "openai_default": "openai",
        "openai_embeddings": "openai",
        "azure-openai": "azure",
        "azure-embeddings": "azure",
        "local-llm": "other",
        "local-embeddings": "other",
    }


def test_each_definition_posts_to_its_own_endpoint(definitions: Definitions) -> None:
    catalog = Catalog.open(definitions.environ)
    posts = {entry.id: catalog.find(entry.id).endpoint_url("small") for entry in catalog.entries()}
    assert posts == {
        "openai_default": "http://127.0.0.1:1/v1/chat/completions",
        "openai_embeddings": "http://127.0.0.1:1/v1/embeddings",
        "azure-openai": "http://127.0.0.1:2/openai/deployments/small/chat/completions?api-version=2024-10-21",
        "azure-embeddings": "http://127.0.0.1:2/openai/deployments/small/embeddings?api-version=2024-10-21",
        "local-llm": "http://127.0.0.1:1/v1/chat/completions",
        "local-embeddings": "http://127.0.0.1:1/v1/embeddings",
    }


def test_each_definition_has_the_key_of_its_service(definitions: Definitions, keys: Keys) -> None:
    catalog = Catalog.open(definitions.environ)
    of_connection = {"openai_default": keys.openai, "azure-openai": keys.azure, "local-llm": keys.local}
    for id, key in of_connection.items():
        assert [secret.reveal() for _, secret in secrets_of(catalog.find(id))] == [key.reveal()]


def test_visitor_sees_no_key(definitions: Definitions) -> None:
    assert not [definition.id for definition in definitions.connections if "sk-" in definition.text]


def test_visitor_sees_what_was_written(definitions: Definitions, keys: Keys) -> None:
    file = Path(definitions.environ["CONNECTORY_CONFIG"]).read_text()
    airflow, elastic, ours = (definition.text for definition in definitions.connections)
    assert airflow.replace("***", keys.openai.reveal()) == definitions.environ["AIRFLOW_CONN_OPENAI_DEFAULT"]
    assert elastic.replace("***", keys.azure.reveal()) in file
    assert ours in file


def test_exports_say_the_same_as_the_environment(definitions: Definitions) -> None:
    words = shlex.split(definitions.exports.read_text())
    assert dict(word.split("=", 1) for word in words if word != "export") == definitions.environ


def test_written_files_are_for_nobody_else(definitions: Definitions, tmp_path: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_keys_are_new_in_every_run() -> None:
    every = [secret.reveal() for keys in (Keys(), Keys()) for secret in (*keys.of_service, keys.azure)]
    assert len(set(every)) == 8

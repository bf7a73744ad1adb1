"""The demo's connections: what the visitor is shown, and what the catalog makes of it."""

from __future__ import annotations

import base64
import contextlib
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory.catalog import Catalog
from connectory.connection import Connection, secrets_of
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.demo.connections import CONNECTIONS
from connectory.demo.definitions import Definitions, write_definitions
from connectory.demo.exchange import Exchange, Workload
from connectory.demo.keys import Keys
from connectory.demo.service import Service
from connectory.demo.stage import Stage
from connectory.subject_tokens.kubernetes import KubernetesToken

SERVICE = Service(url="http://127.0.0.1:1/v1", model="small", about="")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Exchange(Workload()) as exchange:
        yield Stage(folder=tmp_path, service=SERVICE, exchange=exchange, keys=Keys())


@pytest.fixture
def definitions(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Definitions]:
    with contextlib.ExitStack() as stack:
        written = write_definitions(stage.folder, [stack.enter_context(each(stage)) for each in CONNECTIONS])
        for name, value in written.environ.items():
            monkeypatch.setenv(name, value)  # a reference to a variable is read where the program runs
        yield written


def found(definitions: Definitions, id: str) -> Connection:
    return Catalog.open(definitions.environ).find(id)


def origins(definitions: Definitions) -> dict[str, str]:
    """Of what a definition leads to, by id."""
    urls = {
        definition.id: address.url for definition in definitions.connections for address in definition.addresses[:1]
    }
    return {id: url.rpartition("/")[0] for id, url in urls.items()}


def test_catalog_finds_every_definition_with_its_provider(definitions: Definitions) -> None:
    entries = {entry.id: entry.connection for entry in Catalog.open(definitions.environ).entries()}
    assert {id: connection and connection.provider.name for id, connection in entries.items()} == {
        "openai_default": "openai",
        "openai_embeddings": "openai",
        "azure-openai": "azure",
        "azure-embeddings": "azure",
        "local-llm": "other",
        "local-embeddings": "other",
        "openai_pod": "openai",
        "pod_embeddings": "openai",
        "mtls-llm": "other",
        "mtls-embeddings": "other",
    }


def test_catalog_has_nothing_to_say_of_any(definitions: Definitions) -> None:
    entries = Catalog.open(definitions.environ).entries()
    assert [(entry.id, entry.problems) for entry in entries if entry.problems] == []
    assert [(entry.id, found(definitions, entry.id).warnings) for entry in entries if entry.connection] == [
        (entry.id, ()) for entry in entries
    ]


def test_each_definition_posts_to_its_own_endpoint(definitions: Definitions) -> None:
    catalog = Catalog.open(definitions.environ)
    posts = {entry.id: catalog.find(entry.id).endpoint_url("small") for entry in catalog.entries()}
    at = origins(definitions)
    assert posts == {
        "openai_default": "http://127.0.0.1:1/v1/chat/completions",
        "openai_embeddings": "http://127.0.0.1:1/v1/embeddings",
        "azure-openai": f"{at['azure-openai']}/openai/deployments/small/chat/completions?api-version=2024-10-21",
        "azure-embeddings": f"{at['azure-openai']}/openai/deployments/small/embeddings?api-version=2024-10-21",
        "local-llm": "http://127.0.0.1:1/v1/chat/completions",
        "local-embeddings": "http://127.0.0.1:1/v1/embeddings",
        "openai_pod": f"{at['openai_pod']}/v1/chat/completions",
        "pod_embeddings": f"{at['openai_pod']}/v1/embeddings",
        "mtls-llm": f"{at['mtls-llm']}/v1/chat/completions",
        "mtls-embeddings": f"{at['mtls-llm']}/v1/embeddings",
    }


def test_each_definition_has_the_key_of_its_service(definitions: Definitions, stage: Stage) -> None:
    of_connection = {
        "openai_default": stage.keys.openai,
        "azure-openai": stage.keys.azure,
        "local-llm": stage.keys.local,
    }
    for id, key in of_connection.items():
        assert [secret.reveal() for _, secret in secrets_of(found(definitions, id))] == [key.reveal()]


def test_pod_has_no_key_but_a_token_to_exchange(definitions: Definitions, stage: Stage) -> None:
    connection = found(definitions, "openai_pod")
    file = stage.folder / "token"
    assert connection.credential == WorkloadIdentity(
        identity_provider_id="idp_demo",
        service_account_id="sa_demo",
        source=KubernetesToken(token_file_path=str(file)),
    )
    assert connection.identity_endpoints.exchange_url == stage.exchange.url
    assert file.read_text() == stage.exchange.workload.token.reveal()
    assert list(secrets_of(connection)) == []


def test_certificate_takes_the_place_of_a_key(definitions: Definitions) -> None:
    connection = found(definitions, "mtls-llm")
    assert (connection.credential.kind, connection.tls.verification) == ("none", "full")
    assert {name for name, _ in secrets_of(connection)} == {"tls.certificate", "tls.private_key", "tls.ca"}


def test_visitor_sees_no_secret(definitions: Definitions, stage: Stage) -> None:
    shown = "".join(definition.text + definition.operator for definition in definitions.connections)
    ids = [definition.id for definition in definitions.connections]
    secrets = {secret.reveal() for id in ids for _, secret in secrets_of(found(definitions, id))}
    secrets |= {base64.b64encode(secret.encode()).decode() for secret in secrets}
    secrets.add(stage.exchange.workload.token.reveal())
    assert [secret for secret in secrets if secret in shown or secret in repr(definitions)] == []


def test_visitor_sees_what_was_written(definitions: Definitions, stage: Stage) -> None:
    file = Path(definitions.environ["CONNECTORY_CONFIG"]).read_text()
    airflow, elastic, ours, pod, certificate = definitions.connections
    assert airflow.text.replace("***", stage.keys.openai.reveal()) == definitions.environ["AIRFLOW_CONN_OPENAI_DEFAULT"]
    assert elastic.text.replace("***", stage.keys.azure.reveal()) in file
    assert ours.text in file
    assert (pod.text, pod.operator in file) == (definitions.environ["AIRFLOW_CONN_OPENAI_POD"], True)
    heading, *lines = certificate.text.splitlines()
    assert [line for line in (heading, *(line.partition('"')[0] for line in lines)) if line not in file] == []


def test_exports_say_the_same_as_the_environment(definitions: Definitions) -> None:
    words = shlex.split(definitions.exports.read_text())
    assert dict(word.split("=", 1) for word in words if word != "export") == definitions.environ


def test_written_files_are_for_nobody_else(definitions: Definitions, tmp_path: Path) -> None:
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert files == dict.fromkeys(("connectory.yml", "exports", "server.pem", "token"), 0o600)


def test_secrets_are_new_in_every_run() -> None:
    every = [secret.reveal() for keys in (Keys(), Keys()) for secret in (*keys.of_service, keys.azure)]
    every += [Workload().token.reveal(), Workload().token.reveal()]
    assert len(set(every)) == 10

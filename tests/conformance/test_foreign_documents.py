"""Every kind of credential and every token source is read from Airflow's and Elastic's documents, and written in
Elastic's: `auth_type` names the kind, `workload_identity_provider` the source, and the settings of both stand beside
them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from connectory.connection import Connection
from connectory.credential import Credential
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import airflow, kibana, kibana_api, own
from connectory.dialects.airflow_uri import to_uri
from connectory.errors import DocumentError
from connectory.secret import Secret
from connectory.setting import Setting
from tests.conformance.examples import connection_with, examples, secrets_in, settings

PROVIDERS = {"openai": "OpenAI", "azure": "Azure OpenAI", "other": "Other"}

each_example = pytest.mark.parametrize(
    "credential",
    [pytest.param(credential, id=name) for name, credential in examples() if credential.kind != DEFAULT_KIND],
)


@each_example
def test_airflow_has_all_of_them_in_its_extra(credential: Credential) -> None:
    given = airflow.read("case", airflow_document(credential))
    assert (given.credential, left_alone(given)) == (credential, [])


@each_example
def test_an_airflow_uri_has_all_of_them_as_text(credential: Credential) -> None:
    document = airflow_document(credential)
    query = urlencode({key: text_of(value) for key, value in document["extra"].items()})
    given = airflow.read("case", f"openai://{urlencode({'': document['host']})[1:]}/?{query}")
    assert (given.credential, left_alone(given)) == (credential, [])


@each_example
def test_elastic_has_secrets_among_them_in_secrets_and_the_others_in_config(credential: Credential) -> None:
    given = kibana.read("case", elastic_document(credential), default_model="m")
    assert (given.credential, left_alone(given)) == (credential, [])


@each_example
def test_elastic_gets_all_of_them_written(credential: Credential) -> None:
    given = dataclasses.replace(connection_with(credential), model="m")
    entry = kibana.write(given)
    assert kibana.read("case", json.loads(json.dumps(entry))) == given
    assert [secret for secret in secrets_in(credential) if secret in json.dumps(entry["config"])] == []
    public = kibana.write(given, public=True)
    assert {**entry, "secrets": {}} == {**public, "secrets": {}}


@each_example
def test_a_body_of_kibanas_api_gets_all_of_them_too(credential: Credential) -> None:
    given = dataclasses.replace(connection_with(credential), model="m")
    assert kibana_api.read("case", json.loads(json.dumps(kibana_api.write(given)))) == given


@each_example
def test_what_kibana_gives_out_of_them_has_secrets_missing_and_no_more(credential: Credential) -> None:
    given = dataclasses.replace(connection_with(credential), model="m")
    body = {**kibana_api.write(given, public=True), "is_missing_secrets": False}
    again = kibana_api.read("case", body)
    assert (again.credential == credential) is not any(secrets_in(credential))
    assert ("secrets" in [warning.path for warning in again.warnings]) is any(secrets_in(credential))


@each_example
def test_elastic_says_of_each_that_stands_in_the_other_part_where_it_belongs(credential: Credential) -> None:
    document = elastic_document(credential)
    places = {key: ("config", "secrets") for key, setting, _ in flat(credential) if setting}
    places |= {key: ("secrets", "config") for key, setting, _ in flat(credential) if setting and setting.type is Secret}
    for key, (right, wrong) in places.items():
        document[wrong][key] = document[right].pop(key)
    told = {f"{wrong}.{key}": f"belongs under `{right}`" for key, (right, wrong) in places.items()}
    assert {path: message for path, message in refusals(document) if "belongs" in message} == told


@each_example
def test_no_secret_is_in_the_error_of_a_wrong_foreign_document(credential: Credential) -> None:
    wrong_airflow = airflow_document(credential) | {"host": "no URL"}
    wrong_elastic = elastic_document(credential)
    wrong_elastic["config"]["apiUrl"] = "no URL"
    for read, document in ((airflow.read, wrong_airflow), (kibana.read, wrong_elastic)):
        with pytest.raises(DocumentError) as caught:
            read("case", document)
        said = f"{caught.value} {caught.value!r}"
        assert [secret for secret in secrets_in(credential) if secret in said] == []


@each_example
def test_null_means_that_a_setting_was_left_out(credential: Credential) -> None:
    document = {"password": "k", "extra": {key: None for key, _, _ in flat(credential)}}
    assert airflow.read("case", document) == airflow.read("case", {"password": "k"})


@each_example
def test_beside_a_key_they_are_left_alone_with_a_warning_in_airflow(credential: Credential) -> None:
    document = {"password": "k", "extra": {key: value for key, _, value in flat(credential)}}
    assert left_alone(airflow.read("case", document)) == [f"extra.{key}" for key, _, _ in flat(credential)]


def airflow_document(credential: Credential) -> dict[str, Any]:
    given = connection_with(credential)
    extra = {key: value for key, _, value in flat(credential)}
    return {"host": given.url, "extra": {"provider": given.provider.name, "auth_type": credential.kind, **extra}}


def elastic_document(credential: Credential) -> dict[str, Any]:
    given = connection_with(credential)
    config: dict[str, Any] = {
        "apiProvider": PROVIDERS[given.provider.name],
        "apiUrl": given.url,
        "defaultModel": "m",
        "auth_type": credential.kind,
    }
    secrets: dict[str, Any] = {}
    for key, setting, value in flat(credential):
        (secrets if setting and setting.type is Secret else config)[key] = value
    return {"name": "n", "actionTypeId": ".gen-ai", "config": config, "secrets": secrets}


def flat(credential: Credential) -> Iterator[tuple[str, Setting | None, Any]]:
    """The keys of a foreign document, made of what the kind declares; a source's name has no setting of its own."""
    written = own.write(connection_with(credential))["credential"]
    declared = settings(type(credential))
    for name, value in written.items():
        if name == "kind":
            continue
        if isinstance(value, dict):
            inner = settings(type(getattr(credential, name)))
            yield "workload_identity_provider", None, value.pop("kind")
            yield from ((own_name, inner[own_name], inner_value) for own_name, inner_value in value.items())
        else:
            yield credential.flat_prefix + name, declared[name], value


def refusals(document: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        kibana.read("case", document, default_model="m")
    except DocumentError as error:
        return [(problem.path, problem.message) for problem in error.problems]
    return []


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def left_alone(connection: Connection) -> list[str]:
    return [warning.path for warning in connection.warnings if "left alone" in warning.message]


@pytest.mark.parametrize("credential", [pytest.param(credential, id=name) for name, credential in examples()])
def test_airflows_words_say_all_of_it(credential: Credential) -> None:
    given = connection_with(credential)
    written = airflow.write(given)
    for value in (written, json.dumps(written), to_uri(written)):
        assert airflow.read("case", value) == given


@pytest.mark.parametrize("credential", [pytest.param(credential, id=name) for name, credential in examples()])
def test_their_public_form_has_no_secret(credential: Credential) -> None:
    public = json.dumps(airflow.write(connection_with(credential), public=True))
    assert [secret for secret in secrets_in(credential) if secret in public] == []

"""Changes to a document, as flags and arguments say them."""

from __future__ import annotations

import pytest

from connectory.errors import CallerError
from connectory.keeping.edits import Edit, value_at
from connectory.keeping.places import part_at, parts, secret_at
from connectory.secret import Secret


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("url", ("url",)),
        ("client.timeout", ("client", "timeout")),
        ("headers.X-Team.a", ("headers", "X-Team.a")),
        ("labels.cost center", ("labels", "cost center")),
        ("azure.deployments.gpt-4.1", ("azure", "deployments", "gpt-4.1")),
        ("client.default_headers.X", ("client", "default_headers", "X")),
        ("client.base_url", ("client", "base_url")),
        ("credential.source.audience", ("credential", "source", "audience")),
        ("credential.kind", ("credential", "kind")),
    ],
)
def test_a_path_leads_to_a_part(path: str, place: tuple[str, ...]) -> None:
    assert part_at(path).place == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("api_key", ("credential", "api_key")),
        ("client_secret", ("credential", "client_secret")),
        ("private_key", ("tls", "private_key")),
        ("tls.ca", ("tls", "ca")),
        ("proxy_password", ("network", "proxy_password")),
        ("headers.X-Api-Key", ("headers", "X-Api-Key")),
    ],
)
def test_a_secret_is_found_by_the_end_of_its_path(path: str, place: tuple[str, ...]) -> None:
    assert secret_at(path).place == place


def test_a_path_that_leads_nowhere_names_the_nearest() -> None:
    with pytest.raises(CallerError, match=r"no `client.timeot` in a connection. Did you mean 'client.timeout'\?"):
        part_at("client.timeot")


def test_every_kind_of_credential_has_its_parts() -> None:
    places = {part.place for part in parts()}
    assert {("credential", "tenant_id"), ("credential", "source", "token_file_path"), ("tls", "ca_mode")} <= places


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("client.timeout", "10", "10"),
        ("client.timeout", "null", None),
        ("client.timeout", '{"connect": 1}', {"connect": 1}),
        ("client.default_query.tags", '["a"]', ["a"]),
        ("model", "gpt-4.1", "gpt-4.1"),
    ],
)
def test_an_argument_is_text_unless_it_is_json(path: str, text: str, value: object) -> None:
    assert value_at(path, text)[1] == value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("credential.api_key", "whatever"),
        ("tls.private_key", "whatever"),
        ("headers.Authorization", "Basic eDp5"),
        ("headers.X-Team", "sk-proj-0123456789abcdef"),
        ("client.default_headers.api-key", "canary-1"),
        ("client.default_query.key", "canary-2"),
        ("url", "https://user:secret@host/v1"),
        ("model", "sk-proj-0123456789abcdef"),
        ("headers", '{"api-key": "canary-3"}'),
        ("client.default_headers", '{"Cookie": "canary-4"}'),
        ("client.default_query", '{"a": {"api_key": "canary-5"}}'),
        ("client.default_query.list", '["sk-proj-0123456789abcdef"]'),
        ("foreign.airflow.password", "canary-6"),
        ("foreign.airflow", '{"password": "canary-7"}'),
    ],
)
def test_a_secret_is_never_taken_from_an_argument_nor_repeated(path: str, text: str) -> None:
    with pytest.raises(CallerError, match="never taken from an argument") as caught:
        value_at(path, text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("name", "Basic models"),
        ("labels.team", "sk-production"),
        ("headers", '{"X-Team": "blue"}'),
        ("url", "https://h/v1"),
    ],
)
def test_words_that_only_look_like_a_secret_are_taken(path: str, text: str) -> None:
    assert value_at(path, text)


def test_the_advice_leads_to_where_a_secret_can_be_given() -> None:
    for path, text in (("url", "https://u:p@h/v1"), ("headers.api-key", "canary"), ("network.proxy", "http://u:p@h")):
        with pytest.raises(CallerError) as caught:
            value_at(path, text)
        advised = str(caught.value).partition("--secret-from ")[2].partition("=")[0]
        assert secret_at(advised)


@pytest.mark.parametrize("path", ["labels.team", "url", "client.default_query.page", "client.timeout"])
def test_what_is_no_secret_is_not_taken_for_one(path: str) -> None:
    with pytest.raises(CallerError, match="is no secret"):
        secret_at(path)


def test_a_section_is_set_part_by_part() -> None:
    with pytest.raises(CallerError, match="`tls` has parts of its own"):
        value_at("tls", "{}")


def test_an_edit_puts_takes_away_and_leaves_the_rest() -> None:
    edit = Edit(
        values={("client", "timeout"): "5"},
        secrets={("headers", "X-Api-Key"): Secret("k")},
        unset=(("labels", "team"),),
    )
    document = {"model": "m", "labels": {"team": "blue"}, "client": {"max_retries": 1}}
    assert edit.of(document) == {
        "model": "m",
        "client": {"max_retries": 1, "timeout": "5"},
        "headers": {"X-Api-Key": Secret("k")},
    }
    assert document["labels"] == {"team": "blue"}


def test_another_kind_of_credential_begins_anew() -> None:
    edit = Edit(values={("credential", "kind"): "entra", ("credential", "tenant_id"): "t"})
    assert edit.of({"credential": {"kind": "api_key", "api_key": "k"}}) == {
        "credential": {"kind": "entra", "tenant_id": "t"}
    }


def test_the_same_kind_again_changes_nothing_else() -> None:
    edit = Edit(values={("credential", "kind"): "api_key"})
    assert edit.of({"credential": {"api_key": "k"}}) == {"credential": {"kind": "api_key", "api_key": "k"}}


def test_another_source_of_tokens_begins_anew() -> None:
    edit = Edit(values={("credential", "source", "kind"): "gcp"})
    document = {"credential": {"kind": "workload_identity", "source": {"kind": "azure", "resource": "r"}}}
    assert edit.of(document) == {"credential": {"kind": "workload_identity", "source": {"kind": "gcp"}}}


def test_a_key_for_a_connection_without_one_makes_it_one_with_a_key() -> None:
    edit = Edit(secrets={("credential", "api_key"): Secret("k")})
    assert edit.of({"credential": {"kind": "none"}}) == {"credential": {"kind": "api_key", "api_key": Secret("k")}}

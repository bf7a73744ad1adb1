"""What an Airflow connection says that means nothing here is kept, and an export puts it back."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.connection import ForeignSettings
from connectory.dialects import airflow, own
from connectory.dialects.airflow_translation import Translation
from connectory.dialects.airflow_value import from_mapping
from connectory.errors import DialectError, Problem
from connectory.secret import Secret

IDENTITY = {
    "auth_type": "workload_identity",
    "identity_provider_id": "idp-123",
    "service_account_id": "sa-456",
    "workload_identity_provider": "kubernetes",
}
X509 = {"workload_identity": {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}}
KWARGS = "openai_client_kwargs"


def kept(**fields: Any) -> dict[str, str]:
    given = airflow.read("case", {"conn_type": "openai", "password": "k", **fields})
    assert airflow.read("case", airflow.write(given)) == given
    return {place: secret.reveal() for place, secret in given.foreign.airflow.items()}


@pytest.mark.parametrize(
    ("fields", "leftovers"),
    [
        ({}, {}),
        ({"login": "me", "team_name": "blue"}, {"login": '"me"', "team_name": '"blue"'}),
        ({"conn_type": "http"}, {"conn_type": '"http"'}),
        ({"conn_type": "connectory"}, {"conn_type": '"connectory"'}),
        ({"conn_type": None}, {}),
        ({"host": "https://h", "port": 8443, "schema": "v1"}, {}),
        ({"host": "https://h:1/v1", "port": 2, "schema": "v2"}, {"port": "2", "schema": '"v2"'}),
        ({"host": "https://h/v1", "schema": "https"}, {}),
        ({"host": "https://h/v1", "schema": "http"}, {"schema": '"http"'}),
        ({"port": 8080, "schema": "v1"}, {"port": "8080", "schema": '"v1"'}),
        ({"login": "", "schema": None, "port": "", "extra": {"my_key": None, "yours": ""}}, {}),
    ],
)
def test_fields_that_mean_nothing_are_kept(fields: dict[str, Any], leftovers: dict[str, str]) -> None:
    assert kept(**fields) == leftovers


@pytest.mark.parametrize(
    ("extra", "leftovers"),
    [
        ({"my_key": {"a": [1, None]}}, {"extra.my_key": '{"a": [1, null]}'}),
        ({"audience": "a"}, {"extra.audience": '"a"'}),
        ({"a.b": 1, "": 2, 'q"': 3}, {"extra": '{"a.b": 1, "": 2, "q\\"": 3}'}),
        ({"openai_client_kwargs.api_key": 1}, {"extra": '{"openai_client_kwargs.api_key": 1}'}),
        ({"sk-proj-canary-0123456789": 1}, {"extra": '{"sk-proj-canary-0123456789": 1}'}),
        ({"half": "\ud800"}, {"extra.half": '"\\ud800"'}),
    ],
)
def test_keys_of_the_extra_too_and_those_that_are_no_words_together(
    extra: dict[str, Any], leftovers: dict[str, str]
) -> None:
    assert kept(extra=extra) == leftovers


@pytest.mark.parametrize(
    ("fields", "leftovers"),
    [
        ({"extra": {KWARGS: {"api_key": "sk"}}}, {"password": '"k"'}),
        ({"host": "h", "port": 1, "extra": {KWARGS: {"base_url": "https://u"}}}, {"host": '"h"', "port": "1"}),
        ({"extra": {"auth_type": "none"}}, {"password": '"k"'}),
        (
            {"password": None, "extra": {"auth_type": "none", KWARGS: {"api_key": "sk"}}},
            {"extra.openai_client_kwargs.api_key": '"sk"'},
        ),
        (
            {"extra": {**IDENTITY, KWARGS: X509}},
            {"password": '"k"', **{f"extra.{key}": f'"{value}"' for key, value in IDENTITY.items()}},
        ),
        ({"description": "d", "extra": {"description": "e"}}, {"extra.description": '"e"'}),
        ({"extra": {"auth_type": "none", "project": "p"}}, {"password": '"k"', "extra.project": '"p"'}),
    ],
)
def test_so_is_what_something_else_wins_over(fields: dict[str, Any], leftovers: dict[str, str]) -> None:
    assert kept(**fields) == leftovers


def test_a_description_and_a_setting_of_a_key_are_left_alone_with_a_warning() -> None:
    extra = {"auth_type": "none", "project": "p", "description": "e"}
    assert airflow.read("case", {"description": "d", "extra": extra}).warnings == (
        Problem("extra.description", "is left alone: the connection has a description of its own"),
        Problem("extra.project", "is left alone: it goes with an API key; `openai_client_kwargs` has one for all"),
    )


def test_a_kept_secret_is_one() -> None:
    given = airflow.read("case", {"password": "k", "extra": {"token": "canary-0123456789"}})
    assert given.foreign.airflow == {"extra.token": Secret('"canary-0123456789"')}
    assert "canary" not in repr(given)
    assert "foreign" not in own.write(given, public=True)


def test_what_json_cannot_hold_is_refused() -> None:
    translation = Translation("case", from_mapping({"password": "k", "extra": {"my_key": {1}}}))
    assert translation.problems == [Problem("extra.my_key", "must be made of what JSON can hold")]


@pytest.mark.parametrize(
    ("leftovers", "problem"),
    [
        ({"hello": "1"}, Problem("foreign.airflow.hello", "is no place in an Airflow connection")),
        ({"extra.a.b": "1"}, Problem("foreign.airflow.extra.a.b", "is no place in an Airflow connection")),
        ({"login": "me"}, Problem("foreign.airflow.login", "is no JSON from line 1, column 1 on")),
        ({"extra": "1"}, Problem("foreign.airflow.extra", "must be an object, not a number")),
        ({"login": "5"}, Problem("login", "must be text, not a number")),
        (
            {"extra.model": '"m"'},
            Problem("foreign.airflow.extra.model", "does not go with what the connection says now; remove it there"),
        ),
    ],
)
def test_leftovers_that_cannot_be_put_back_are_named(leftovers: dict[str, str], problem: Problem) -> None:
    document = {"url": "https://h", "credential": {"api_key": "k"}, "foreign": {"airflow": leftovers}}
    with pytest.raises(DialectError) as caught:
        airflow.write(own.read("case", document))
    assert problem in caught.value.problems


def test_a_reference_among_them_is_named_too() -> None:
    document = {"credential": {"api_key": "k"}, "foreign": {"airflow": {"extra.token": {"env": "TOKEN"}}}}
    with pytest.raises(DialectError) as caught:
        airflow.write(own.read("case", document))
    assert [problem.path for problem in caught.value.problems] == ["foreign.airflow.extra.token"]


def test_what_kibana_left_stands_in_the_extra_and_airflows_own_does_not() -> None:
    document = {"credential": {"api_key": "k"}, "foreign": {"kibana": {"temperature": 0.5}}}
    written = airflow.write(own.read("case", document))
    assert written["extra"] == {"foreign": {"kibana": {"temperature": 0.5}}}
    assert airflow.read("case", written).foreign == ForeignSettings(kibana={"temperature": 0.5})
    written["extra"]["foreign"]["airflow"] = {"login": '"me"'}
    problem = Problem("extra.foreign.airflow", "is what the rest of the connection says; leave it out")
    assert Translation("case", from_mapping(written)).problems == [problem]

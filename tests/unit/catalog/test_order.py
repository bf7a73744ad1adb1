"""A connection is looked for in four places, and the first that has it wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectory.catalog import Catalog
from connectory.dialects import own
from connectory.errors import ConnectionNotFound, DocumentError
from tests.unit.catalog.conftest import Opened

OURS = '{"url": "https://ours/v1", "credential": {"api_key": "k"}}'
AIRFLOWS = '{"conn_type": "openai", "host": "https://airflow/v1", "password": "k"}'
FILE = """
    connectory.connections.my-id:
      url: https://file/v1
      credential: {api_key: k}
    xpack.actions.preconfigured.my-id:
      name: Elastic's
      actionTypeId: .gen-ai
      config: {apiProvider: OpenAI, apiUrl: "https://elastic/v1"}
      secrets: {apiKey: k}
"""
ELASTICS = FILE.replace("connectory.connections.my-id", "connectory.connections.another")
PLACES = {
    "CONNECTORY_CONNECTION_MY_ID": OURS,
    "AIRFLOW_CONN_MY-ID": AIRFLOWS,
    "AIRFLOW_CONN_MY_ID": AIRFLOWS.replace("airflow", "underscored"),
}


@pytest.mark.parametrize(
    ("variables", "url", "source"),
    [
        (list(PLACES), "https://ours/v1", "variable CONNECTORY_CONNECTION_MY_ID"),
        (list(PLACES)[1:], "https://airflow/v1", "variable AIRFLOW_CONN_MY-ID"),
        (list(PLACES)[2:], "https://underscored/v1", "variable AIRFLOW_CONN_MY_ID"),
    ],
)
def test_variables_come_first_in_this_order(opened: Opened, variables: list[str], url: str, source: str) -> None:
    found = opened(FILE, **{name: PLACES[name] for name in variables}).find("my-id")
    assert (found.url, found.source) == (url, source)


def test_then_the_files_own_connections(opened: Opened, home: Path) -> None:
    found = opened(FILE).find("my-id")
    assert (found.url, found.source) == ("https://file/v1", f"{home}/connectory.yml: connectory.connections.my-id")


def test_then_elastics_preconfigured_ones(opened: Opened, home: Path) -> None:
    found = opened(ELASTICS).find("my-id")
    source = f"{home}/connectory.yml: xpack.actions.preconfigured.my-id"
    assert (found.url, found.source) == ("https://elastic/v1", source)


def test_an_empty_variable_is_not_there(opened: Opened) -> None:
    assert opened(FILE, CONNECTORY_CONNECTION_MY_ID="", AIRFLOW_CONN_MY_ID="").find("my-id").url == "https://file/v1"


def test_a_wrong_document_is_not_passed_over(opened: Opened) -> None:
    with pytest.raises(DocumentError) as caught:
        opened(FILE, CONNECTORY_CONNECTION_MY_ID='{"url": 1}').find("my-id")
    assert caught.value.subject == "connection 'my-id' (variable CONNECTORY_CONNECTION_MY_ID)"


@pytest.mark.parametrize(
    ("id", "variable"),
    [
        ("openai_default", "CONNECTORY_CONNECTION_OPENAI_DEFAULT"),
        ("my-id", "CONNECTORY_CONNECTION_MY_ID"),
        ("my.id", "CONNECTORY_CONNECTION_MY_ID"),
        ("Team.A-1", "CONNECTORY_CONNECTION_TEAM_A_1"),
        ("my-id", "AIRFLOW_CONN_MY-ID"),
        ("my-id", "AIRFLOW_CONN_MY_ID"),
        ("my.id", "AIRFLOW_CONN_MY.ID"),
        ("my.id", "AIRFLOW_CONN_MY_ID"),
    ],
)
def test_variables_are_named_after_the_id(opened: Opened, id: str, variable: str) -> None:
    assert opened(**{variable: AIRFLOWS}).find(id).id == id


def test_an_id_that_nobody_knows_is_not_found_and_says_where_it_was_looked_for(opened: Opened, home: Path) -> None:
    with pytest.raises(ConnectionNotFound) as caught:
        opened(FILE, AIRFLOW_CONN_MY_ID_2=AIRFLOWS).find("myid")
    assert (caught.value.looked_in, caught.value.nearest) == (
        (
            "variable CONNECTORY_CONNECTION_MYID",
            "variable AIRFLOW_CONN_MYID",
            f"file {home}/connectory.yml",
            f"store {home}/connectory.db, which is not there",
        ),
        ("my-id", "my_id_2"),
    )


def test_file_that_is_not_there_is_told_so(home: Path) -> None:
    with pytest.raises(ConnectionNotFound) as caught:
        Catalog.open({"CONNECTORY_HOME": str(home)}).find("myid")
    assert f"file {home}/connectory.yml, which is not there" in caught.value.looked_in


def test_nothing_is_near_to_a_strange_id(opened: Opened) -> None:
    with pytest.raises(ConnectionNotFound) as caught:
        opened(FILE).find("xyz")
    assert caught.value.nearest == ()


@pytest.mark.parametrize("id", ["", "é", "\ud800", "a b", "a=b", "a\0b", "../x", "_x", "new"])
def test_ids_that_no_connection_can_have_are_not_found(opened: Opened, id: str) -> None:
    with pytest.raises(ConnectionNotFound):
        opened().find(id)


def test_the_process_environment_is_asked_without_stumbling_over_strange_ids(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTORY_HOME", str(home))
    monkeypatch.delenv("CONNECTORY_CONFIG", raising=False)
    with pytest.raises(ConnectionNotFound):
        Catalog.open().find("\ud800")


def test_a_space_is_given_to_what_is_found(opened: Opened) -> None:
    assert opened(FILE).find("my-id", space="lab").space == "lab"


# ---- what a variable holds


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (OURS, "https://ours/v1"),
        (f"  {OURS}\n", "https://ours/v1"),
        (AIRFLOWS, "https://airflow/v1"),
        ('{"uri": "openai://:k@https%3A%2F%2Furi%2Fv1"}', "https://uri/v1"),
        ("openai://:k@https%3A%2F%2Ftext%2Fv1", "https://text/v1"),
    ],
)
def test_a_variable_of_ours_may_hold_ours_or_airflows(opened: Opened, value: str, url: str) -> None:
    assert opened(CONNECTORY_CONNECTION_A=value).find("a").url == url


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("[1]", "must be an object, not a list"),
        ('"openai://:k@h"', "must be an object, not text"),
        ("17", "must be an object, not a number"),
        ("null", "must be an object, not null"),
        ("{'url': 'x'}", "is no JSON from line 1, column 2 on"),
        ("{" * 9, "is no JSON from line 1, column 2 on"),
        ("[" * 100_000, "has more than 100 levels of lists and objects in each other, the most that are read"),
        ("[" * 100 + "]" * 100, "must be an object, not a list"),
    ],
)
def test_other_json_is_ours_and_is_refused_as_such(opened: Opened, value: str, problem: str) -> None:
    with pytest.raises(DocumentError) as caught:
        opened(CONNECTORY_CONNECTION_A=value).find("a")
    assert [(found.path, found.message) for found in caught.value.problems] == [("", problem)]


def test_a_variable_of_airflows_is_always_airflows(opened: Opened) -> None:
    with pytest.raises(DocumentError) as caught:
        opened(AIRFLOW_CONN_A=OURS).find("a")
    assert {problem.path for problem in caught.value.problems} == {"url", "credential", "password"}


def test_a_connection_of_another_type_is_read_when_it_is_asked_for(opened: Opened) -> None:
    value = json.dumps({"conn_type": "http", "host": "https://h/v1", "password": "k"})
    assert own.write(opened(AIRFLOW_CONN_A=value).find("a")) == {
        "provider": "openai",
        "url": "https://h/v1",
        "credential": {"kind": "api_key", "api_key": "k"},
        "foreign": {"airflow": {"conn_type": '"http"'}},
    }


@pytest.mark.parametrize("variable", ["CONNECTORY_CONNECTION_A", "AIRFLOW_CONN_A"])
def test_but_with_a_warning(opened: Opened, variable: str) -> None:
    assert opened(**{variable: "postgresql://u:k@h/db"}).find("a").warnings[0].path == "conn_type"


def test_a_key_that_stands_twice_in_our_json_is_refused_at_its_path(opened: Opened) -> None:
    value = '{"url": "https://a", "client": {"timeout": 1, "timeout": 2}, "url": "https://b", "credential": {}}'
    with pytest.raises(DocumentError) as caught:
        opened(CONNECTORY_CONNECTION_A=value).find("a")
    assert [str(problem) for problem in caught.value.problems] == [
        "url: stands here twice",
        "client.timeout: stands here twice",
        "credential.api_key: an API key is needed; give one, or ask for `credential: {kind: none}` "
        "if the service wants none",
    ]


@pytest.mark.parametrize("variable", ["CONNECTORY_CONNECTION_A", "AIRFLOW_CONN_A"])
def test_in_airflows_json_the_last_one_wins(opened: Opened, variable: str) -> None:
    value = '{"conn_type": "openai", "password": "k", "host": "https://a", "host": "https://b"}'
    found = opened(**{variable: value}).find("a")
    assert found.url == "https://b"
    assert [str(warning) for warning in found.warnings] == [
        "host: stands here twice; the last one counts, as in Airflow"
    ]

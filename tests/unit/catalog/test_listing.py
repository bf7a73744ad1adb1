"""The list of everything that is known, wrong documents included."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectory.catalog import Catalog, Entry
from connectory.errors import AmbiguousVariable, DocumentError
from tests.unit.catalog.conftest import Opened

FILE = """
    connectory:
      connections:
        good: {credential: {api_key: k}}
        wrong: {url: 1, credential: {api_key: k}}
        my.id: {credential: {api_key: k}}
        42: {credential: {api_key: k}}
    xpack.actions.preconfigured:
      good:
        name: hidden by ours
      elastic:
        name: Elastic's
        actionTypeId: .gen-ai
        config: {apiProvider: OpenAI, apiUrl: "https://api.openai.com/v1"}
        secrets: {apiKey: k}
      chat: {name: Slack, actionTypeId: .slack, secrets: {webhookUrl: "https://hooks"}}
      broken: {name: no type}
"""
URI = "openai://:k@"


def ids(catalog: Catalog) -> list[str]:
    return [entry.id for entry in catalog.entries()]


def test_everything_known_is_listed_by_id(opened: Opened) -> None:
    listed = ids(opened(FILE, CONNECTORY_CONNECTION_OURS=URI, AIRFLOW_CONN_OPENAI_DEFAULT=URI))
    assert listed == ["42", "broken", "elastic", "good", "my.id", "openai_default", "ours", "wrong"]


def test_an_entry_says_what_was_found_and_where(opened: Opened, home: Path) -> None:
    catalog = opened(FILE)
    entry = next(entry for entry in catalog.entries() if entry.id == "good")
    source = f"{home}/connectory.yml: connectory.connections.good"
    assert entry == Entry(id="good", source=source, connection=catalog.find("good"))


def test_a_wrong_document_is_listed_with_its_problems_and_hides_no_other(opened: Opened) -> None:
    entry = next(entry for entry in opened(FILE).entries() if entry.id == "wrong")
    assert (entry.connection, [str(problem) for problem in entry.problems]) == (
        None,
        ["url: must be text, not a number"],
    )


def test_a_connector_of_another_type_is_not_listed(opened: Opened) -> None:
    assert "chat" not in ids(opened(FILE))


def test_asked_for_by_id_it_says_what_it_is_not(opened: Opened) -> None:
    with pytest.raises(DocumentError) as caught:
        opened(FILE).find("chat")
    source = caught.value.subject
    assert str(caught.value) == f"{source} is a `.slack` connector, and only `.gen-ai` connectors are read"


def test_a_variable_that_the_file_knows_the_id_of_is_listed_once(opened: Opened) -> None:
    catalog = opened(FILE, CONNECTORY_CONNECTION_MY_ID=URI)
    entries = {entry.id: entry.source for entry in catalog.entries()}
    assert (entries["my.id"], "my_id" in entries) == ("variable CONNECTORY_CONNECTION_MY_ID", False)


def test_variables_of_both_kinds_for_one_id_are_listed_once(opened: Opened) -> None:
    assert ids(opened(CONNECTORY_CONNECTION_A_B=URI, AIRFLOW_CONN_A_B=URI)) == ["a_b"]


@pytest.mark.parametrize(
    "value",
    [
        "openai://:k@",
        "connectory://:k@",
        '{"conn_type": "openai", "password": "k"}',
        '{"conn_type": "openai", "port": "x"}',
        '{"password": "k"}',
        '{"conn_type": null, "password": "k"}',
        '{"conn_type": "", "password": "k"}',
        "{broken",
        "openai://:k",
    ],
)
def test_airflows_variables_that_may_be_ours_are_listed(opened: Opened, value: str) -> None:
    assert ids(opened(AIRFLOW_CONN_A=value)) == ["a"]


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://u:p@h/db",
        "http://h",
        '{"conn_type": "postgres", "password": "p"}',
        '{"conn_type": "postgres", "port": "x"}',
        "just text",
        "mysql://u:p",
    ],
)
def test_airflows_variables_of_other_types_are_not_listed(opened: Opened, value: str) -> None:
    assert ids(opened(AIRFLOW_CONN_A=value)) == []


@pytest.mark.parametrize(
    "name",
    [
        "CONNECTORY_CONNECTION_lower",
        "AIRFLOW_CONN_lower",
        "CONNECTORY_CONNECTION_WITH-DASH",
        "AIRFLOW_CONN_",
        "AIRFLOW_CONN__TEAM___ID",
        "AIRFLOW_CONN_NEW",
    ],
)
def test_variables_that_no_id_leads_to_are_not_listed(opened: Opened, name: str) -> None:
    assert ids(opened(**{name: URI})) == []


def test_a_variable_of_ours_for_an_impossible_id_is_listed_with_its_problem(opened: Opened) -> None:
    [entry] = opened(CONNECTORY_CONNECTION_NEW=URI).entries()
    assert [problem.message for problem in entry.problems] == [
        "has an id that no connection can have: it is 1 to 200 of `A-Z a-z 0-9 _ . -`, "
        "not `new`, and does not begin with `_`"
    ]


def test_a_name_may_begin_like_another_variables(opened: Opened) -> None:
    assert ids(opened(CONNECTORY_CONNECTION_AIRFLOW_CONN_A=URI)) == ["airflow_conn_a"]


def test_airflows_plainly_upper_cased_names_are_listed_as_they_are(opened: Opened) -> None:
    assert ids(opened(**{"AIRFLOW_CONN_MY-ID": URI, "AIRFLOW_CONN_MY.ID": URI})) == ["my-id", "my.id"]


def test_nothing_is_known_in_an_empty_house(opened: Opened) -> None:
    assert ids(opened()) == []


# ---- two ids, one variable

TWINS = """
    connectory.connections:
      my-id: {credential: {api_key: k}}
      my.id: {credential: {api_key: k}}
"""


@pytest.mark.parametrize("id", ["my-id", "my.id"])
@pytest.mark.parametrize("variable", ["CONNECTORY_CONNECTION_MY_ID", "AIRFLOW_CONN_MY_ID"])
def test_a_variable_that_could_mean_two_known_ids_names_both(opened: Opened, id: str, variable: str) -> None:
    with pytest.raises(AmbiguousVariable) as caught:
        opened(TWINS, **{variable: URI}).find(id)
    assert (caught.value.variable, caught.value.ids) == (variable, ("my-id", "my.id"))


def test_airflows_plain_name_means_one_of_them(opened: Opened) -> None:
    assert opened(TWINS, **{"AIRFLOW_CONN_MY-ID": URI}).find("my-id").source == "variable AIRFLOW_CONN_MY-ID"


@pytest.mark.parametrize("id", ["foo-bar", "foo_bar"])
def test_ids_that_only_variables_know_are_twins_too(opened: Opened, id: str) -> None:
    catalog = opened(**{"CONNECTORY_CONNECTION_FOO_BAR": URI, "AIRFLOW_CONN_FOO-BAR": URI})
    with pytest.raises(AmbiguousVariable) as caught:
        catalog.find(id)
    assert (caught.value.variable, caught.value.ids) == ("CONNECTORY_CONNECTION_FOO_BAR", ("foo-bar", "foo_bar"))


def test_so_are_one_of_the_file_and_one_of_a_variable(opened: Opened) -> None:
    file = "connectory.connections.foo_bar.credential.api_key: k"
    with pytest.raises(AmbiguousVariable):
        opened(file, **{"CONNECTORY_CONNECTION_FOO_BAR": URI, "AIRFLOW_CONN_FOO-BAR": URI}).find("foo_bar")


def test_an_id_that_nobody_knows_does_not_choose_between_twins(opened: Opened) -> None:
    with pytest.raises(AmbiguousVariable):
        opened(TWINS, CONNECTORY_CONNECTION_MY_ID=URI).find("my_id")


def test_in_airflows_variables_each_of_two_ids_has_its_own(opened: Opened) -> None:
    catalog = opened(**{"AIRFLOW_CONN_FOO_BAR": URI, "AIRFLOW_CONN_FOO-BAR": URI})
    assert [(entry.id, entry.source) for entry in catalog.entries() if entry.connection] == [
        ("foo-bar", "variable AIRFLOW_CONN_FOO-BAR"),
        ("foo_bar", "variable AIRFLOW_CONN_FOO_BAR"),
    ]


def test_a_variable_of_another_type_makes_no_twin(opened: Opened) -> None:
    catalog = opened(**{"CONNECTORY_CONNECTION_FOO_BAR": URI, "AIRFLOW_CONN_FOO-BAR": "postgresql://u:p@h/db"})
    assert catalog.find("foo_bar").source == "variable CONNECTORY_CONNECTION_FOO_BAR"


def test_without_such_a_variable_both_are_found(opened: Opened) -> None:
    assert [opened(TWINS).find(id).id for id in ("my-id", "my.id")] == ["my-id", "my.id"]


def test_both_are_listed_with_that_problem(opened: Opened) -> None:
    catalog = opened(TWINS, CONNECTORY_CONNECTION_MY_ID=URI)
    assert [(entry.id, entry.source, str(entry.problems[0])[:43]) for entry in catalog.entries()] == [
        (id, "variable CONNECTORY_CONNECTION_MY_ID", "The variable CONNECTORY_CONNECTION_MY_ID co")
        for id in ("my-id", "my.id")
    ]

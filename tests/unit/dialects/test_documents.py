"""A text that holds connections is known for what it is by its looks."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from connectory.dialects.documents import Found, Skipped, Source, found_in
from connectory.errors import DocumentError

KEY = "sk-test"
ELASTICS: dict[str, Any] = {
    "name": "My connector",
    "config": {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1", "defaultModel": "m"},
    "secrets": {"apiKey": KEY},
}
ENTRY: dict[str, Any] = {"actionTypeId": ".gen-ai", **ELASTICS}
BODY = {"connector_type_id": ".gen-ai", **ELASTICS}
OURS = {"provider": "openai", "credential": {"api_key": KEY}}
AIRFLOWS = {"conn_type": "openai", "password": KEY}
SAVED = {"type": "action", "id": "abc", "attributes": {**ENTRY, "secrets": {}, "isMissingSecrets": True}}


def found(text: str, **source: Any) -> list[Found | Skipped]:
    return list(found_in(text, Source(name="it", **source)))


def seen(text: str, **source: Any) -> list[tuple[str, str]]:
    """Words and id of each connection, which must be readable."""
    all_of_them = found(text, **source)
    read = [(one.words, one.read("default").id) for one in all_of_them if isinstance(one, Found)]
    return read + [("skipped", one.what) for one in all_of_them if isinstance(one, Skipped)]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"a": AIRFLOWS}, [("Airflow", "a")]),
        ({"a": "openai://:k@"}, [("Airflow", "a")]),
        ({"a": {"host": "h", "password": "k"}}, [("Airflow", "a")]),
        ({"a": {"conn_type": "openai", "password": "k", "extra_dejson": {"model": "m"}}}, [("Airflow", "a")]),
        ({"a": ENTRY}, [("Elastic", "a")]),
        ({"a": BODY}, [("Elastic", "a")]),
        ({"a": OURS, "b": AIRFLOWS}, [("connectory", "a"), ("Airflow", "b")]),
        ({"connectory": {"connections": {"a": OURS}}}, [("connectory", "a")]),
        ({"connectory.connections": {"a": OURS}}, [("connectory", "a")]),
        ({"xpack.actions.preconfigured": {"a": ENTRY}, "server.port": 5601}, [("Elastic", "a")]),
        ({"xpack": {"actions": {"proxyUrl": "http://p", "preconfigured.a": ENTRY}}}, [("Elastic", "a")]),
        ({"xpack": {"actions": {"proxyUrl": "not a URL", "ssl": 1, "preconfigured.a": ENTRY}}}, [("Elastic", "a")]),
        (BODY, [("Elastic", "my-connector")]),
        ({"id": "abc", **BODY}, [("Elastic", "abc")]),
        ([{"id": "abc", **BODY}, {"conn_id": "b", **AIRFLOWS}], [("Elastic", "abc"), ("Airflow", "b")]),
        ({"a": {"conn_type": "postgres"}}, [("skipped", "a connection of another type")]),
        ({"a": {**ENTRY, "actionTypeId": ".slack"}}, [("skipped", "a connector of another type")]),
        ([{**BODY, "connector_type_id": ".slack"}], [("skipped", "a connector of another type")]),
        ({}, []),
    ],
)
def test_json_is_known_by_its_keys(document: Any, words: list[tuple[str, str]]) -> None:
    assert seen(json.dumps(document)) == words


@pytest.mark.parametrize("document", [OURS, AIRFLOWS, ENTRY])
def test_a_single_document_has_the_id_that_is_said(document: Any) -> None:
    assert [id for _, id in seen(json.dumps(document), id="llm")] == ["llm"]
    with pytest.raises(DocumentError, match="is one connection without an id: say which with --id"):
        found(json.dumps(document))


def test_yaml_is_read_too() -> None:
    text = "# ours\nconnectory:\n  connections:\n    a: {credential: {api_key: k}}\n    b: {credential: {kind: none}}\n"
    assert seen(text) == [("connectory", "a"), ("connectory", "b")]


def test_lines_that_set_variables_are_an_env_file() -> None:
    text = (
        "# mine\n\nexport AIRFLOW_CONN_A=openai://:k@\nb='openai://:k@'\n"
        'CONNECTORY_CONNECTION_C={"credential": {"api_key": "k"}}\nd=postgres://h\n'
    )
    assert seen(text) == [
        ("Airflow", "a"),
        ("Airflow", "b"),
        ("connectory", "c"),
        ("skipped", "a connection of another type"),
    ]


def test_saved_objects_are_known_by_their_lines() -> None:
    lines = [SAVED, {"type": "dashboard", "id": "d", "attributes": {}}, {"exportedCount": 2}]
    [one] = found("\n".join(map(json.dumps, lines)))
    assert isinstance(one, Found)
    assert (one.id, one.words, one.place, one.without_secrets) == ("abc", "Elastic", "it: line 1", True)


def test_a_mark_of_the_byte_order_is_no_part_of_it() -> None:
    assert seen("\ufeff" + json.dumps({"a": AIRFLOWS})) == [("Airflow", "a")]


def test_the_operators_model_is_taken_unless_the_file_has_its_own() -> None:
    entry = {**ENTRY, "config": {key: value for key, value in ENTRY["config"].items() if key != "defaultModel"}}
    file: dict[str, Any] = {"xpack.actions.preconfigured": {"a": entry}}
    models = []
    for more in ({}, {"connectory.default_model": "of-the-file"}):
        [one] = found(json.dumps(file | more), default_model="of-the-operator")
        assert isinstance(one, Found)
        models.append(one.read("default").model)
    assert models == ["of-the-operator", "of-the-file"]


def test_a_wrong_connection_stands_in_nobodys_way() -> None:
    one, other = found(json.dumps({"a": {"conn_type": "openai", "host": "{x}"}, "b": AIRFLOWS}))
    assert isinstance(one, Found)
    with pytest.raises(DocumentError, match=r"connection 'a' \(it: a\)"):
        one.read("default")
    assert isinstance(other, Found)
    assert other.read("default").id == "b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {', "it is no JSON from line 1"),
        ('{"a": 1, "a": 2}', "it is wrong: a: stands here twice"),
        ("- a\n- b\n", "it is wrong: 1: is no connection of Kibana's API"),
        ("just text", "it holds no connections, but text"),
        ("a=\n", "it is wrong: line 1: has nothing after its `=`"),
        ("a: [", "it is wrong: line 2, column 1"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_error(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        found(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("filler", ["\n", " ", "#\n", " \n", "a", "- "])
def test_a_long_text_without_anything_in_it_takes_no_time(filler: str) -> None:
    with contextlib.suppress(DocumentError):
        assert found(filler * (1_000_000 // len(filler))) == []  # a slow reading would run into the limit of every test

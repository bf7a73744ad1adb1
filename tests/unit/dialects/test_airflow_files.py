"""Files of connections, as `airflow connections export` writes them and people write them by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from connectory.connection import Connection
from connectory.dialects import airflow, airflow_files, own
from connectory.dialects.airflow_files import Format
from connectory.errors import DialectError, DocumentError
from tests.unit.problems import problems

GOLDEN = Path(__file__).parents[2] / "golden" / "airflow"
NO_LINE = "has an id or a type that cannot stand in a line of such a file; write JSON or YAML"
FORMATS: tuple[Format, ...] = get_args(Format)

each_format = pytest.mark.parametrize("format", FORMATS)


def in_json(document: Any) -> Any:
    return airflow_files.read(json.dumps(document), "json")


def env(text: str) -> Any:
    return airflow_files.read(text, "env")


def connection(id: str = "case", **document: Any) -> Connection:
    return own.read(id, {"credential": {"api_key": "canary-0123456789"}, **document})


@each_format
def test_what_airflow_exports_is_read(format: Format) -> None:
    text = (GOLDEN / f"connections.{format}").read_text(encoding="utf-8")
    values = airflow_files.read(text, format)
    found = {id: own.write(airflow.read(id, value)) for id, value in values.items()}
    found["openai_plain"].pop("description", None)  # which a URI cannot say
    openai = {"provider": "openai", "url": "https://api.openai.com/v1"}
    assert found == {
        "openai_default": {
            "provider": "openai",
            "url": "https://api.example.com/v1",
            "credential": {"kind": "api_key", "api_key": "sk-canary-1"},
            "client": {"timeout": 10.0},
        },
        "openai_pod": {
            **openai,
            "credential": {
                "kind": "workload_identity",
                "identity_provider_id": "idp-123",
                "service_account_id": "sa-456",
                "source": {"kind": "kubernetes"},
            },
        },
        "openai_plain": {
            **openai,
            "credential": {"kind": "api_key", "api_key": "1e3"},
            "foreign": {"airflow": {"login": '"me"'}},
        },
    }


@each_format
def test_what_is_written_reads_as_the_same(format: Format) -> None:
    given = [
        connection("1e3", description="Für alle\u2028und jeden"),
        connection("yes", url="https://H", client={"default_headers": {"X": "010"}}),
        connection("x" * 200, provider="other", url="https://h/v1", labels={"a": "b"}),
    ]
    values = airflow_files.read(airflow_files.write(given, format), format)
    assert [airflow.read(id, value) for id, value in values.items()] == given


@each_format
def test_no_connections_are_a_file_too(format: Format) -> None:
    assert airflow_files.read(airflow_files.write([], format), format) == {}


@each_format
def test_a_public_file_has_no_secrets(format: Format) -> None:
    given = connection(headers={"X-Api-Key": "canary-0123456789"}, foreign={"airflow": {"login": '"canary-0"'}})
    assert "canary" not in airflow_files.write([given], format, public=True)


def test_an_object_of_a_file_may_have_keys_that_only_files_have() -> None:
    more = {"conn_id": "a", "extra_dejson": {"model": "m"}, "team_name": "blue"}
    value = in_json({"a": {"conn_type": "openai", "password": "k", **more}})["a"]
    assert value == {"conn_type": "openai", "password": "k", "extra": {"model": "m"}, "team_name": "blue"}
    assert own.write(airflow.read("a", value))["foreign"] == {"airflow": {"team_name": '"blue"'}}


def test_everything_wrong_with_a_file_is_told_at_once_and_no_value() -> None:
    document = {
        "a": {"pasword": "canary-1", "conn_id": "b"},
        "c": {"extra": "{}", "extra_dejson": {"a": "canary-2"}},
        "d": None,
        "e": "",
        "f": ["openai://:canary-3@"],
        "sk-proj-canary-0123456789": 7,
    }
    assert problems(lambda: in_json(document)) == [
        ("a.pasword", "is no field of an Airflow connection; did you mean `password`?"),
        ("a.conn_id", "is another id than the one that the connection stands under"),
        ("c.extra_dejson", "stands beside `extra`, which says the same; leave one of the two out"),
        ("d", "must be the text of a URI, or an object, not nothing"),
        ("e", "must be the text of a URI, or an object, not nothing"),
        ("f", "must be the text of a URI, or an object, not a list"),
        ("(a key)", "must be the text of a URI, or an object, not a number"),
    ]


@pytest.mark.parametrize(
    ("format", "text", "problem"),
    [
        ("json", "", ("", "is no JSON from line 1, column 1 on")),
        ("json", "[1]", ("", "must be an object, not a list")),
        ("json", '{"a": "openai://:k@", "a": "x://"}', ("a", "stands here twice")),
        ("json", '{"a": {"host": "h", "host": "i"}}', ("a.host", "stands here twice")),
        ("yaml", "- a", ("", "must be an object, not a list")),
        ("yaml", "1: openai://", ("1", "has an id that is no text; put it in quotes")),
        ("env", "a", ("line 1", "has no `=`; it looks like `ID=openai://:KEY@HOST`")),
        ("env", "\n\n=x://", ("line 3", "has no id before its `=`")),
        ("env", "AIRFLOW_CONN_=x://", ("line 1", "has no id before its `=`")),
        ("env", "a=", ("line 1", "has nothing after its `=`")),
        ("env", "a=''", ("line 1", "has nothing after its `=`")),
        ("env", "a='x://", ("line 1", "has a quote that is not closed at its end")),
        ("env", "a='x://' y", ("line 1", "has a quote that is not closed at its end")),
        ("env", "a=x://\nAIRFLOW_CONN_A=y://", ("line 2", "has an id that an earlier line has too")),
    ],
)
def test_a_file_that_cannot_be_read_says_where(format: Format, text: str, problem: tuple[str, str]) -> None:
    assert problems(lambda: airflow_files.read(text, format)) == [problem]


def test_the_file_is_called_by_its_name() -> None:
    with pytest.raises(DocumentError, match=r"^connections\.yaml is wrong: line "):
        airflow_files.read("a: [", "yaml", subject="connections.yaml")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a=openai://:k@h/?x=a=b # not a comment", "openai://:k@h/?x=a=b # not a comment"),
        ("  a = openai://:k@  ", "openai://:k@"),
        ("export a=openai://:k@", "openai://:k@"),
        ("exporta=openai://:k@", None),
        ("a='openai://:k@' # a comment", "openai://:k@"),
        ('a="openai://:k@"', "openai://:k@"),
        ('a={"conn_type": "openai"}', '{"conn_type": "openai"}'),
        ('a=\'{"conn_type": "it\\\'s"}\'', '{"conn_type": "it\'s"}'),
        ('a="{\\"a\\": \\"\\\\n\\"}\\t"', '{"a": "\\n"}\t'),
        ("AIRFLOW_CONN_A=openai://:k@", "openai://:k@"),
        ("# a=openai://:k@\r\n\r\na=x://\r", "x://"),
        ("a={}\u2028", "{}"),
    ],
)
def test_lines_are_read_as_people_write_them(line: str, value: str | None) -> None:
    assert env(line).get("a") == value


def test_all_that_cannot_be_said_is_told_by_id() -> None:
    given = [connection("a", credential={"api_key": {"missing": True}}), connection("b"), connection("b")]
    with pytest.raises(DialectError) as caught:
        airflow_files.write(given, "json")
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("a.credential.api_key", "is missing: give it first"),
        ("b", "stands here twice, and a file has one place for an id"),
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            connection(foreign={"airflow": {"team_name": '"blue"'}}),
            ("case.foreign.airflow.team_name", "cannot be said in an Airflow URI; write JSON or YAML"),
        ),
        (connection(foreign={"airflow": {"conn_type": '"a\\nb"'}}), ("case", NO_LINE)),
        (connection("AIRFLOW_CONN_X"), ("AIRFLOW_CONN_X", NO_LINE)),
    ],
)
def test_a_line_says_less_than_an_object(given: Connection, problem: tuple[str, str]) -> None:
    airflow_files.write([given], "json")
    with pytest.raises(DialectError) as caught:
        airflow_files.write([given], "env")
    assert problem in [(found.path, found.message) for found in caught.value.problems]

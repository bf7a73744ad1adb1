"""What holds for all documents, however strange."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.catalog import Catalog
from connectory.connection import Connection, secrets_of
from connectory.dialects import airflow, kibana, own
from connectory.dialects.schema import configuration_schema
from connectory.errors import ConnectoryError, DocumentError
from tests.unit.dialects.documents import (
    CANARIES,
    airflow_documents,
    connections,
    elastic_documents,
    junk,
    own_documents,
)

ANY_TEXT = st.text(st.characters(), max_size=12)  # halves of characters too, which JSON can say
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
PLANTED = st.sampled_from(CANARIES) | st.builds(lambda key, more: key + more, st.sampled_from(CANARIES), st.text())
VALIDATOR = jsonschema.Draft202012Validator({**configuration_schema(), "$ref": "#/$defs/connection", "properties": {}})

Reading = Callable[[Any], Connection]


def elastic(entry: Any) -> Connection:
    return kibana.read("case", entry, default_model="m")


def ours(document: Any) -> Connection:
    return own.read("case", document)


def airflows(value: Any) -> Connection:
    return airflow.read("case", value)


def refusal(read: Reading, document: Any) -> ConnectoryError | None:
    try:
        read(document)
    except DocumentError as error:
        return error
    return None


@given(connections())
def test_every_connection_is_written_as_a_document_that_reads_as_the_same(given_one: Connection) -> None:
    assert own.read(given_one.id, own.write(given_one)) == given_one


@given(connections())
def test_that_document_is_json(given_one: Connection) -> None:
    assert own.read(given_one.id, json.loads(json.dumps(own.write(given_one)))) == given_one


@given(connections())
def test_that_document_is_valid(given_one: Connection) -> None:
    VALIDATOR.validate(own.write(given_one))


@given(connections())
def test_a_public_document_is_valid_too(given_one: Connection) -> None:
    VALIDATOR.validate(own.write(given_one, public=True))


@given(own_documents(LEAVES))
def test_whatever_is_read_is_valid(document: dict[str, Any]) -> None:
    if refusal(ours, document) is None:
        VALIDATOR.validate(document)


@given(own_documents(LEAVES))
def test_whatever_is_read_can_be_written_and_read_again(document: dict[str, Any]) -> None:
    if refusal(ours, document) is None:
        connection = ours(document)
        assert own.read("case", own.write(connection)) == connection


@given(own_documents(LEAVES))
def test_whatever_is_read_can_be_sent_and_shown(document: dict[str, Any]) -> None:
    if refusal(ours, document) is None:
        connection = ours(document)
        assert json.dumps(own.write(connection), ensure_ascii=False, allow_nan=False).encode()
        assert all(secret.fingerprint() for _, secret in secrets_of(connection) if secret.at_hand)


@pytest.mark.parametrize(
    ("read", "documents"),
    [
        (ours, junk(LEAVES)),
        (ours, own_documents(LEAVES)),
        (airflows, airflow_documents(LEAVES)),
        (airflows, st.text()),
        (airflows, st.builds(json.dumps, airflow_documents(LEAVES))),
        (airflows, st.builds("openai://{}".format, st.text())),
        (airflows, st.from_regex(r"openai://(https?://)?(:[^@]*@)?[a-z0-9\[\]:.%/]*(\?[a-z_=&%{}]*)?")),
        (elastic, junk(LEAVES)),
        (elastic, elastic_documents(LEAVES)),
    ],
)
@given(st.data())
def test_junk_is_read_or_refused_and_nothing_else(
    read: Reading, documents: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    error = refusal(read, data.draw(documents))
    assert error is None or all(problem.message for problem in error.problems)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("read", "documents"),
    [
        (ours, junk(PLANTED)),
        (ours, own_documents(PLANTED)),
        (airflows, airflow_documents(PLANTED)),
        (airflows, st.builds(json.dumps, airflow_documents(PLANTED))),
        (airflows, st.builds("openai://:{}@h/?x={}".format, PLANTED, PLANTED)),
        (airflows, st.builds("{}://{}".format, PLANTED, PLANTED)),
        (airflows, PLANTED),
        (elastic, junk(PLANTED)),
        (elastic, elastic_documents(PLANTED)),
    ],
)
@given(st.data())
def test_no_error_repeats_a_secret(read: Reading, documents: st.SearchStrategy[Any], data: st.DataObject) -> None:
    error = refusal(read, data.draw(documents))
    if error is not None:
        said = f"{error} {error!r} {error.args}"
        assert [secret for secret in CANARIES if secret in said] == []
        assert (error.__cause__, error.__context__) == (None, None)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.builds(json.dumps, junk(LEAVES)))
@settings(max_examples=200)
def test_any_variable_can_be_listed(value: str) -> None:
    environ = {"CONNECTORY_HOME": "/dev/null", "CONNECTORY_CONNECTION_A": value, "AIRFLOW_CONN_B": value}
    listed = {entry.id for entry in Catalog.open(environ).entries()}
    assert listed <= {"a", "b"}
    assert ("a" in listed) is bool(value)

"""What holds for all connections in Airflow's words: nothing is lost without a word, and nothing public is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectory.connection import Connection, ForeignSettings, secret_places
from connectory.dialects import airflow, airflow_files, own
from connectory.dialects.airflow_files import Format
from connectory.dialects.airflow_uri import for_uri, to_uri
from connectory.dialects.kept import apart, together
from connectory.errors import DialectError, DocumentError
from connectory.secret import Secret
from tests.unit.dialects.documents import JSON, airflow_documents, connections
from tests.unit.dialects.test_properties import LEAVES

LEFTOVERS = st.fixed_dictionaries(
    {},
    optional={
        "login": st.just("me"),
        "conn_type": st.sampled_from(["connectory", "http"]),
        "extra.my_key": JSON.filter(lambda value: value not in (None, "")),
        "extra": st.just({"a.b": 1, "": [2]}),
    },
)


def with_text(given_one: Connection) -> Connection:
    """The connection with text in place of all that Airflow's password cannot say, and without two organizations."""
    said = {place: Secret("text") for place, secret in secret_places(given_one) if place[0] not in ("tls", "foreign")}
    document = together(own.write(replace(given_one, foreign=ForeignSettings())), said)
    for name in ("organization", "project"):
        document.get("client", {}).pop(name, None)
    return own.read(given_one.id, document)


def with_canaries(given_one: Connection) -> Connection:
    """The connection with secrets that can be told from all else."""
    document, secrets = apart(given_one)
    canaries = {place: Secret(f"canary-{number}-0123456789") for number, place in enumerate(secrets)}
    return own.read(given_one.id, together(document, canaries))


def written(given_one: Connection) -> dict[str, Any] | None:
    """What is written, with all that it is made of; None for what cannot be said."""
    try:
        return airflow.write(given_one)
    except DialectError as error:
        problems = error.problems
    assert [problem for problem in problems if problem.path and problem.message] == [*problems] != []
    return None


def readings(given_one: Connection, fields: dict[str, Any]) -> Iterator[Connection]:
    for value in (fields, json.dumps(fields), to_uri(for_uri(fields))):
        yield airflow.read(given_one.id, value)


@given(connections())
def test_what_can_be_written_reads_as_the_same(given_one: Connection) -> None:
    if (fields := written(given_one)) is not None:
        assert airflow.read(given_one.id, fields) == given_one


@given(connections(), LEFTOVERS)
def test_what_is_at_hand_can_be_written(given_one: Connection, leftovers: dict[str, Any]) -> None:
    kept = {place: Secret(json.dumps(value)) for place, value in leftovers.items()}
    given_one = replace(with_text(given_one), foreign=ForeignSettings(airflow=kept))
    assert list(readings(given_one, airflow.write(given_one))) == [given_one] * 3


@given(airflow_documents(LEAVES))
def test_what_airflow_says_is_said_again(document: dict[str, Any]) -> None:
    try:
        given_one = airflow.read("case", document)
    except DocumentError:
        return
    assume(not any(secret.reference for _, secret in secret_places(given_one)))
    assert airflow.read("case", airflow.write(given_one)) == given_one


@pytest.mark.parametrize("format", ["json", "yaml", "env"])
@given(given_one=connections())
def test_a_file_reads_as_the_same(format: Format, given_one: Connection) -> None:
    given_one = with_text(given_one)
    [value] = airflow_files.read(airflow_files.write([given_one], format), format).values()
    assert airflow.read(given_one.id, value) == given_one


@given(connections())
def test_nothing_public_is_secret(given_one: Connection) -> None:
    given_one = with_canaries(given_one)
    public = airflow.write(given_one, public=True)
    assert "canary" not in json.dumps(public)
    assert "canary" not in airflow_files.write([given_one], "env", public=True)

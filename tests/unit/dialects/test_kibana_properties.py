"""What holds for all connections in Elastic's words: they are written without a loss or not at all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from connectory.connection import AzureSettings, ClientSettings, Connection, ForeignSettings
from connectory.credentials.api_key import ApiKey
from connectory.dialects import kibana, kibana_api, kibana_saved_objects, own
from connectory.dialects.kept import apart, together
from connectory.errors import DialectError, DocumentError, Problem
from connectory.provider import OPENAI
from connectory.secret import Secret
from connectory.setting import settings_of
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings
from tests.unit.dialects.documents import ANY_JSON_LEAF, connections, elastic_documents, junk

CANARY = "sk-proj-canary-0123456789abcdef"
MISSING = {"missing": True}


def saved_object_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "action", "id": "case", "attributes": {**entry, "isMissingSecrets": True}}


@st.composite
def sayable(draw: st.DrawFn) -> Connection:
    """Connections of which every part has words in a connector, and whose secrets can be had."""
    any_one = draw(connections())
    plain = dataclasses.replace(
        any_one,
        description="",
        labels={},
        endpoint=None,
        url="https://h/v1",
        model=any_one.model or "m",
        azure=AzureSettings(),
        network=NetworkSettings(),
        client=dataclasses.replace(any_one.client, data_residency=None),
        credential=_credential(any_one),
        tls=_tls(any_one.tls),
        foreign=ForeignSettings(kibana=draw(left())),
    )
    try:
        return own.read(plain.id, _given_again(own.write(plain)))
    except DocumentError:  # the key that is given may stand where none can be kept secret
        return reject()


def left() -> st.SearchStrategy[dict[str, Any]]:
    numbers = st.integers(-5, 10**6) | st.floats(-5, 5)
    keys = {"temperature": numbers, "contextWindowLength": numbers, "exposeConfig": st.booleans()}
    return st.fixed_dictionaries({}, optional=keys)


def _credential(connection: Connection) -> Any:
    credential = connection.credential
    if isinstance(credential, ApiKey) and connection.provider is not OPENAI:
        return dataclasses.replace(credential, organization=None, project=None)
    return credential


def _tls(tls: TLSSettings) -> TLSSettings:
    if tls.certificate is None:
        return TLSSettings()
    return dataclasses.replace(tls, verification=tls.verification or "full", ca_mode="replace", minimum_version="1.2")


def _given_again(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {name: {"env": "KEY"} if part == MISSING else _given_again(part) for name, part in document.items()}


def refusal(write: Callable[[], object]) -> tuple[Problem, ...]:
    """What stands in the way of writing."""
    try:
        write()
    except DialectError as error:
        return error.problems
    return ()


@given(connections())
def test_a_connection_is_written_as_one_that_reads_as_the_same_or_not_at_all(given_one: Connection) -> None:
    found = refusal(lambda: kibana.write(given_one))
    assert {problem.path.partition(".")[0] for problem in found} <= {*settings_of(Connection)}
    if not found:
        assert kibana.read(given_one.id, kibana.write(given_one)) == given_one


@given(sayable())
def test_what_has_words_is_always_written(given_one: Connection) -> None:
    entry = json.loads(json.dumps(kibana.write(given_one)))
    assert kibana.read(given_one.id, entry) == given_one


@given(sayable())
def test_the_body_of_the_api_says_the_same(given_one: Connection) -> None:
    plain = dataclasses.replace(given_one, foreign=ForeignSettings())
    body = json.loads(json.dumps(kibana_api.write(plain)))
    assert kibana_api.read(given_one.id, body) == plain


@given(connections())
def test_in_public_nothing_is_asked_for_that_has_to_do_with_secrets(given_one: Connection) -> None:
    found = refusal(lambda: kibana.write(given_one, public=True))
    assert {*found} <= {*refusal(lambda: kibana.write(given_one))}
    assert [problem for problem in found if "is missing" in problem.message] == []


@pytest.mark.parametrize("public", [True, False])
@given(given_one=connections() | sayable())
def test_no_secret_stands_outside_secrets(public: bool, given_one: Connection) -> None:
    document, secrets = apart(given_one)
    planted = together(document, {place: Secret(CANARY) for place in secrets})
    connection = own.read(given_one.id, planted)
    found = refusal(lambda: kibana.write(connection, public=public))
    assert CANARY not in str(found)
    if not found:
        entry = kibana.write(connection, public=public)
        assert CANARY not in json.dumps({**entry, "secrets": None})
        assert ("secrets" in entry) is not public


@given(sayable())
def test_an_export_of_saved_objects_comes_back_with_its_key_missing(given_one: Connection) -> None:
    bare: dict[str, Any] = {
        "headers": {},
        "tls": TLSSettings(),
        "client": ClientSettings(),
        "foreign": ForeignSettings(),
    }
    plain = dataclasses.replace(given_one, credential=ApiKey(api_key=Secret("k")), **bare)
    [line] = kibana_saved_objects.read_lines(kibana_saved_objects.write([plain])).found
    missing = dataclasses.replace(plain, credential=ApiKey(api_key=Secret.missing()))
    assert kibana_saved_objects.read(line.id, line.object) == missing


@given(elastic_documents(ANY_JSON_LEAF))
def test_whatever_is_read_is_written_back_once_nothing_is_missing(document: dict[str, Any]) -> None:
    connection = readable(document)
    found = connection and refusal(lambda: kibana.write(connection))
    assert [problem for problem in found or () if "is missing" not in problem.message] == []
    if connection and not found:
        assert kibana.read("case", kibana.write(connection)) == connection


def readable(document: Any) -> Connection | None:
    try:
        return kibana.read("case", document, default_model="m")
    except DocumentError:
        return None


PLANTED = ANY_JSON_LEAF | st.just(CANARY)


@given(junk(PLANTED) | elastic_documents(PLANTED))
def test_junk_from_kibanas_api_is_read_or_refused_without_a_secret(body: Any) -> None:
    for given_out in ({}, {"is_missing_secrets": False}):
        assert CANARY not in told(kibana_api.read, {**body, **given_out} if isinstance(body, dict) else body)


@given(st.lists(junk(PLANTED) | elastic_documents(PLANTED).map(saved_object_of), max_size=3) | st.text())
def test_junk_in_an_export_is_read_or_refused_without_a_secret(lines: Any) -> None:
    text = lines if isinstance(lines, str) else "\n".join(map(json.dumps, lines))
    export = kibana_saved_objects.read_lines(text)
    said = [str(export.problems), str(export.others)]
    said += [told(kibana_saved_objects.read, line.object) for line in export.found]
    assert CANARY not in str(said)


def told(read: Callable[[str, Any], object], document: Any) -> str:
    """What the error of a reading says."""
    try:
        read("case", document)
    except DocumentError as error:
        return f"{error} {error!r} {error.__context__}"
    return ""

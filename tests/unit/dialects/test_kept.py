"""What a store keeps of a connection: a document that may be seen, and secrets beside it."""

from __future__ import annotations

import json

from hypothesis import given

from connectory.connection import Connection, ForeignSettings, secrets_of
from connectory.credentials.api_key import ApiKey
from connectory.dialects import own
from connectory.dialects.kept import apart, together, with_missing
from connectory.secret import Secret
from tests.unit.dialects.documents import connections


def connection(**settings: object) -> Connection:
    return own.read("case", {"credential": {"api_key": "sk-canary-0123456789"}, **settings})


@given(connections())
def test_what_was_taken_apart_is_the_same_together(given_one: Connection) -> None:
    document, secrets = apart(given_one)
    assert own.read(given_one.id, together(json.loads(json.dumps(document)), secrets)) == given_one


@given(connections())
def test_nothing_that_is_held_stays_in_the_document(given_one: Connection) -> None:
    document, secrets = apart(given_one)
    assert set(secrets.values()) == {secret for _, secret in secrets_of(given_one) if secret.at_hand}
    assert [place for place, secret in secrets.items() if _at(document, place) is not None] == []


def test_a_part_that_held_secrets_only_is_gone_from_the_document() -> None:
    document, secrets = apart(connection(headers={"X-Api-Key": "k"}, client={"admin_api_key": "a"}))
    assert document == {
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {"kind": "api_key"},
    }
    assert set(secrets) == {("credential", "api_key"), ("headers", "X-Api-Key"), ("client", "admin_api_key")}


def test_a_document_for_elsewhere_marks_what_was_left_out() -> None:
    document = with_missing(connection(headers={"X-Api-Key": "k"}))
    assert (document["credential"]["api_key"], document["headers"]) == (
        {"missing": True},
        {"X-Api-Key": {"missing": True}},
    )
    assert own.read("case", document).credential == ApiKey(api_key=Secret.missing())


def test_a_secret_that_is_sealed_is_missing_elsewhere() -> None:
    sealed = together(own.write(connection(), public=True), {("credential", "api_key"): Secret.sealed("1a2b3c4d")})
    read = own.read("case", sealed)
    assert apart(read)[1] == {("credential", "api_key"): Secret.sealed("1a2b3c4d")}
    assert own.write(read)["credential"]["api_key"] == {"missing": True}


def test_foreign_words_are_kept_with_their_secrets() -> None:
    given_one = connection(foreign={"airflow": {"extra.team": '"blue"'}, "kibana": {"temperature": 0.5}})
    assert given_one.foreign == ForeignSettings(airflow={"extra.team": Secret('"blue"')}, kibana={"temperature": 0.5})
    assert apart(given_one)[0]["foreign"] == {"kibana": {"temperature": 0.5}}


def _at(document: object, place: tuple[str, ...]) -> object:
    for key in place:
        document = document.get(key) if isinstance(document, dict) else None
    return document

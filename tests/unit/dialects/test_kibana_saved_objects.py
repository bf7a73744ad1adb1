"""Exports of Kibana's saved objects: what is read of them, and what is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects import kibana_saved_objects, own
from connectory.dialects.kibana_saved_objects import SavedObjects, is_export, read_lines, saved_object, write
from connectory.errors import DialectError, Problem
from connectory.secret import Secret
from connectory.tls import TLSSettings
from tests.unit.problems import problems

CONFIG = {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1/chat/completions", "defaultModel": "m"}
OTHERS = {"apiProvider": "Other", "apiUrl": "https://llm/v1", "defaultModel": "m"}
SUMMARY = {"excludedObjects": [], "excludedObjectsCount": 0, "exportedCount": 1, "missingRefCount": 0}
ENVELOPE = {
    "type": "action",
    "id": "6f1c",
    "namespaces": ["default"],
    "references": [],
    "managed": False,
    "coreMigrationVersion": "8.8.0",
    "typeMigrationVersion": "10.3.0",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "version": "WzEsMV0=",
}


def saved(config: Any = CONFIG, **attributes: Any) -> dict[str, Any]:
    """As Kibana 9 exports a connector."""
    given = {"actionTypeId": ".gen-ai", "name": "n", "config": config, "isMissingSecrets": True, "secrets": {}}
    return {**ENVELOPE, "attributes": {**given, "apiKey": None, "authMode": "shared", **attributes}}


def text(*objects: Any) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in objects)


def test_connectors_are_found_and_all_else_is_counted_or_named() -> None:
    export = read_lines(
        text(saved(), {"type": "index-pattern", "attributes": {}}, saved(actionTypeId=".slack"), SUMMARY)
    )
    assert [(line.number, line.id) for line in export.found] == [(1, "6f1c")]
    assert (export.others, export.skipped, export.problems) == ({3: "a `.slack` connector"}, 2, ())


@pytest.mark.parametrize("nothing", ["", "\n", " \r\n\n"])
def test_nothing_is_an_export_of_nothing(nothing: str) -> None:
    assert read_lines(nothing) == SavedObjects()


def test_lines_may_be_blank_and_end_as_they_like() -> None:
    export = read_lines("\ufeff" + text(saved()).replace("\n", "\r\n") + "\r\n" + json.dumps(SUMMARY))
    assert ([line.number for line in export.found], export.skipped, export.problems) == ([1], 1, ())


def test_a_wrong_line_is_told_by_its_number_and_stands_in_nobodys_way() -> None:
    lines = [
        "{",
        "[1]",
        json.dumps({"id": "x"}),
        json.dumps({"type": "action", "attributes": None}),
        '{"type": "action", "attributes": {"name": "a", "name": "b"}}',
        json.dumps(saved()),
    ]
    export = read_lines("\n".join(lines))
    assert [line.number for line in export.found] == [6]
    assert export.problems == (
        Problem("line 1", "is no JSON from column 2 on"),
        Problem("line 2", "must be an object, not a list"),
        Problem("line 3.type", "is required: a saved object says what it is"),
        Problem("line 4.attributes", "must be an object, not null"),
        Problem("line 5.attributes.name", "stands here twice"),
    )


@pytest.mark.parametrize("given", [None, "", 1])
def test_an_object_without_an_id_gets_one_of_its_name(given: Any) -> None:
    [line] = read_lines(text({**saved(name="My connector"), "id": given})).found
    assert line.id == "my-connector"


def test_a_connector_is_read_with_its_key_missing() -> None:
    given = kibana_saved_objects.read("6f1c", saved(), space="s", source="export.ndjson: line 1")
    assert (given.id, given.name, given.space, given.source, given.model) == (
        *("6f1c", "n", "s", "export.ndjson: line 1"),
        "m",
    )
    assert (given.credential, given.warnings) == (
        ApiKey(api_key=Secret.missing()),
        (Problem("secrets", "never leave Kibana, so they have to be given again: `apiKey`"),),
    )


def test_a_default_model_is_written_into_one_without() -> None:
    config = {key: value for key, value in CONFIG.items() if key != "defaultModel"}
    assert kibana_saved_objects.read("6f1c", saved(config), default_model="d").model == "d"


def test_a_verification_mode_is_kept_for_the_certificate_that_may_be_missing() -> None:
    given = kibana_saved_objects.read("6f1c", saved({**OTHERS, "verificationMode": "none"}))
    assert (given.tls, given.credential) == (TLSSettings(verification="none"), ApiKey(api_key=Secret.missing()))
    assert given.warnings[0].message.endswith("`apiKey`, or `certificateData`, `privateKeyData`")


def test_secrets_that_stand_there_all_the_same_are_not_taken() -> None:
    given = kibana_saved_objects.read("6f1c", saved(secrets={"apiKey": "k"}))
    assert given.credential == ApiKey(api_key=Secret.missing())


@pytest.mark.parametrize(
    ("object", "places"),
    [
        ({**ENVELOPE, "attributes": 1}, ["attributes"]),
        ({**ENVELOPE}, ["attributes"]),
        (saved({**CONFIG, "apiUrl": "x"}), ["config.apiUrl"]),
        (saved(config=None, name=""), ["name", "config.apiProvider", "config.apiUrl"]),
        (saved(actionTypeId=".slack"), [""]),
    ],
)
def test_what_is_wrong_with_one_is_told(object: dict[str, Any], places: list[str]) -> None:
    assert [path for path, _ in problems(lambda: kibana_saved_objects.read("6f1c", object))] == places


def connection(id: str = "case", **settings: Any) -> Any:
    plain = {"name": "n", "url": CONFIG["apiUrl"], "model": "m", "credential": {"api_key": "sk-canary-0123456789"}}
    return own.read(id, {**plain, **settings})


def test_an_export_is_what_kibanas_import_takes() -> None:
    lines = [json.loads(line) for line in write([connection(), connection("b", provider="azure")]).splitlines()]
    assert lines[0] == {
        "type": "action",
        "id": "case",
        "attributes": {
            "actionTypeId": ".gen-ai",
            "name": "n",
            "config": CONFIG,
            "isMissingSecrets": True,
            "secrets": {},
        },
        "references": [],
        "managed": False,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.3.0",
    }
    assert [line.get("id") for line in lines] == ["case", "b", None]
    assert lines[2] == {**SUMMARY, "exportedCount": 2, "missingReferences": []}


def test_it_holds_no_secret() -> None:
    headers = {"Authorization": "sk-canary-0123456789", "X-Tenant": {"secret": "sk-canary-0123456789"}}
    assert "canary" not in write([connection(headers=headers, network={"proxy_password": "sk-canary-0123456789"})])


def test_what_was_imported_is_exported_again() -> None:
    given = kibana_saved_objects.read("6f1c", saved({**OTHERS, "verificationMode": "none", "temperature": 0.5}))
    [line] = read_lines(write([given])).found
    assert kibana_saved_objects.read(line.id, line.object) == given


def test_a_client_certificate_is_given_again_and_the_connection_is_the_same() -> None:
    tls = {"certificate": {"file": "/c"}, "private_key": {"file": "/k"}, "verification": "certificate"}
    given = connection(provider="other", credential={"kind": "none"}, tls=tls)
    [line] = read_lines(write([given])).found
    again = own.write(kibana_saved_objects.read(line.id, line.object))
    assert own.read("case", {**again, "tls": tls}) == given
    assert given.credential == NoCredential()


def test_the_certificate_of_an_identity_is_missing_where_there_was_one() -> None:
    ids = {"kind": "x509_workload_identity", "identity_provider_id": "i", "service_account_id": "s"}
    tls = {"certificate": {"file": "/c"}, "private_key": {"file": "/k"}, "verification": "full"}
    for given, missing in ((connection(credential=ids), None), (connection(credential=ids, tls=tls), Secret.missing())):
        again = kibana_saved_objects.read("case", saved_object(given))
        assert (again.tls.certificate, again.tls.private_key) == (missing, missing)
        assert (again.tls.verification, again.foreign) == (given.tls.verification, given.foreign)


def test_a_mode_that_changed_nothing_and_a_key_that_is_missing_can_be_exported() -> None:
    left = {"kibana": {"verificationMode": "none"}}
    given = connection(provider="other", credential={"api_key": {"missing": True}}, foreign=left)
    assert saved_object(given)["attributes"]["config"]["verificationMode"] == "none"


def test_all_that_cannot_be_exported_is_told_by_ids() -> None:
    with pytest.raises(DialectError) as caught:
        write([connection("a", description="d"), connection("b"), connection("c", labels={"t": "x"}, model=None)])
    assert [problem.path for problem in caught.value.problems] == ["a.description", "c.labels.t", "c.model"]
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        (text(saved()), True),
        (f"\n{text(SUMMARY)}", True),
        (text({"type": "dashboard", "id": "x", "attributes": {}}), True),
        (json.dumps({"name": "n", "connector_type_id": ".gen-ai"}), False),
        (json.dumps({"type": "x"}), False),
        ("connectory:\n  connections: {}\n", False),
        ("", False),
        ("[1]", False),
    ],
)
def test_an_export_is_known_by_its_first_line(given: str, is_one: bool) -> None:
    assert is_export(given) is is_one

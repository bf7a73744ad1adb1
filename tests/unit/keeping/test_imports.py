"""What an import does is known before anything is written, and a second one does nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectory.connection import Connection
from connectory.credentials.api_key import ApiKey
from connectory.dialects.documents import Found, Skipped, Source, found_in
from connectory.keeping.changes import add, update
from connectory.keeping.edits import Edit
from connectory.keeping.environment import found_in_environment
from connectory.keeping.imports import State, Step, carried_out, planned
from connectory.secret import Secret
from connectory.stores.connections import connection_of
from connectory.stores.limits import Limits
from connectory.stores.memory import MemoryStore
from connectory.variables import Variables

KEY = ("credential", "api_key")


def brought(documents: Any) -> list[Found]:
    text = documents if isinstance(documents, str) else json.dumps(documents)
    return [one for one in found_in(text, Source(name="it")) if isinstance(one, Found)]


def imported(store: MemoryStore, documents: Any) -> list[Step]:
    return [carried_out(step, store, by="ann") for step in planned(brought(documents), store)]


def kept(store: MemoryStore, id: str) -> Connection:
    record = store.get(id)
    assert record
    return connection_of(record, place=store.place)


def key_of(connection: Connection) -> Secret:
    assert isinstance(connection.credential, ApiKey)
    assert connection.credential.api_key
    return connection.credential.api_key


def ours(**document: Any) -> dict[str, Any]:
    return {"a": {"provider": "other", "url": "https://a/v1", "credential": {"api_key": "k"}, **document}}


def saved_object(url: str = "https://a/v1") -> str:
    config = {"apiProvider": "Other", "apiUrl": url, "defaultModel": "m"}
    attributes = {"actionTypeId": ".gen-ai", "name": "n", "config": config, "isMissingSecrets": True}
    return json.dumps({"type": "action", "id": "a", "attributes": attributes})


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_a_plan_writes_nothing(store: MemoryStore) -> None:
    assert [step.state for step in planned(brought(ours()), store)] == [State.ADDED]
    assert store.ids() == []


def test_without_a_store_everything_is_new() -> None:
    assert [step.state for step in planned(brought(ours()), None)] == [State.ADDED]


def test_the_second_time_nothing_changes(store: MemoryStore) -> None:
    states = [[step.state for step in imported(store, ours(labels=labels))] for labels in ({}, {}, {"t": "b"})]
    assert states == [[State.ADDED], [State.UNCHANGED], [State.CHANGED]]
    assert [change.by for change in store.history("a")] == ["ann", "ann"]


def test_of_two_connections_of_one_id_the_first_comes_in(store: MemoryStore) -> None:
    steps = list(planned([*brought(ours()), *brought(ours(model="m"))], store))
    assert [step.state for step in steps] == [State.ADDED, State.REFUSED]
    assert "comes first" in steps[1].problems[0].message


def test_secrets_that_do_not_come_along_are_missing(store: MemoryStore) -> None:
    [step] = imported(store, saved_object())
    assert (step.state, step.missing) == (State.ADDED, ["credential.api_key"])


@pytest.mark.parametrize("secret", [Secret("k"), Secret.env("KEY")])
def test_secrets_that_are_kept_already_stay(store: MemoryStore, secret: Secret) -> None:
    imported(store, saved_object())
    update(store, "a", Edit(secrets={KEY: secret}), by="bob")
    assert [step.state for step in imported(store, saved_object())] == [State.UNCHANGED]
    assert key_of(kept(store, "a")) == secret


def test_they_do_not_go_to_another_place(store: MemoryStore) -> None:
    imported(store, saved_object())
    update(store, "a", Edit(secrets={KEY: Secret("k")}), by="bob")
    [step] = imported(store, saved_object("https://elsewhere/v1"))
    assert (step.state, step.missing) == (State.CHANGED, ["credential.api_key"])
    assert key_of(kept(store, "a")) == Secret.missing()


def test_what_changed_between_plan_and_deed_is_not_overwritten(store: MemoryStore) -> None:
    imported(store, ours())
    [step] = planned(brought(ours(model="m")), store)
    update(store, "a", Edit(values={("model",): "other"}), by="bob")
    done = carried_out(step, store, by="ann")
    assert (done.state, kept(store, "a").model) == (State.REFUSED, "other")
    assert "changed (model) by bob" in done.problems[0].message


def test_a_new_connection_meanwhile_is_not_overwritten(store: MemoryStore) -> None:
    [step] = planned(brought(ours()), store)
    add(store, "a", Edit(values={("credential", "kind"): "none"}), by="bob")
    assert carried_out(step, store, by="ann").state is State.REFUSED


def test_what_goes_with_another_kind_of_credential_is_dropped_and_told(store: MemoryStore) -> None:
    imported(store, [{"id": "a", "connector_type_id": ".gen-ai", "name": "n", **elastic("OpenAI")}])
    identity = elastic("OpenAI")["config"] | {
        "auth_type": "workload_identity",
        "workload_identity_provider": "gcp",
        "identity_provider_id": "i",
        "service_account_id": "s",
    }
    attributes = {"actionTypeId": ".gen-ai", "name": "n", "config": identity, "isMissingSecrets": True}
    [step] = imported(store, json.dumps({"type": "action", "id": "a", "attributes": attributes}))
    assert (step.state, step.dropped) == (State.CHANGED, ("credential.api_key",))


def test_secrets_that_a_document_has_no_more_are_told(store: MemoryStore) -> None:
    imported(store, ours(headers={"X-Api-Key": "h"}))
    [step] = planned(brought(ours()), store)
    assert (step.state, step.dropped) == (State.CHANGED, ("headers.X-Api-Key",))


def test_a_variable_that_could_mean_two_is_refused_and_one_that_is_hidden_is_skipped(store: MemoryStore) -> None:
    key = json.dumps({"credential": {"kind": "none"}})
    environ = {"CONNECTORY_CONNECTION_A_B": key, "CONNECTORY_CONNECTION_C": key, "AIRFLOW_CONN_C": "openai://:k@"}
    every = list(found_in_environment(Variables(environ), ["a-b", "a.b"]))
    found = [one for one in every if isinstance(one, Found)]
    assert [(step.id, step.state) for step in planned(found, store)] == [("a_b", State.REFUSED), ("c", State.ADDED)]
    assert [(one.place, one.what) for one in every if isinstance(one, Skipped)] == [
        ("variable AIRFLOW_CONN_C", "CONNECTORY_CONNECTION_C comes first")
    ]


def elastic(provider: str) -> dict[str, Any]:
    config = {"apiProvider": provider, "apiUrl": "https://a/v1", "defaultModel": "m"}
    return {"config": config, "secrets": {"apiKey": "k"}}


def test_a_store_that_grows_beyond_its_limit_says_so_and_takes_them_all_the_same() -> None:
    small = MemoryStore(limits=Limits(connections=1))
    steps = imported(small, {**ours(), "b": ours()["a"]})
    assert ([step.state for step in steps], small.ids()) == ([State.ADDED, State.ADDED], ["a", "b"])
    assert steps[0].notes == ()
    assert steps[1].notes

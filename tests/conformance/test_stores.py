"""What every store does, run over all of them; stores that are only read show what they hold in the same way.

A PostgreSQL database that may be filled and emptied takes part if CONNECTORY_TEST_POSTGRES is its URL.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from connectory.connection import Connection, secrets_of
from connectory.dialects import configuration
from connectory.errors import ConnectionExists, ConnectionNotFound, ReadOnly, StaleRevision, StoreRefused
from connectory.secret import Secret
from connectory.stores.connections import connection_of, draft_of
from connectory.stores.file import FileStore
from connectory.stores.limits import Limits
from connectory.stores.memory import MemoryStore
from connectory.stores.opening import open_store
from connectory.stores.protocol import Change, ChangeKind, Draft, Query, Store
from tests.unit.dialects.documents import connections
from tests.unit.stores.keeping import API_KEY, draft, ring

POSTGRES = os.environ.get("CONNECTORY_TEST_POSTGRES")
WRITABLE = ["memory", "sqlite", *(["postgresql"] if POSTGRES else [])]

Opened = Callable[..., Store]


@pytest.fixture(params=WRITABLE)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens an empty store of each kind."""
    with ExitStack() as opened:

        def make(limits: Limits | None = None) -> Store:
            if request.param == "memory":
                return MemoryStore(limits=limits)
            place = tmp_path / "connectory.db" if request.param == "sqlite" else own_schema(opened)
            return opened.enter_context(open_store(place, ring(), limits=limits))

        yield make


def own_schema(until: ExitStack) -> str:
    """The URL of the PostgreSQL database with a schema that goes in the end."""
    from sqlalchemy import create_engine, make_url, text

    assert POSTGRES is not None
    url, name = make_url(POSTGRES).set(drivername="postgresql+psycopg"), f"t{uuid.uuid4().hex}"
    engine = create_engine(url)
    until.callback(engine.dispose)

    def run(sql: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(sql))

    run(f"CREATE SCHEMA {name}")
    until.callback(run, f"DROP SCHEMA {name} CASCADE")
    own = url.update_query_dict({"options": f"-csearch_path={name}"})
    return own.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def store(made: Opened) -> Store:
    return made()


def test_an_empty_store_has_nothing(store: Store) -> None:
    found = (store.get("gpt"), store.page(Query()).records, store.ids(), store.spaces(), store.history("gpt"))
    assert found == (None, (), [], [], [])


def test_what_is_saved_is_there(store: Store) -> None:
    saved = store.save(draft(labels={"team": "blue"}), expected=None, by="ada")
    assert store.get("gpt") == saved
    assert (saved.revision, saved.updated_by, saved.created_at) == (1, "ada", saved.updated_at)
    assert saved.secrets == draft().secrets
    assert store.page(Query()).records == (saved,)


@pytest.mark.parametrize("kind", WRITABLE)
def test_every_connection_comes_out_as_it_went_in(kind: str, tmp_path: Path) -> None:
    with ExitStack() as opened:
        store = _one(kind, tmp_path, opened)

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(connections())
        def comes_out_as_it_went_in(given_one: Connection) -> None:
            there = store.get(given_one.id, space=given_one.space)
            store.save(draft_of(given_one), expected=there.revision if there else None, by="ada")
            record = store.get(given_one.id, space=given_one.space)
            assert record is not None
            assert connection_of(record, place=store.place) == given_one

        comes_out_as_it_went_in()


def _one(kind: str, folder: Path, opened: ExitStack) -> Store:
    if kind == "memory":
        return MemoryStore()
    return opened.enter_context(open_store(folder / "all.db" if kind == "sqlite" else own_schema(opened), ring()))


def test_a_connection_knows_the_store_it_came_from(store: Store) -> None:
    record = store.save(draft(), expected=None, by="ada")
    assert connection_of(record, place=store.place).source == store.place


def test_a_second_of_the_same_id_is_refused(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    with pytest.raises(ConnectionExists):
        store.save(draft(model="other"), expected=None, by="bob")


def test_a_change_makes_the_next_revision(store: Store) -> None:
    first = store.save(draft(headers={"X-Api-Key": "k"}), expected=None, by="ada")
    second = store.save(draft(model="other", key="sk-other-0123456789"), expected=1, by="bob")
    assert store.get("gpt") == second
    assert (second.revision, second.updated_by, second.created_at) == (2, "bob", first.created_at)
    assert second.secrets == {API_KEY: Secret("sk-other-0123456789")}


def test_a_save_that_changes_nothing_keeps_the_revision(store: Store) -> None:
    first = store.save(draft(), expected=None, by="ada")
    assert store.save(draft(), expected=1, by="bob") == first
    assert [change.revision for change in store.history("gpt")] == [1]


def test_no_limit_on_time_is_a_change(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    assert store.save(draft(client={"timeout": None}), expected=1, by="ada").revision == 2


def test_whoever_saves_an_old_revision_learns_what_changed_since(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    store.save(draft(model="b"), expected=1, by="bob")
    store.save(draft(model="c", key="sk-other-0123456789"), expected=2, by="eve")
    with pytest.raises(StaleRevision) as stale:
        store.save(draft(model="d"), expected=1, by="ada")
    error = stale.value
    assert (error.expected, error.actual, error.changed_by) == (1, 3, "eve")
    assert error.changed == ("model", "credential.api_key")
    assert error.changed_at is not None


def test_whoever_saves_what_was_removed_learns_by_whom(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    store.remove("gpt", by="bob")
    with pytest.raises(StaleRevision, match="removed by bob"):
        store.save(draft(model="b"), expected=1, by="ada")


def test_what_never_was_cannot_be_changed_or_removed(store: Store) -> None:
    with pytest.raises(ConnectionNotFound):
        store.save(draft(), expected=1, by="ada")
    with pytest.raises(ConnectionNotFound):
        store.remove("gpt", by="ada")


def test_a_removal_takes_everything_but_the_history(store: Store) -> None:
    store.save(draft(labels={"team": "blue"}), expected=None, by="ada")
    store.remove("gpt", expected=1, by="bob")
    assert (store.get("gpt"), store.ids(), store.page(Query()).records) == (None, [], ())
    assert [(change.revision, change.kind, change.by) for change in store.history("gpt")] == [
        (1, ChangeKind.ADDED, "ada"),
        (2, ChangeKind.REMOVED, "bob"),
    ]


def test_a_removal_of_an_old_revision_is_refused(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    store.save(draft(model="b"), expected=1, by="bob")
    with pytest.raises(StaleRevision):
        store.remove("gpt", expected=1, by="ada")
    store.remove("gpt", by="ada")


def test_an_old_revision_never_meets_a_new_connection_of_its_id(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    store.remove("gpt", by="ada")
    assert store.save(draft(), expected=None, by="bob").revision == 3
    with pytest.raises(StaleRevision):
        store.save(draft(model="b"), expected=1, by="ada")


def test_history_names_the_paths_that_changed(store: Store) -> None:
    store.save(draft(headers={"X-Team": "blue"}), expected=None, by="ada")
    saved = store.save(draft(headers={"X-Team": "red"}, key="sk-other-0123456789"), expected=1, by="bob")
    assert store.history("gpt")[1] == Change(
        2, saved.updated_at, "bob", ChangeKind.CHANGED, ("credential.api_key", "headers.X-Team")
    )


def test_a_secret_that_is_sealed_in_a_draft_stays(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    saved = store.save(draft(model="b", key=Secret.sealed("1a2b3c4d")), expected=1, by="ada")
    assert saved.secrets == draft().secrets
    assert store.get("gpt") == saved


def test_a_sealed_secret_cannot_be_copied(store: Store) -> None:
    with pytest.raises(StoreRefused, match=r"`credential\.api_key`"):
        store.save(draft(key=Secret.sealed("1a2b3c4d")), expected=None, by="ada")


def test_spaces_are_apart(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    store.save(draft(space="lab", model="other"), expected=None, by="ada")
    assert store.spaces() == ["default", "lab"]
    store.remove("gpt", space="lab", by="ada")
    assert (store.spaces(), store.ids(), store.ids(space="lab")) == (["default"], ["gpt"], [])


def test_pages_are_in_the_order_of_ids_as_bytes(store: Store) -> None:
    for id in ("b", "B", "a.1", "a-1", "a_1", "0"):
        store.save(draft(id), expected=None, by="ada")
    assert store.ids() == ["0", "B", "a-1", "a.1", "a_1", "b"]
    assert ids(store, Query(size=2)) == [["0", "B"], ["a-1", "a.1"], ["a_1", "b"]]


def test_a_page_is_never_larger_than_the_largest_and_never_empty(store: Store) -> None:
    store.save(draft(), expected=None, by="ada")
    assert ids(store, Query(size=0)) == ids(store, Query(size=10**9)) == [["gpt"]]


SEARCHES: dict[str, Any] = {
    "id": "GPT-main",
    "name": "main",
    "description": "ÉTÉ",
    "provider": "azure",
    "url": "azure.example",
    "model": "4O",
    "label": "TEAM",
    "label's value": "blue",
    "wildcard as it stands": "100%_\\",
}


@pytest.mark.parametrize("text", SEARCHES.values(), ids=SEARCHES)
def test_a_text_is_found_wherever_people_look_for_it(store: Store, text: str) -> None:
    whole: dict[str, Any] = {
        "name": "The Main one",
        "description": "été 100%_\\",
        "provider": "azure",
        "url": "https://azure.example.com/openai/v1",
        "model": "gpt-4o",
        "labels": {"team": "Blue"},
    }
    store.save(draft("gpt-MAIN", **whole), expected=None, by="ada")
    store.save(draft("other", name="Other", description="100 percent"), expected=None, by="ada")
    assert ids(store, Query(text=text)) == [["gpt-MAIN"]]


@pytest.mark.parametrize("text", ["sk-canary", "%", "_", "nowhere", "x" * 200_000])
def test_no_text_is_found_in_secrets_or_by_wildcards(store: Store, text: str) -> None:
    store.save(draft("gpt"), expected=None, by="ada")
    assert ids(store, Query(text=text)) == [[]]


def test_all_labels_that_are_asked_for_must_be_there(store: Store) -> None:
    store.save(draft("a", labels={"team": "blue", "stage": "prod"}), expected=None, by="ada")
    store.save(draft("b", labels={"team": "blue"}), expected=None, by="ada")
    store.save(draft("c", labels={"team": "red", "stage": "prod"}), expected=None, by="ada")
    assert ids(store, Query(labels={"team": "blue"})) == [["a", "b"]]
    assert ids(store, Query(labels={"team": "blue", "stage": "prod"})) == [["a"]]


def test_labels_that_were_changed_are_looked_for_anew(store: Store) -> None:
    store.save(draft("a", labels={"team": "blue"}), expected=None, by="ada")
    store.save(draft("a", labels={"team": "red"}), expected=1, by="ada")
    assert (ids(store, Query(labels={"team": "blue"})), ids(store, Query(labels={"team": "red"}))) == ([[]], [["a"]])


@pytest.mark.parametrize("odd", ["\0", "\ud800", "'; DROP TABLE connections; --", "ä" * 10_000])
def test_nothing_that_is_asked_for_breaks_a_store(store: Store, odd: str) -> None:
    store.save(draft(), expected=None, by=odd)
    query = Query(space=odd, text=odd, labels={odd: odd}, after=odd)
    assert (store.page(query).records, store.get(odd, space=odd), store.ids(space=odd)) == ((), None, [])
    assert (store.history(odd, space=odd), store.ids()) == ([], ["gpt"])
    with pytest.raises(ConnectionNotFound):
        store.remove(odd, space=odd, by=odd)


def test_odd_text_in_a_document_is_kept(store: Store) -> None:
    odd = draft(name="a\0b", description="\U0001f511", labels={"n\0": "v\0"})
    saved = store.save(odd, expected=None, by="ada")
    assert store.get("gpt") == saved
    assert ids(store, Query(text="A\0B", labels={"n\0": "v\0"})) == [["gpt"]]


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (Limits(document=50), r"document has \d+ bytes, and 50 are the limit"),
        (Limits(secret=10), r"`credential.api_key` has 26 bytes, and 10 are the limit"),
        (Limits(name=3), "labels has a name of more than 3 characters"),
    ],
)
def test_what_is_larger_than_a_limit_is_refused_by_name(made: Opened, limits: Limits, problem: str) -> None:
    store = made(limits)
    with pytest.raises(StoreRefused, match=problem):
        store.save(draft(labels={"team": "blue"}), expected=None, by="ada")
    assert store.ids() == []


@pytest.mark.parametrize(("id", "space"), [("new", "default"), ("a b", "default"), ("a", "a b"), ("a", "")])
def test_a_name_that_nothing_can_have_is_refused(store: Store, id: str, space: str) -> None:
    with pytest.raises(StoreRefused, match="cannot be kept"):
        store.save(_renamed(id, space), expected=None, by="ada")


def _renamed(id: str, space: str) -> Draft:
    return dataclasses.replace(draft(), id=id, space=space)


def test_more_connections_than_a_space_is_made_for_are_kept_with_a_note(made: Opened) -> None:
    store = made(Limits(connections=1))
    assert store.save(draft("a"), expected=None, by="ada").notes == ()
    [note] = store.save(draft("b"), expected=None, by="ada").notes
    assert "2 connections in the space 'default'" in note


def test_threads_that_save_at_once_lose_nothing(store: Store) -> None:
    def work(name: str) -> None:
        for turn in range(10):
            store.save(draft(f"{name}-{turn}"), expected=None, by=name)
            _until_saved(store, name)

    store.save(draft("shared", labels={}), expected=None, by="ada")
    threads = [threading.Thread(target=work, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared = store.get("shared")
    assert shared is not None
    assert (len(store.ids()), shared.revision, len(shared.document["labels"])) == (41, 41, 40)


def _until_saved(store: Store, name: str) -> None:
    """Adds one label to what all change, as somebody does who looks again when another was faster."""
    while (before := store.get("shared")) is not None:
        labels = {**before.document.get("labels", {}), f"{name}{before.revision}": "x"}
        try:
            store.save(draft("shared", labels=labels), expected=before.revision, by=name)
        except StaleRevision:
            continue
        return


def test_of_threads_that_make_one_connection_one_does(store: Store) -> None:
    made: list[str] = []

    def make(name: str) -> None:
        try:
            store.save(draft(model=name), expected=None, by=name)
        except ConnectionExists:
            return
        made.append(name)

    threads = [threading.Thread(target=make, args=[name]) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = store.get("gpt")
    assert record is not None
    assert made == [record.updated_by]


FILE = """
connectory.connections:
  gpt: {model: gpt-test, credential: {api_key: {env: GPT_KEY}}, labels: {team: blue}}
  held: {credential: {api_key: sk-canary-0123456789abcdef}}
  wrong: {provider: nobody}
"""


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    path = tmp_path / "connectory.yml"
    path.write_text(FILE, encoding="utf-8")
    return FileStore(configuration.read(path))


def test_a_file_is_read_like_a_store_in_every_space(file_store: FileStore, tmp_path: Path) -> None:
    assert file_store.place == f"file {tmp_path}/connectory.yml"
    assert (file_store.ids(), file_store.spaces(), file_store.history("gpt")) == (
        ["gpt", "held", "wrong"],
        ["default"],
        [],
    )
    for space in ("default", "lab"):
        record = file_store.get("gpt", space=space)
        assert record is not None
        assert (record.space, record.revision, record.secrets) == (space, 1, {})
        read = connection_of(record, place=file_store.place)
        assert dict(secrets_of(read)) == {"credential.api_key": Secret.env("GPT_KEY")}


def test_a_secret_that_stands_in_a_file_is_not_in_the_document(file_store: FileStore) -> None:
    record = file_store.get("held")
    assert record is not None
    assert ("sk-canary" in str(record.document), record.secrets) == (False, draft().secrets)


def test_pages_of_a_file_leave_out_what_is_wrong(file_store: FileStore) -> None:
    assert ids(file_store, Query(size=1)) == [["gpt"], ["held"]]
    assert ids(file_store, Query(labels={"team": "blue"})) == [["gpt"]]


def test_a_file_is_only_read(file_store: FileStore) -> None:
    with pytest.raises(ReadOnly):
        file_store.save(draft(), expected=1, by="ada")
    with pytest.raises(ReadOnly):
        file_store.remove("gpt", by="ada")


def test_every_store_says_where_it_is(tmp_path: Path) -> None:
    stores: list[Store] = [MemoryStore(), FileStore(configuration.Configuration())]
    with open_store(tmp_path / "connectory.db", ring()) as store:
        stores.append(store)
    assert [store.place for store in stores] == ["memory", "file ", f"store {tmp_path}/connectory.db"]


def ids(store: Store, query: Query) -> list[list[str]]:
    """The ids of page after page."""
    pages = []
    while True:
        page = store.page(query)
        pages.append([record.id for record in page.records])
        if page.next is None:
            return pages
        query = dataclasses.replace(query, after=page.next)

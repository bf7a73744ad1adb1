"""Many processes in one store, and processes that die in it."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from connectory.secret import Secret
from connectory.stores.master_keys import KeyRing
from connectory.stores.rotation import pending
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import API_KEY, draft, environment, opened
from tests.unit.stores.program import CONNECTIONS, key, rotate_all, save_all

LONGEST = 0.25
"""Seconds after which a program is killed at the latest: it works about as long."""


@contextmanager
def program(task: str, home: Path, word: str = "") -> Iterator[subprocess.Popen[str]]:
    """A program that is being started; it begins with `begin`."""
    command = [sys.executable, "-m", "tests.unit.stores.program", task, str(home), word]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def ready(running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"


def begin(running: subprocess.Popen[str]) -> None:
    assert running.stdin is not None
    running.stdin.write("\n")
    running.stdin.flush()


def killed_after(seconds: float, task: str, home: Path, word: str = "") -> None:
    with program(task, home, word) as running:
        ready(running)
        begin(running)
        time.sleep(seconds)


def test_processes_that_start_at_once_make_one_store_and_one_key_and_lose_nothing(home: Path) -> None:
    names = "abcdefgh"
    with ExitStack() as until:
        running = [until.enter_context(program("save_own", home, name)) for name in names]
        for each in running:
            ready(each)
        with opened(home) as store:
            store.save(draft("shared", key=Secret.missing()), expected=None, by="ada")
        for each in running:
            begin(each)
        assert [each.wait(60) for each in running] == [0] * len(names)
    with opened(home) as store:
        _nothing_is_lost(store, names)


def _nothing_is_lost(store: SQLStore, names: str) -> None:
    ids = [f"{name}-{turn}" for name in names for turn in range(10)]
    assert store.ids() == sorted([*ids, "shared"])
    shared = store.get("shared")
    assert shared is not None
    assert (shared.revision, sorted(shared.document["labels"])) == (1 + len(ids), ids)
    assert {id: _key_of(store, id) for id in ids} == {id: Secret(key(id[0])) for id in ids}


def _key_of(store: SQLStore, id: str) -> Secret:
    record = store.get(id)
    assert record is not None
    return record.secrets[API_KEY]


def test_a_forked_child_works_on_with_the_store_of_its_parent(home: Path) -> None:
    with program("fork", home, "ada") as running:
        ready(running)
        begin(running)
        assert running.wait(30) == 0
    with opened(home) as store:
        assert store.ids() == ["before", "child", "parent"]


def moments(count: int) -> list[float]:
    """Seconds after which to kill: the same in every run, and spread over the work."""
    chosen = random.Random(20)
    return [round((at + chosen.random()) / count * LONGEST, 4) for at in range(count)]


def save_and_die(home: Path, seconds: float) -> None:
    """A program that brings a hundred connections from one word to the next is killed."""
    with opened(home) as store:
        save_all(store, home, "old")
    killed_after(seconds, "save_all", home, "new")
    with opened(home) as store:
        words = [_word_of(store, f"gpt-{at}") for at in range(CONNECTIONS)]
        assert words == sorted(words), "those that were saved are new, and the rest are old"
        save_all(store, home, "new")
        assert {_word_of(store, f"gpt-{at}") for at in range(CONNECTIONS)} == {"new"}
        assert _whole(home)


def _word_of(store: SQLStore, id: str) -> str:
    """What a connection tells of itself, which is the same everywhere in it."""
    record = store.get(id)
    assert record is not None
    word = str(record.document["model"])
    assert record.document["labels"] == {"word": word}
    assert record.secrets == {API_KEY: Secret(key(word))}
    assert store.history(id)[-1].revision == record.revision
    return word


def _whole(home: Path) -> bool:
    with closing(sqlite3.connect(home / "connectory.db")) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def rotate_and_die(home: Path, seconds: float) -> None:
    """A program that seals a hundred secrets anew is killed."""
    with opened(home) as store:
        save_all(store, home, "old")
    keys = KeyRing.of_environment({}, home)
    keys.add_key()
    killed_after(seconds, "rotate_all", home)
    with opened(home) as store:
        assert {_word_of(store, f"gpt-{at}") for at in range(CONNECTIONS)} == {"old"}
        rotate_all(store, home, "")
        assert pending(store, keys).counts == {keys.newest().id: CONNECTIONS}
        assert {_word_of(store, f"gpt-{at}") for at in range(CONNECTIONS)} == {"old"}


@pytest.mark.parametrize("seconds", moments(5))
def test_a_process_that_is_killed_while_it_saves_leaves_every_connection_whole(home: Path, seconds: float) -> None:
    save_and_die(home, seconds)


@pytest.mark.parametrize("seconds", moments(5))
def test_a_rotation_that_is_killed_can_be_begun_again(home: Path, seconds: float) -> None:
    rotate_and_die(home, seconds / 2)


@pytest.mark.long
@pytest.mark.parametrize("seconds", moments(50))
def test_no_moment_to_be_killed_is_a_bad_one(tmp_path: Path, seconds: float) -> None:
    save_and_die(tmp_path / "saving", seconds)
    rotate_and_die(tmp_path / "rotating", seconds / 2)

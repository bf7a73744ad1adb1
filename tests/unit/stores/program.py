"""A program that works in a store: the tests run many at once, and kill some.

It says `ready` when its store is open, and waits for a line before it begins.

    python -m tests.unit.stores.program TASK HOME [WORD]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from connectory.errors import StaleRevision
from connectory.stores.master_keys import KeyRing
from connectory.stores.rotation import rotate
from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import draft, opened

CONNECTIONS = 100


def key(word: str) -> str:
    """The API key that goes with a word: a connection is whole if its model and its key tell of the same."""
    return f"sk-canary-{word}-0123456789"


def save_all(store: SQLStore, home: Path, word: str) -> None:
    """Brings each of a hundred connections to a word."""
    for at in range(CONNECTIONS):
        id = f"gpt-{at}"
        before = store.get(id)
        new = draft(id, model=word, key=key(word), labels={"word": word})
        store.save(new, expected=before.revision if before else None, by=word)


def rotate_all(store: SQLStore, home: Path, word: str) -> None:
    """Rotates in small steps."""
    rotate(store, KeyRing.of_environment({}, home), batch_size=3)


def save_own(store: SQLStore, home: Path, word: str) -> None:
    """Makes ten connections of its own, and changes one that is everybody's as often."""
    for turn in range(10):
        store.save(draft(f"{word}-{turn}", key=key(word)), expected=None, by=word)
        _add_a_label(store, f"{word}-{turn}")


def _add_a_label(store: SQLStore, label: str) -> None:
    while (before := store.get("shared")) is not None:
        labels = {**before.document.get("labels", {}), label: "x"}
        try:
            store.save(draft("shared", labels=labels), expected=before.revision, by=label)
        except StaleRevision:
            continue
        return


def fork(store: SQLStore, home: Path, word: str) -> None:
    """Works on in a child that has inherited an open store."""
    store.save(draft("before"), expected=None, by=word)
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        store.save(draft("parent"), expected=None, by=word)
        sys.exit(os.waitstatus_to_exitcode(status))
    store.save(draft("child"), expected=None, by=word)
    os._exit(0)


TASKS: dict[str, Callable[[SQLStore, Path, str], None]] = {
    "save_all": save_all,
    "rotate_all": rotate_all,
    "save_own": save_own,
    "fork": fork,
}


def main(task: str, home: str, word: str = "") -> None:
    with opened(Path(home)) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        TASKS[task](store, Path(home), word)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What the golden store holds, and the program that made it.

    python -m tests.unit.stores.golden FOLDER

It makes `connectory.db` and `master.key` in a new folder. A folder that is committed is never made again: what was
once written has to be read from then on. A release with a new schema brings one more.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from connectory.dialects import own
from connectory.stores.connections import draft_of
from tests.unit.stores.keeping import opened

CONNECTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("default", "openai_default"): {
        "name": "The main one",
        "description": "Überall, für alle \U0001f511",
        "labels": {"team": "blue", "stage": "prod"},
        "model": "gpt-4.1",
        "credential": {"api_key": "sk-golden-0123456789abcdef", "organization": "org-1"},
        "client": {"timeout": None, "max_retries": 3},
    },
    ("default", "azure"): {
        "provider": "azure",
        "url": "https://blue.openai.azure.com",
        "credential": {"api_key": "golden0123456789abcdef"},
        "azure": {"api_version": "2024-10-21", "deployments": {"gpt-4o": "main"}},
    },
    ("lab", "local"): {
        "provider": "other",
        "url": "https://llm.example.com/v1",
        "model": "smol",
        "credential": {"api_key": {"env": "LAB_KEY"}},
        "headers": {"X-Team": "blue", "X-Api-Key": "golden-header"},
    },
}
"""Documents in our own words by space and id."""

CHANGED = {**CONNECTIONS["default", "openai_default"], "model": "gpt-5", "labels": {"team": "blue"}}
"""The second revision of the first."""


def make(folder: Path) -> None:
    with opened(folder) as store:
        for (space, id), document in CONNECTIONS.items():
            store.save(draft_of(own.read(id, document, space=space)), expected=None, by="ada")
        store.save(draft_of(own.read("openai_default", CHANGED)), expected=1, by="bob")
        store.save(draft_of(own.read("gone", CHANGED)), expected=None, by="ada")
        store.remove("gone", by="bob")


if __name__ == "__main__":
    make(Path(sys.argv[1]))

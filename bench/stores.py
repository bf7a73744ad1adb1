"""What a store of a thousand connections costs: bringing them in, listing them, sealing them anew."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.programs import PROGRAM, run

CONNECTIONS = 1_000
COMMANDS = {
    f"import {CONNECTIONS:,} connections": (["connection", "import", "export.json"], 20_000),
    "import them again": (["connection", "import", "export.json"], None),
    "list them": (["connection", "list"], 1_000),
    "rotate the master key": (["keys", "rotate"], None),
}


def figures(*, runs: int) -> Iterator[Figure]:
    """Each run has a home of its own."""
    taken = [_in_a_new_home() for _ in range(runs)]
    for name, (_, budget) in COMMANDS.items():
        yield Figure(
            name=name, cpu=[one[name][0] for one in taken], wall=[one[name][1] for one in taken], budget=budget
        )


def _in_a_new_home() -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "export.json"
        file.write_text(json.dumps(_export()), encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "HOME": home, "CONNECTORY_HOME": home}
        return {name: run([PROGRAM, *words], environment, folder=home) for name, (words, _) in COMMANDS.items()}


def _export() -> dict[str, object]:
    """As `airflow connections export` writes it."""
    extra = {"openai_client_kwargs": {"timeout": 10}, "labels": {"team": "blue"}}
    return {
        f"llm-{number:04}": {
            "conn_type": "openai",
            "description": f"the model of team {number}",
            "host": f"https://llm-{number}.example.com/v1",
            "password": f"sk-bench-{number:08}",
            "extra": json.dumps(extra),
        }
        for number in range(CONNECTIONS)
    }

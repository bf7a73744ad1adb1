"""Commands that are killed in the middle: the store opens, every connection is whole, and a second run finishes."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import PROGRAM, Shell

pytestmark = pytest.mark.e2e

COUNT = 100
KEYS = {f"llm-{number:03}": f"sk-test-{number:03}-abcdef" for number in range(COUNT)}
MOMENTS = [
    *range(5),
    *(pytest.param(moment, marks=pytest.mark.long) for moment in range(5, 50)),
]
"""Each is the seed of a delay after the first thing that was written."""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    document = {id: {"conn_type": "openai", "password": key} for id, key in KEYS.items()}
    (tmp_path / "export.json").write_text(json.dumps(document), encoding="utf-8")
    return made


def killed(shell: Shell, *arguments: str, moment: int, begun: Callable[[], bool], longest: float) -> None:
    """The command is killed at a moment within the seconds that its writing takes."""
    command = [str(PROGRAM), *arguments]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=shell.environment, cwd=shell.home, stdout=quiet, stderr=quiet) as process:
        while process.poll() is None and not begun():
            time.sleep(0.002)
        time.sleep(random.Random(moment).uniform(0, longest))
        process.kill()


def kept(shell: Shell) -> dict[str, Any]:
    """The key of each connection in the store, by its id."""
    if not (shell.home / "connectory.db").exists():
        return {}
    done = shell("connection", "export", "--to", "airflow", "--with-secrets")
    assert done.code == 0, done.err
    return {id: fields["password"] for id, fields in json.loads(done.out).items()}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_import(shell: Shell, moment: int) -> None:
    begun = (shell.home / "master.key").exists
    killed(shell, "connection", "import", "export.json", moment=moment, begun=begun, longest=0.4)
    there = kept(shell)
    assert there == {id: KEYS[id] for id in there}
    again = shell("connection", "import", "export.json", "--json").json()
    assert (again["unchanged"], again["changed"], again["refused"]) == (sorted(there), [], [])
    assert kept(shell) == KEYS


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_rotation(shell: Shell, moment: int) -> None:
    shell("connection", "import", "export.json")
    key_file = shell.home / "master.key"
    before = key_file.read_bytes()
    killed(shell, "keys", "rotate", moment=moment, begun=lambda: key_file.read_bytes() != before, longest=0.05)
    assert kept(shell) == KEYS
    assert shell("keys", "rotate").code == 0
    newest, *older = shell("keys", "list", "--json").json()
    assert (newest["secrets"], [key["secrets"] for key in older]) == (COUNT, [0] * len(older))
    assert kept(shell) == KEYS

"""Secrets that are planted in a store come out of no file of it, of no backup, no export, and no line of any output.

Everything is driven from outside, as a person would; what each program was started with is looked at too.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import Ran, Shell

pytestmark = pytest.mark.e2e

CANARY = "canary-Zq7w0123456789abcdef"
KEY = f"sk-{CANARY}"

PLACES = ("credential.api_key", "headers.X-Api-Key", "client.admin_api_key", "network.proxy_password")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def planted(shell: Shell) -> Shell:
    """A store whose connections hold secrets in every place, brought in through every door."""
    given = [word for place in PLACES for word in ("--secret-from", f"{place}=env:PLANTED")]
    shell.variables["PLANTED"] = KEY
    assert shell("connection", "add", "everywhere", *given, "--proxy", "http://proxy:3128").code == 0
    del shell.variables["PLANTED"]
    documents: dict[str, Any] = {
        "airflow": {
            "conn_type": "openai",
            "password": KEY,
            "extra": json.dumps({"openai_client_kwargs": {"default_headers": {"api-key": KEY}}, "unknown_token": KEY}),
        },
        "elastic": {
            "name": "e",
            "actionTypeId": ".gen-ai",
            "config": {"apiProvider": "OpenAI", "apiUrl": "https://api.openai.com/v1", "headers": {"api-key": KEY}},
            "secrets": {"apiKey": KEY},
        },
    }
    imported = shell("connection", "import", "-", input=json.dumps(documents).encode())
    assert imported.code == 0, imported.err
    assert CANARY not in imported.out + imported.err
    return shell


def texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what is in those that are compressed."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield path.name, data
            if data[:2] == b"\x1f\x8b":
                yield f"{path.name}, unpacked", gzip.decompress(data)


def leaks(shell: Shell, *outputs: Ran) -> list[str]:
    """Where a planted secret is in clear, or in base64."""
    marks = [CANARY.encode(), *(base64.b64encode(KEY.encode())[at : at + 16] for at in (0, 4, 8))]
    found = [name for name, data in texts(shell.home) if any(mark in data for mark in marks)]
    return found + [ran.out + ran.err for ran in outputs if CANARY in ran.out + ran.err]


def test_no_file_of_the_home_holds_one(planted: Shell) -> None:
    assert leaks(planted) == []


def test_no_command_says_one(planted: Shell) -> None:
    ids = [entry["id"] for entry in planted("connection", "list", "--json").json()]
    assert len(ids) == 3
    outputs = [
        planted("connection", command, id, *more)
        for id in ids
        for command in ("show", "explain")
        for more in ([], ["--json"])
    ]
    outputs += [planted("connection", "list"), planted("keys", "list"), planted("keys", "rotate", "--dry-run")]
    assert leaks(planted, *outputs) == []


def test_a_rotation_and_a_backup_leave_none_behind(planted: Shell) -> None:
    outputs = [planted("keys", "rotate"), planted("backup", "store.backup"), planted("keys", "rotate", "--json")]
    assert [ran.code for ran in outputs] == [0, 0, 0]
    assert leaks(planted, *outputs) == []


@pytest.mark.parametrize("to", ["connectory", "airflow", "kibana"])
def test_no_export_holds_one_unless_it_is_asked_for(planted: Shell, to: str) -> None:
    out = planted("connection", "export", "--to", to, "-o", f"{to}.export")
    assert leaks(planted, out) == []


def test_a_wrong_change_repeats_none(planted: Shell) -> None:
    outputs = [
        planted("connection", "update", "everywhere", "--secret-from", "tls.certificate=-", input=KEY.encode()),
        planted("connection", "update", "everywhere", "--url", f"https://u:{KEY}@h/v1"),
        planted("connection", "update", "everywhere", "--secret-from", KEY),
        planted("connection", "update", "everywhere", "--revision", "1", "--secret-from", "-", input=KEY.encode()),
        planted("connection", "import", "-", input=f'{{"a": {{"conn_type": "openai", "port": "{KEY}"}}}}'.encode()),
        planted("connection", "import", "-", input=f"a=openai://:{KEY}\n".encode()),
        planted("connection", "import", "-", input=f"a: [{KEY}".encode()),
    ]
    assert leaks(planted, *outputs) == []


def test_a_store_with_another_key_says_which_it_wants_and_none(planted: Shell) -> None:
    (planted.home / "master.key").unlink()
    other = base64.b64encode(bytes(range(32))).decode()
    planted.variables["CONNECTORY_MASTER_KEYS"] = other
    outputs = [
        planted("connection", "list"),
        planted("connection", "show", "everywhere"),
        planted("chat", "everywhere", "Hello"),
        planted("keys", "list"),
        planted("keys", "rotate"),
    ]
    assert [ran.code for ran in outputs] == [0, 0, 4, 0, 4]
    assert leaks(planted, *outputs) == []
    assert [ran for ran in outputs if other in ran.out + ran.err] == []

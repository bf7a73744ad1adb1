"""The README is followed from the top: its examples run against the demo that it asks for."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectory.catalog import Catalog
from connectory.cautions.of_connection import cautions_of
from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

TODAY = datetime.now(UTC)
ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("connectory")

WRONG = """
connectory.connections.my-azure:
  provider: azure
  url: https://{your-resource}.openai.azure.com/openai/v1
  modle: gpt-4o
  credential: {api_key: {env: AZURE_KEY}}
"""


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", readme(), re.M | re.S)


@pytest.fixture(scope="module")
def exports() -> Iterator[str]:
    """The file that a demo on a terminal asks its visitor to read in; the demo stays up meanwhile."""
    ours, theirs = pty.openpty()
    demo = subprocess.Popen([PROGRAM, "demo"], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    try:
        yield _exports_line(ours)
    finally:
        demo.terminate()
        demo.wait(timeout=10)
        os.close(ours)


def _exports_line(terminal: int) -> str:
    shown = b""
    while not (found := re.search(rb"\. (/\S+/exports)\b", shown)):
        shown += os.read(terminal, 4096)
    return found[1].decode()


def run(command: list[str], *, script: str) -> str:
    done = subprocess.run(command, input=script, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_shell_examples_answer(exports: str) -> None:
    shell = blocks("sh")[0].replace(".venv/bin/connectory", str(PROGRAM))
    printed = run(["bash", "-e"], script=f". {exports}\n{shell}")
    assert "openai_default" in printed
    assert '"object":"chat.completion"' in printed


def test_the_python_example_answers(exports: str) -> None:
    printed = run(
        ["bash", "-e"], script=f". {exports}\n{sys.executable} -W error - <<'END'\n{blocks('python')[0]}END\n"
    )
    assert "200 " in printed


def test_the_airflow_example_defines_the_default_connection(tmp_path: Path) -> None:
    script = f"export CONNECTORY_HOME={tmp_path}\n{blocks('sh')[1]}\n{PROGRAM} connection show openai_default --json"
    assert '"timeout": 10.0' in run(["bash", "-e"], script=script)


@pytest.mark.parametrize(
    ("block", "ids"), [(0, ["my-open-ai"]), (1, ["my-azure", "my-llm"]), (2, ["azure-by-entra", "behind-our-ca"])]
)
def test_the_configuration_examples_define_connections(tmp_path: Path, block: int, ids: list[str]) -> None:
    file = tmp_path / "connectory.yml"
    file.write_text(blocks("yaml")[block], encoding="utf-8")
    entries = Catalog.open({}, config=file).entries()
    assert [(entry.id, entry.problems) for entry in entries] == [(id, ()) for id in ids]
    assert [str(told) for entry in entries if entry.connection for told in cautions_of(entry.connection, TODAY)] == []


def test_the_pods_example_reads_the_pods_token(tmp_path: Path) -> None:
    script = f"export CONNECTORY_HOME={tmp_path}\n{blocks('sh')[3]}\n{PROGRAM} connection show openai_from_pod"
    shown = run(["bash", "-e"], script=script)
    assert re.search(r"token source +the file /var/run/secrets/kubernetes.io/serviceaccount/token", shown)


@pytest.mark.parametrize("uri", re.findall(r"`(openai://.*?)`", readme()))
def test_the_uris_define_connections(uri: str) -> None:
    connection = Catalog.open({"AIRFLOW_CONN_A": uri}).find("a")
    assert (connection.provider.name, connection.warnings) == ("openai", ())


def test_the_variable_of_our_own_defines_a_connection(shell: Shell) -> None:
    script = f"{blocks('sh')[2]}\n{PROGRAM} connection list --json"
    done = subprocess.run(["bash", "-ec", script], env=shell.environment, capture_output=True, text=True, check=True)
    assert [(entry["id"], entry["usable"]) for entry in json.loads(done.stdout)] == [("my_llm", True)]


def test_the_error_is_what_the_program_prints(shell: Shell) -> None:
    command, _, printed = blocks("console")[1].partition("\n")
    (shell.home / "connectory.yml").write_text(WRONG)
    ran = shell(*command.removeprefix("$ connectory ").split())
    assert ran.err.replace(str(shell.home), "/home/me/.connectory") == printed


def test_lines_of_prose_are_short() -> None:
    prose = re.sub(r"^```.*?^```", "", readme(), flags=re.M | re.S)
    assert [line for line in prose.splitlines() if len(line) > 160] == []

"""What is loaded when, each time in a fresh process: heavy strangers only where they are needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.upstream import Upstream

pytestmark = pytest.mark.e2e

HEAVY = {"openai", "httpx2", "pydantic", "ssl", "sqlalchemy", "yaml", "rich", "cryptography", "asyncio"}

REPORT = """
import atexit, json, os, sys
atexit.register(lambda: open(os.environ["LOADED"], "w").write(json.dumps(sorted(sys.modules))))
"""
"""A `sitecustomize` that tells in the end what was loaded: the program itself stays as it is."""


@pytest.fixture
def watched(shell: Shell, tmp_path: Path) -> Shell:
    """A shell whose programs leave a list of their modules."""
    (tmp_path / "sitecustomize.py").write_text(REPORT)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    shell.variables |= {"LOADED": str(tmp_path / "loaded.json"), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return shell


def loaded(shell: Shell) -> set[str]:
    """The heavy ones among what the last program loaded."""
    return HEAVY & set(json.loads((shell.home / "loaded.json").read_text()))


def after(shell: Shell, statement: str) -> set[str]:
    subprocess.run([sys.executable, "-c", statement], env=shell.environment, cwd=shell.home, check=True, timeout=60)
    return loaded(shell)


def test_importing_connectory_loads_nothing_heavy(watched: Shell) -> None:
    assert after(watched, "import connectory") == set()


def test_vocabulary_loads_nothing_heavy(watched: Shell) -> None:
    names = "Connection, Credential, Provider, Secret, Usage, UsageEvent, ConnectoryError, Catalog"
    assert after(watched, f"from connectory import {names}") == set()


def test_execute_loads_no_sdk(watched: Shell) -> None:
    assert after(watched, "import connectory; connectory.execute") <= {"httpx2", "ssl", "asyncio"}


def test_connect_loads_the_sdk_and_what_it_needs(watched: Shell) -> None:
    assert {"openai", "httpx2", "pydantic"} <= after(watched, "import connectory; connectory.connect")


@pytest.mark.parametrize(
    "command", [["--help"], ["chat", "--help"], ["connection", "--help"], ["--version"], ["schema"]]
)
def test_help_loads_nothing_heavy(command: list[str], watched: Shell) -> None:
    assert watched(*command).code == 0
    assert loaded(watched) == set()


def test_listing_loads_no_network(watched: Shell) -> None:
    watched.knows("llm", provider="other", url="http://127.0.0.1:1", credential={"kind": "none"})
    assert watched("connection", "list", "--json").code == 0
    assert loaded(watched) == set()
    assert watched("connection", "list").code == 0
    assert loaded(watched) <= {"rich"}


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_chat_loads_no_sdk(stream: list[str], watched: Shell, service: Upstream) -> None:
    watched.knows("llm", url=f"{service.url}/v1", model="gpt-test", credential={"api_key": "sk-test"})
    assert watched("chat", "llm", "Hello", *stream).code == 0
    assert loaded(watched) <= {"httpx2", "ssl", "asyncio"}


def test_configuration_file_is_what_loads_yaml(watched: Shell) -> None:
    (watched.home / "connectory.yml").write_text("connectory: {connections: {}}")
    assert watched("connection", "list", "--json").code == 0
    assert loaded(watched) == {"yaml"}


@pytest.mark.parametrize("before", [{}, {"TYPER_USE_RICH": "1"}])
def test_shell_leaves_the_environment_as_it_was(before: dict[str, str], shell: Shell) -> None:
    shell.variables |= before
    statement = "import os; before = dict(os.environ); import connectory.cli; assert os.environ == before"
    subprocess.run([sys.executable, "-c", statement], env=shell.environment, cwd=shell.home, check=True, timeout=60)


def test_help_is_plain_whatever_other_programs_want(watched: Shell) -> None:
    watched.variables["TYPER_USE_RICH"] = "1"
    assert watched("--help").code == 0
    assert loaded(watched) == set()

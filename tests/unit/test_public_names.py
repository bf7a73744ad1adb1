"""The names that `import connectory` gives: complete, sorted, and loaded when they are used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import connectory

SOURCE = ast.parse(Path(connectory.__file__).read_text(encoding="utf-8"))


def for_type_checkers() -> dict[str, str]:
    """Name and home of what a type checker sees."""
    blocks = [node for node in SOURCE.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", connectory.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(connectory, name).__name__ == name


def test_public_names_are_sorted_and_stand_once() -> None:
    assert sorted(set(connectory.__all__)) == connectory.__all__


def test_type_checkers_see_the_same_names_at_the_same_places() -> None:
    assert for_type_checkers() == connectory._HOME_OF


def test_every_public_name_has_a_home() -> None:
    assert sorted(connectory._HOME_OF) == connectory.__all__


@pytest.mark.parametrize("name", connectory.__all__)
def test_a_name_is_the_one_of_its_home(name: str) -> None:
    home = importlib.import_module(connectory._HOME_OF[name])
    assert getattr(connectory, name) is getattr(home, name)


def test_other_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="module 'connectory' has no attribute 'unheard_of'"):
        connectory.unheard_of  # noqa: B018


def test_completion_shows_the_public_names() -> None:
    assert set(connectory.__all__) <= set(dir(connectory))


def test_importing_connectory_imports_nothing_else_of_it() -> None:
    loaded = "import sys, connectory; print([name for name in sys.modules if name.startswith('connectory.')])"
    assert run(loaded) == "[]"


def test_a_connection_is_found_without_any_heavy_stranger() -> None:
    program = (
        "import sys, connectory;"
        "connectory.Catalog.open({'CONNECTORY_HOME': '/nowhere', 'AIRFLOW_CONN_A': 'openai://:k@'}).find('a');"
        "print(sorted({'openai', 'httpx2', 'pydantic', 'yaml', 'typer', 'rich', 'asyncio'} & sys.modules.keys()))"
    )
    assert run(program) == "[]"

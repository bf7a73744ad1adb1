"""The house is as docs/architecture.md draws it, and its inner rings import what they may."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "connectory"
LISTED_WHOLE = ("", "credentials", "engine")
"""Folders whose every file is drawn. Of the others the page names what a newcomer looks for."""

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS: list[list[str]] = [layer.split(" | ") for layer in CONTRACTS[0]["layers"]]
"""From the outermost to the innermost, as import-linter checks them."""

DIALECTS, VOCABULARY = (next(at for at, layer in enumerate(LAYERS) if n in layer) for n in ("dialects", "connection"))
RING_0 = {name for layer in LAYERS[VOCABULARY:] for name in layer}
PURE = {name for layer in LAYERS[DIALECTS:] for name in layer}
NETWORK = (
    *("asyncio", "concurrent", "ftplib", "http", "imaplib", "poplib", "select", "selectors", "smtplib", "socket"),
    *("socketserver", "ssl", "subprocess", "urllib.request", "webbrowser", "xmlrpc"),
)
"""What of the standard library reaches out."""


def drawn() -> set[str]:
    """Names of files and folders in the drawing of the tree, less those that are planned."""
    tree = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```\n")[3]
    package = tree.partition("\ntests/")[0]
    built = "\n".join(line.partition("planned:")[0] for line in package.splitlines()[1:])
    return set(re.findall(r"\b\w+\.py\b|\b\w+(?=/(?:\s|$))", built, re.MULTILINE))


def there(folder: Path, pattern: str = "*") -> set[str]:
    files = {path.name for path in folder.glob(pattern) if path.suffix == ".py"}
    folders = {path.name for path in folder.glob(pattern) if path.is_dir() and any(path.glob("*.py"))}
    return files | folders


def files_of(name: str) -> list[Path]:
    """The file of a module, or all files of a family."""
    return [file for file in (PACKAGE / f"{name}.py", *(PACKAGE / name).rglob("*.py")) if file.is_file()]


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it. Of `from a import b` both `a` and `a.b` may be one."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_what_is_drawn_is_there() -> None:
    assert drawn()
    assert drawn() - there(PACKAGE, "**/*") == set()


@pytest.mark.parametrize("folder", LISTED_WHOLE)
def test_what_is_there_is_drawn(folder: str) -> None:
    assert there(PACKAGE / folder) - drawn() - {"__init__.py"} == set()


def test_every_part_of_the_house_has_its_layer() -> None:
    inside = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or any(path.glob("*.py"))}
    assert {name for layer in LAYERS for name in layer} == inside - {"__init__"}


@pytest.mark.parametrize("name", sorted(RING_0))
def test_the_vocabulary_imports_the_standard_library_and_itself(name: str) -> None:
    [file] = files_of(name)
    strangers = [module for module in imports(file) if module.partition(".")[0] not in sys.stdlib_module_names]
    assert [module for module in strangers if module.removeprefix("connectory.").partition(".")[0] not in RING_0] == []


@pytest.mark.parametrize("name", sorted(PURE))
def test_what_is_pure_imports_nothing_of_the_network(name: str) -> None:
    files = files_of(name)
    assert files
    imported = {module for file in files for module in imports(file)}
    assert [module for module in imported if f"{module}.".startswith(tuple(f"{net}." for net in NETWORK))] == []

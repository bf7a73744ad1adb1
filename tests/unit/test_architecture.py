"""docs/architecture.md draws the tree as it is: what it names is there, and what is there it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "connectory"
LISTED_WHOLE = ("", "credentials", "engine")
"""Folders whose every file is drawn. Of the others the page names what a newcomer looks for."""


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


def test_what_is_drawn_is_there() -> None:
    assert drawn()
    assert drawn() - there(PACKAGE, "**/*") == set()


@pytest.mark.parametrize("folder", LISTED_WHOLE)
def test_what_is_there_is_drawn(folder: str) -> None:
    assert there(PACKAGE / folder) - drawn() - {"__init__.py"} == set()

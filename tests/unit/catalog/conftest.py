"""A home of one's own, and a catalog that looks into it and into the given variables only."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from connectory.catalog import Catalog

Opened = Callable[..., Catalog]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path) -> Opened:
    """Opens a catalog with a `connectory.yml` in the home, if there is one to write, and with variables."""

    def open_catalog(file: str | None = None, **variables: str) -> Catalog:
        home.mkdir(exist_ok=True)
        if file is not None:
            (home / "connectory.yml").write_text(textwrap.dedent(file), encoding="utf-8")
        return Catalog.open({"CONNECTORY_HOME": str(home), **variables})

    return open_catalog

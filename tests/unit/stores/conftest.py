"""A store in a file, closed in the end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory.stores.sql.store import SQLStore
from tests.unit.stores.keeping import opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[SQLStore]:
    with opened(home) as store:
        yield store


@pytest.fixture
def no_collection() -> Iterator[None]:
    """For the end of Python's stack: whatever is collected just there can only fail, and pytest hears it."""
    gc.disable()
    yield
    gc.enable()

"""What is logged while a canary is about."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.canary.telling import Everything


@pytest.fixture
def log() -> Iterator[Everything]:
    root, everything = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    yield everything
    root.removeHandler(everything)
    root.setLevel(level)

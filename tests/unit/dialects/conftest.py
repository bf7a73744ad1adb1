"""The cast of the tests about certificates."""

from __future__ import annotations

import pytest

from tests.upstream.pki import Pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()

"""A service that a server's connections may not reach, and one that they may."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectory import Connection
from tests.integration.connections import KEY
from tests.integration.network.paths import GRANTED, PATHS
from tests.upstream import OpenAIService, Upstream, running


@pytest.fixture
def forbidden() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture
def granted() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY}), host=GRANTED) as upstream:
        yield upstream


@pytest.fixture(params=list(PATHS.values()), ids=list(PATHS))
def sends(request: pytest.FixtureRequest) -> Callable[[Connection], object]:
    """One of the paths by which a request leaves."""
    return request.param  # type: ignore[no-any-return]

"""What a reading has against a document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectory.errors import DocumentError


def problems(read: Callable[[], object]) -> list[tuple[str, str]]:
    """Path and message of everything that is wrong; the reading must fail."""
    with pytest.raises(DocumentError) as caught:
        read()
    return [(problem.path, problem.message) for problem in caught.value.problems]

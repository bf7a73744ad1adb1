"""The parts of a URL that somebody wrote by hand."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def parts_of(url: str) -> SplitResult | None:
    """Scheme, host, path and query of a URL; None if its host or port cannot be read."""
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None

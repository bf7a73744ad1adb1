"""Reads `application/x-www-form-urlencoded`, in a query or a body."""

import urllib.parse


def parse_urlencoded(text: str) -> dict[str, str]:
    """The fields by name. Raises ValueError when it is no such text, or when a name comes twice."""
    pairs = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name comes twice")
    return fields

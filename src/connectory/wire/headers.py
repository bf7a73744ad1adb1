"""A header by name. Names of headers have no case (RFC 9110, 5.1), but the mappings that hold them may."""

from __future__ import annotations

from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The value of the header `name`, which is given in lower case."""
    value = headers.get(name)
    if value is not None:
        return value
    return next((value for key, value in headers.items() if key.lower() == name), None)

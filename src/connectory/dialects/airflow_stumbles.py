"""What we read, and Airflow or Apache's provider stumbles over: it takes it without a word and fails later.

Source: apache-airflow-task-sdk 1.3.2 and apache-airflow-providers-openai 2.2.0 with openai 3.54.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectory.dialects.airflow_keys import CLIENT
from connectory.dialects.airflow_value import from_mapping, parse
from connectory.dialects.plain_values import Wrong
from connectory.errors import Problem

_NUMBERS = ("timeout", "max_retries")
_BLANKS = "begins or ends with a blank or a line break, which is sent along: every request fails as a connection error"
_TEXT = "is text, which is handed on as it is, and every request fails: write a number"
_QUERY = "is text in a task, which reads no JSON out of a URI's query: put the whole extra into `__extra__`, as JSON"
_OVERLOOKED = "is not looked at by Apache's provider: write the whole URL as the host, percent-encoded in a URI"


def stumbles(value: str | Mapping[str, Any]) -> Iterator[Problem]:
    """Each such thing in the value of a variable or of an export; nothing of one that we cannot read either."""
    try:
        fields = parse(value) if isinstance(value, str) else from_mapping(value)
    except Wrong:
        return
    if fields.password and fields.password != fields.password.strip():
        yield Problem("password", _BLANKS)
    client = fields.extra.get(CLIENT)
    if isinstance(client, str) and _in_query(value):
        yield Problem(f"extra.{CLIENT}", _QUERY)
    for name in _NUMBERS:
        if isinstance(client, Mapping) and isinstance(client.get(name), str):
            yield Problem(f"extra.{CLIENT}.{name}", _TEXT)
    for name in ("port", "schema"):
        if fields.host and getattr(fields, name):
            yield Problem(name, _OVERLOOKED)


def _in_query(value: str | Mapping[str, Any]) -> bool:
    return isinstance(value, str) and CLIENT in dict(parse_qsl(urlsplit(value.strip()).query))

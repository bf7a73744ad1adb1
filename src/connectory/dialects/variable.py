"""What a `CONNECTORY_CONNECTION_...` variable holds: a connection in our words, or in Airflow's."""

from __future__ import annotations

from functools import partial
from typing import Any

from connectory.connection import Connection
from connectory.dialects import airflow, own
from connectory.dialects.json_text import BOM, doubled_keys, from_json
from connectory.dialects.limits import ONE
from connectory.dialects.plain_values import Gathering
from connectory.errors import DocumentError

PREFIX = "CONNECTORY_CONNECTION_"
"""Before the id in the name of a variable."""


def read(id: str, text: str, *, space: str = "default", source: str = "") -> Connection:
    """The connection that the text describes. Raises DocumentError.

    A JSON object with `conn_type` or `uri` is Airflow's, other JSON is ours, and text that is no JSON an Airflow URI.
    """
    kept, text = Gathering(), text.removeprefix(BOM)
    document = kept.read("", partial(from_json, limits=ONE), text)
    if kept.problems and text.lstrip().startswith(("{", "[")):
        raise DocumentError(own.subject(id, source), kept.problems)
    if kept.problems:
        return airflow.read(id, text, space=space, source=source)
    if _is_object_of_airflow(document):
        return airflow.read(id, text, space=space, source=source)
    return own.read(id, document, space=space, source=source, problems=doubled_keys(text))


def is_airflows(text: str) -> bool:
    """Whether the text is in Airflow's words; one that cannot be read at all may be."""
    document = Gathering().read("", from_json, text)
    return document is None or _is_object_of_airflow(document)


def _is_object_of_airflow(document: Any) -> bool:
    return isinstance(document, dict) and bool(document.keys() & {"conn_type", "uri"})

"""What a `CONNECTORY_CONNECTION_...` variable holds: a connection in our words, or in Airflow's."""

from __future__ import annotations

from connectory.connection import Connection
from connectory.dialects import airflow, own
from connectory.dialects.json_text import doubled_keys, from_json
from connectory.dialects.plain_values import Gathering
from connectory.errors import DocumentError


def read(id: str, text: str, *, space: str = "default", source: str = "") -> Connection:
    """The connection that the text describes. Raises DocumentError.

    A JSON object with `conn_type` or `uri` is Airflow's, other JSON is ours, and text that is no JSON an Airflow URI.
    """
    kept = Gathering()
    document = kept.read("", from_json, text)
    if kept.problems and text.lstrip().startswith(("{", "[")):
        raise DocumentError(own.subject(id, source), kept.problems)
    if kept.problems:
        return airflow.read(id, text, space=space, source=source)
    if isinstance(document, dict) and document.keys() & {"conn_type", "uri"}:
        return airflow.read(id, document, space=space, source=source)
    return own.read(id, document, space=space, source=source, problems=doubled_keys(text))

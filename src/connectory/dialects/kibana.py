"""Elastic's words: the `.gen-ai` connector of Kibana, as `xpack.actions.preconfigured` has it.

Source: https://www.elastic.co/docs/reference/kibana/connectors-kibana/openai-action-type
"""

from __future__ import annotations

from typing import Any

from connectory.connection import Connection
from connectory.dialects import kibana_reading, kibana_writing
from connectory.dialects.kibana_words import PRECONFIGURED


def read(
    id: str, entry: object, *, default_model: str | None = None, space: str = "default", source: str = ""
) -> Connection:
    """The connection that a preconfigured entry (`name`, `actionTypeId`, `config`, `secrets`) describes.

    `default_model` is written into an OpenAI connector that names none. Raises DocumentError.
    """
    return kibana_reading.read(id, entry, PRECONFIGURED, default_model=default_model, space=space, source=source)


def write(connection: Connection, *, public: bool = False) -> dict[str, Any]:
    """The preconfigured entry that reads as this connection. No secret stands outside `secrets`; with `public` that is
    left out.

    Certificates that stand here in another form (base64, one line) come back as plain PEM. Raises DialectError with the
    path of everything that has no words there, and of secrets that cannot be had.
    """
    return kibana_writing.write(connection, PRECONFIGURED, public=public)


def is_other_type(entry: object) -> bool:
    """Whether a preconfigured entry is a connector that has nothing to do with OpenAI (`.slack`, `.email`, ...)."""
    return kibana_reading.is_other_type(entry, PRECONFIGURED)

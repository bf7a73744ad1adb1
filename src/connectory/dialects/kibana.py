"""Elastic's words: the `.gen-ai` connector of Kibana, as its API and `xpack.actions.preconfigured` write it.

Source: https://www.elastic.co/docs/reference/kibana/connectors-kibana/openai-action-type
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.kibana_connector import CONNECTOR_TYPE, PATHS, Translation
from connectory.dialects.kibana_pki import SENTENCES
from connectory.dialects.plain_values import is_given
from connectory.dialects.words import a_kind_of
from connectory.errors import DocumentError, Problem
from connectory.secret import may_be_a_key


def read(
    id: str, entry: object, *, default_model: str | None = None, space: str = "default", source: str = ""
) -> Connection:
    """The connection that a preconfigured entry (`name`, `actionTypeId`, `config`, `secrets`) describes.

    `default_model` is written into an OpenAI connector that names none. Raises DocumentError.
    """
    if not isinstance(entry, Mapping):
        raise DocumentError(own.subject(id, source), [Problem("", f"must be an object, not {a_kind_of(entry)}")])
    if is_other_type(entry):
        raise DocumentError(own.subject(id, source), [Problem("", _other_type(entry["actionTypeId"]))])
    translation = Translation(entry, default_model)
    return own.read(
        id,
        translation.document,
        space=space,
        source=source,
        paths=PATHS | translation.paths,
        sentences=SENTENCES,
        problems=translation.problems,
        warnings=translation.warnings,
    )


def is_other_type(entry: object) -> bool:
    """Whether a preconfigured entry is a connector that has nothing to do with OpenAI (`.slack`, `.email`, ...)."""
    connector_type = entry.get("actionTypeId") if isinstance(entry, Mapping) else None
    return is_given(connector_type) and connector_type != CONNECTOR_TYPE


def _other_type(connector_type: object) -> str:
    """It is repeated only if it looks like one: it may be a secret in the wrong place."""
    shaped = isinstance(connector_type, str) and re.fullmatch(r"\.[a-z0-9_-]{1,30}", connector_type)
    harmless = shaped and not may_be_a_key(shaped[0])
    what = f"a `{connector_type}` connector" if harmless else "a connector of another type"
    return f"is {what}, and only `{CONNECTOR_TYPE}` connectors are read"

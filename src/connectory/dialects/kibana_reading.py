"""Reading a connector of Elastic's, whatever stands around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.kibana_connector import PATHS, Translation
from connectory.dialects.kibana_pki import SENTENCES
from connectory.dialects.kibana_words import CONNECTOR_TYPE, Envelope
from connectory.dialects.limits import ONE, within
from connectory.dialects.plain_values import Gathering, is_given
from connectory.dialects.words import a_kind_of
from connectory.errors import DocumentError, Problem
from connectory.secret import may_be_a_key


def read(
    id: str,
    entry: object,
    envelope: Envelope,
    *,
    default_model: str | None,
    space: str = "default",
    source: str = "",
    warnings: Sequence[Problem] = (),
) -> Connection:
    """The connection that a connector describes, whatever stands around it. Raises DocumentError."""
    if not isinstance(entry, Mapping):
        raise DocumentError(own.subject(id, source), [Problem("", f"must be an object, not {a_kind_of(entry)}")])
    kept = Gathering()
    kept.read("", partial(within, ONE), entry)
    if kept.problems:
        raise DocumentError(own.subject(id, source), kept.problems)
    if is_other_type(entry, envelope):
        raise DocumentError(own.subject(id, source), [Problem("", _other_type(entry[envelope.type_key]))])
    translation = Translation(entry, default_model, envelope)
    return own.read(
        id,
        translation.document,
        space=space,
        source=source,
        paths=PATHS | translation.paths,
        sentences=SENTENCES,
        problems=translation.problems,
        warnings=(*warnings, *translation.warnings),
    )


def is_other_type(entry: object, envelope: Envelope) -> bool:
    """Whether it is a connector that has nothing to do with OpenAI (`.slack`, `.email`, ...)."""
    connector_type = entry.get(envelope.type_key) if isinstance(entry, Mapping) else None
    return is_given(connector_type) and connector_type != CONNECTOR_TYPE


def _other_type(connector_type: object) -> str:
    what = type_for_people(connector_type)
    return f"is {what}, and only `{CONNECTOR_TYPE}` connectors are read"


def type_for_people(connector_type: object) -> str:
    """It is repeated only if it looks like one: it may be a secret in the wrong place."""
    shaped = isinstance(connector_type, str) and re.fullmatch(r"\.[a-z0-9_-]{1,30}", connector_type)
    harmless = shaped and not may_be_a_key(shaped[0])
    return f"a `{connector_type}` connector" if harmless else "a connector of another type"

"""A connector that came without its secrets, as Kibana gives all of them out: what it must have had is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectory.connection import Connection
from connectory.dialects import kibana_reading
from connectory.dialects.kibana_pki import PKI
from connectory.dialects.kibana_words import API_KEY, MODE, Envelope
from connectory.dialects.words import listed
from connectory.errors import DocumentError, Problem

_PLACE = "secrets."
_PAIR = tuple(PKI)[:2]


def read(
    id: str,
    entry: object,
    envelope: Envelope,
    *,
    default_model: str | None,
    space: str = "default",
    source: str = "",
) -> Connection:
    """The connection, with a warning at `secrets` where some are missing. Raises DocumentError.

    Nothing says whether a client certificate stood in the place of a key, so a `verificationMode` is kept for one.
    """

    def reading(entry: object, warnings: Sequence[Problem] = ()) -> Connection:
        return kibana_reading.read(
            id, entry, envelope, default_model=default_model, space=space, source=source, warnings=warnings
        )

    try:
        connection = reading(entry)
    except DocumentError as error:
        needed = [problem.path.removeprefix(_PLACE) for problem in error.problems if problem.path.startswith(_PLACE)]
        if not needed:
            raise
    else:
        needed = _certificate(connection)
        if not needed:
            return connection
    whole = {**_object(entry), "secrets": {key: {"missing": True} for key in needed}}
    return reading(whole, [_warning(whole, needed)])


def _object(entry: object) -> Mapping[Any, Any]:
    """What misses a secret is one."""
    return entry if isinstance(entry, Mapping) else {}


def _certificate(connection: Connection) -> list[str]:
    """That of an identity by certificate: a mode of verification stands beside one only."""
    shown = connection.credential.certified and MODE in connection.foreign.kibana
    return list(_PAIR) if shown else []


def _warning(entry: Mapping[Any, Any], needed: Sequence[str]) -> Problem:
    config = entry.get("config")
    is_other = isinstance(config, Mapping) and config.get("apiProvider") == "Other"
    pair = f", or {listed(_PAIR)}" if is_other and API_KEY in needed else ""
    return Problem("secrets", f"never leave Kibana, so they have to be given again: {listed(needed)}{pair}")

"""A connection as a store keeps it: a document that may be seen, and beside it the secrets that are sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectory.connection import Connection, secret_places
from connectory.dialects import own
from connectory.secret import Secret

Place = tuple[str, ...]
"""The keys that lead to a part of a document."""


def apart(connection: Connection) -> tuple[dict[str, Any], dict[Place, Secret]]:
    """The document without the secrets that the connection holds, and these by their places.

    References (`{env: NAME}`) and the marks of missing secrets stay in the document.
    """
    held = {place: secret for place, secret in secret_places(connection) if secret.reference is None}
    kept = {place: secret for place, secret in held.items() if secret != Secret.missing()}
    return without(own.write(connection, public=True), kept), kept


def together(document: Mapping[str, Any], secrets: Mapping[Place, Secret]) -> dict[str, Any]:
    """The document with the secrets in their places, as `own.read` takes it."""
    whole = dict(document)
    for place, secret in secrets.items():
        _put(whole, place, secret)
    return whole


def with_missing(connection: Connection) -> dict[str, Any]:
    """The document for people elsewhere: what it holds of secrets is marked as missing."""
    document, secrets = apart(connection)
    for place in secrets:
        _put(document, place, {"missing": True})
    return document


def without(document: Mapping[str, Any], places: Iterable[Place]) -> dict[str, Any]:
    """The document less what stands at these places; a part that is empty then goes too."""
    left = dict(document)
    for key, *rest in places:
        inner = left.get(key)
        if not rest:
            left.pop(key, None)
        elif isinstance(inner, Mapping):
            left[key] = without(inner, [tuple(rest)])
            if not left[key]:
                del left[key]
    return left


def _put(document: dict[str, Any], place: Place, value: Any) -> None:
    key, *rest = place
    if not rest:
        document[key] = value
        return
    document[key] = dict(document.get(key) or {})
    _put(document[key], tuple(rest), value)

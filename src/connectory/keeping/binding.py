"""What kept secrets are bound to: where they may go. Whoever could move them elsewhere could read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from connectory.connection import Connection, Headers
from connectory.dialects.kept import Place
from connectory.pem import decoded
from connectory.secret import Secret
from connectory.urls import origin_of

_PUBLIC = {("tls", "ca"), ("tls", "certificate")}
"""Kept as secrets, and shown to anybody in every handshake, if there is no private key in the same text."""


def moved(before: Connection, after: Connection) -> list[str]:
    """What is different in where the secrets go, by the paths of the document; none for the same way."""
    old, new = _way(before), _way(after)
    return [path for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)]


def without_moved(
    secrets: Mapping[Place, Secret], before: Connection, after: Connection, *, given: Collection[Place]
) -> dict[Place, Secret]:
    """The secrets of a changed connection: those that were not `given` again are missing if they would go elsewhere."""
    if not moved(before, after):
        return dict(secrets)
    return {
        place: secret if place in given or _is_public(place, secret) else Secret.missing()
        for place, secret in secrets.items()
    }


def _is_public(place: Place, secret: Secret) -> bool:
    return place in _PUBLIC and secret.at_hand and "PRIVATE KEY" not in secret.reveal() + decoded(secret.reveal())


def _way(connection: Connection) -> dict[str, Any]:
    """Everything by which somebody else could get to see the secrets."""
    credential, tls = connection.credential, connection.tls
    sockets = connection.client.websocket_base_url
    source = getattr(credential, "source", None)
    return {
        "url": origin_of(connection.url),
        "client.websocket_base_url": sockets and origin_of(sockets),
        "headers.Host": _hosts(connection.headers),
        "client.default_headers.Host": _hosts(connection.client.default_headers),
        "network.proxy": connection.network.proxy,
        "tls.ca": tls.ca,
        "tls.ca_mode": tls.ca_mode,
        "tls.verification": tls.verification,
        "credential.exchange_url": getattr(credential, "exchange_url", None),
        "credential.authority": getattr(credential, "authority", None),
        "credential.source": source and (source.kind, dataclasses.astuple(source)),
    }


def _hosts(headers: Headers) -> list[str | Secret]:
    """Behind a front that many share, this header says whose service it is."""
    return [value for name, value in headers.items() if name.lower() == "host"]

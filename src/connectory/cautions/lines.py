"""Lines on which somebody between here and the service could read what is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.errors import Problem
from connectory.network.addresses import is_loopback
from connectory.network.limits import Use
from connectory.network.reasons import Reason, Said
from connectory.network.resolve import resolve
from connectory.secret import Secret
from connectory.tls import NONE
from connectory.urls import is_tls


def unchecked_cautions(connection: Connection) -> Iterator[Problem]:
    """Certificates that nobody checks: the service's, and that of a proxy on the way, whoever said so."""
    found = resolve(connection, connection.url, Use.RUN)
    settings = found.settings
    if is_tls(connection.url) and settings.trust.verification == NONE:
        said = _by(found.reasons["verification"])
        told = "anybody on the way can read and change what is sent, secrets too"
        yield Problem("tls.verification", f"is `none`{said}: {told}")
    if settings.proxy and is_tls(settings.proxy.url) and settings.proxy.trust.verification == NONE:
        said = _by(found.reasons["proxy.verification"])
        yield Problem("network.proxy", f"is not checked by its certificate{said}: anybody could stand in its place")


def plain_cautions(connection: Connection) -> Iterator[Problem]:
    """Secrets that go over plain http, but for this machine itself."""
    if is_tls(connection.url) or is_loopback(urlsplit(connection.url).hostname or ""):
        return
    if sent := _secrets_sent(connection):
        yield Problem("url", f"begins with `http://`: anybody on the way can read {sent}")


def _secrets_sent(connection: Connection) -> str:
    if not connection.credential.silent:
        return "the credential"
    if _has_secrets(connection.own_headers()) or _has_secrets(connection.client.default_headers):
        return "its secret headers"
    return "the secrets in its query" if _has_secrets(connection.client.default_query) else ""


def _has_secrets(values: Mapping[str, object]) -> bool:
    return any(isinstance(value, Secret) for value in values.values())


def _by(reason: Reason) -> str:
    """Who else said it: of what stands in the connection's own document, the path says it."""
    return "" if reason.said is Said.CONNECTION else f", as {reason} says"

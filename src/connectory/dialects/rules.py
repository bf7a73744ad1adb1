"""What makes a well-formed connection impossible to use: checks that need more than one setting."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.dialects.certificate_rules import (
    problems_with_certificates,
    problems_without_tls,
    warnings_about_certificates,
)
from connectory.dialects.proxy import proxy_reason
from connectory.dialects.words import below, key_of, listed
from connectory.errors import Problem
from connectory.provider import OPENAI
from connectory.secret import holds_a_key
from connectory.urls import SHOWN, url_reason


def problems_of(connection: Connection, *, url_given: bool) -> Iterator[Problem]:
    """Everything that stands in the way of using `connection`. `url_given`: its URL is not a default."""
    yield from _of_credential(connection)
    if connection.client.data_residency:
        yield from _of_residency(connection, url_given=url_given)
    socket_url = connection.client.websocket_base_url
    if socket_url and (reason := url_reason(socket_url, schemes=("ws", "wss", "http", "https"))):
        yield Problem("client.websocket_base_url", reason)
    if not connection.url:
        yield Problem("url", f"is required for the provider `{connection.provider.name}`")
    elif reason := url_reason(connection.url):
        yield Problem("url", reason)
    else:
        yield from problems_without_tls(connection)
    if connection.endpoint is not None:
        yield from _of_endpoint(connection, connection.endpoint)
    yield from problems_with_certificates(connection)
    if reason := proxy_reason(connection.network.proxy):
        yield Problem("network.proxy", reason)
    yield from _of_words(connection)


def warnings_of(connection: Connection) -> Iterator[Problem]:
    """What does not stand in the way of every use."""
    if problem := connection.provider.url_warning(connection.url, api_version=connection.azure.api_version):
        yield problem
    yield from warnings_about_certificates(connection)


def _of_credential(connection: Connection) -> Iterator[Problem]:
    credential = connection.credential
    if connection.provider.name not in credential.providers:
        fitting = listed(sorted(credential.providers))
        providers = "provider" if len(credential.providers) == 1 else "providers"
        yield Problem("credential.kind", f"`{credential.kind}` goes with the {providers} {fitting} only")


def _of_residency(connection: Connection, *, url_given: bool) -> Iterator[Problem]:
    path = "client.data_residency"
    if url_given:
        yield Problem(path, "chooses a URL, and this connection has one; leave one of the two out")
    elif connection.provider is not OPENAI:
        yield Problem(path, "goes with the provider `openai` only")
    elif (urls := connection.credential.default_urls) and connection.client.data_residency not in urls:
        yield Problem(path, f"is no region of `{connection.credential.kind}`; known: {listed(urls)}")


def _of_endpoint(connection: Connection, endpoint: str) -> Iterator[Problem]:
    if reason := url_reason(endpoint):
        yield Problem("endpoint", reason)
    elif not url_reason(connection.url) and _origin(endpoint) != _origin(connection.url):
        yield Problem("endpoint", "must have scheme, host and port of the connection's URL: the credential goes there")


def _of_words(connection: Connection) -> Iterator[Problem]:
    """What people are shown of a connection; an id is not its author's choice of words."""
    words = {"name": connection.name, "description": connection.description}
    words |= {below("labels", key_of(name)): text for name, text in connection.labels.items()}
    for path, text in words.items():
        if text != connection.id and holds_a_key(text):
            yield Problem(path, SHOWN)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)

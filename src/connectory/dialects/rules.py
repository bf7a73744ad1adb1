"""What makes a well-formed connection impossible to use: checks that need more than one setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from connectory.connection import Connection
from connectory.dialects.url_parts import parts_of
from connectory.dialects.words import below, key_of, listed
from connectory.errors import Problem
from connectory.provider import OPENAI
from connectory.secret import holds_a_key, is_credential_parameter

_HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")
_BRACES = re.compile(r"[{}]|%7[BD]", re.IGNORECASE)
_SHOWN = "holds what looks like a key, and would be shown to anybody; a key belongs in `credential.api_key`"


def problems_of(connection: Connection, *, url_given: bool) -> Iterator[Problem]:
    """Everything that stands in the way of using `connection`. `url_given`: its URL is not a default."""
    yield from _of_credential(connection)
    if connection.client.data_residency:
        yield from _of_residency(connection, url_given=url_given)
    if socket_url := connection.client.websocket_base_url:
        yield from _of_url("client.websocket_base_url", socket_url, schemes=("ws", "wss", "http", "https"))
    if not connection.url:
        yield Problem("url", f"is required for the provider `{connection.provider.name}`")
    elif reason := url_reason(connection.url):
        yield Problem("url", reason)
    if connection.endpoint is not None:
        yield from _of_endpoint(connection, connection.endpoint)
    yield from _of_words(connection)


def warnings_of(connection: Connection) -> Iterator[Problem]:
    """What does not stand in the way of every use."""
    if problem := connection.provider.url_warning(connection.url, api_version=connection.azure.api_version):
        yield problem


def url_reason(url: str, *, schemes: tuple[str, ...] = ("http", "https")) -> str | None:
    """Why a URL cannot be used, in one sentence; None if it can."""
    parts = parts_of(url)
    if parts is None:
        return "is no URL: its host or port cannot be read"
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}").removesuffix(":")
    checks = (
        (not url.isprintable() or " " in url, "has a blank, a line break or a control character in it"),
        (not url.isascii(), "has a character outside ASCII: write the host as `xn--...`, the rest percent-encoded"),
        (parts.scheme not in schemes, f"must begin with {' or '.join(f'`{scheme}://`' for scheme in schemes)}"),
        (_BRACES.search(url), "still has a part of a template in braces; put in what belongs there"),
        (not parts.hostname, "has no host"),
        ("@" in parts.netloc, "holds a user name or password, which is no place for a credential"),
        (not _HOST.fullmatch(host), "has a host with a character that no host has"),
        (parts.fragment, "has a part after `#`, which is never sent"),
        (_brings_a_key(parts), _SHOWN),
    )
    return next((reason for failed, reason in checks if failed), None)


def _brings_a_key(parts: SplitResult) -> bool:
    """Whether a key stands in a URL's path or query; a host is only a name."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return holds_a_key(parts.path) or any(is_credential_parameter(*pair) for pair in pairs)


def _of_url(path: str, url: str, *, schemes: tuple[str, ...]) -> Iterator[Problem]:
    if reason := url_reason(url, schemes=schemes):
        yield Problem(path, reason)


def _of_credential(connection: Connection) -> Iterator[Problem]:
    credential = connection.credential
    if connection.provider.name not in credential.providers:
        fitting = listed(sorted(credential.providers))
        yield Problem("credential.kind", f"`{credential.kind}` goes with the providers {fitting} only")


def _of_residency(connection: Connection, *, url_given: bool) -> Iterator[Problem]:
    path = "client.data_residency"
    if url_given:
        yield Problem(path, "chooses a URL, and this connection has one; leave one of the two out")
    elif connection.provider is not OPENAI:
        yield Problem(path, "goes with the provider `openai` only")


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
            yield Problem(path, _SHOWN)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)

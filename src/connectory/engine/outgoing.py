"""The request that an action becomes at a connection: its URL, its headers, its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectory.action import Action
from connectory.connection import Connection, Query
from connectory.engine.auth import credential_header
from connectory.engine.logged import SECRET_NAMES
from connectory.engine.sendable import sendable
from connectory.errors import CallerError
from connectory.secret import Secret
from connectory.wire.rewriting import model_of, prepare_body


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent, but for the headers: those hold the credential and are made anew for every attempt.

    `place` is the URL without the connection's own parameters, some of which may be secret: what may be shown.
    """

    url: str
    place: str
    body: bytes


def outgoing(connection: Connection, action: Action) -> Outgoing:
    """The request that an action becomes at a connection. Raises CallerError."""
    model = model_of(action.body) or connection.model
    url = connection.endpoint_url(model)
    if url is None:
        raise CallerError("This Azure URL names no deployment: name a model in the body, or give the connection one.")
    body = prepare_body(
        action.body, provider=connection.provider, url=url, model=connection.model, stream=action.streaming
    )
    return Outgoing(url=with_query(url, revealed(connection.client.default_query)), place=url, body=body)


def headers_of(connection: Connection) -> dict[str, str]:
    """A request's headers, later ones winning: ours, the connection's, its credential's, its client's.

    Raises SecretUnavailable, CallerError.
    """
    client = connection.client
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "connectory"}
    _overlay(headers, connection.own_headers())
    _overlay(headers, {"OpenAI-Organization": connection.organization, "OpenAI-Project": connection.project})
    if not connection.is_credential_of(client.default_headers) and (credential := credential_header(connection)):
        _overlay(headers, dict([credential]))
    _overlay(headers, client.default_headers)
    return headers


def with_query(url: str, query: Mapping[str, Any]) -> str:
    """`url` with the parameters of `query` that it does not have, nested ones as the SDK writes them (`a[b]=c`)."""
    if not query:
        return url
    parts = urlsplit(url)
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([pair for name, value in query.items() if name not in named for pair in _flat(name, value)])
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def revealed(query: Query) -> dict[str, Any]:
    """The parameters of a query with their secrets in them. Raises SecretUnavailable."""
    SECRET_NAMES.update(name for name, value in query.items() if isinstance(value, Secret))
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in query.items()}


def _flat(name: str, value: Any) -> list[tuple[str, str]]:
    match value:
        case Mapping():
            return [pair for key, inner in value.items() for pair in _flat(f"{name}[{key}]", inner)]
        case list() | tuple():
            return [pair for inner in value for pair in _flat(f"{name}[]", inner)]
        case None:
            return []
        case bool():
            return [(name, str(value).lower())]
    return [(name, str(value))]


def _overlay(headers: dict[str, str], more: Mapping[str, str | Secret | None]) -> None:
    for name, value in more.items():
        if value is None:
            continue
        for present in [known for known in headers if known.lower() == name.lower()]:
            del headers[present]
        headers[name] = sendable(name, value)

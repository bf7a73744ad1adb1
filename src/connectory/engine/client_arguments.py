"""What an SDK client is told: the connection's word, then the caller's, as arguments of the SDK's constructor."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection, Headers
from connectory.credentials.api_key import ApiKey
from connectory.engine.auth import MARK, ConnectionAuth, keep_origin, key_for_sdk
from connectory.engine.outgoing import sendable
from connectory.engine.session import limits
from connectory.errors import CallerError
from connectory.secret import Secret
from connectory.transport import SDK_CLIENT


def arguments(connection: Connection, overrides: Mapping[str, Any]) -> tuple[Connection, dict[str, Any]]:
    """The connection as the caller's key makes it, and the constructor's arguments.

    `api_key` is None where a header of the caller carries the credential. Raises SecretUnavailable, CallerError.
    """
    if overrides.get("base_url") is not None and not overrides.get("api_key"):
        keep_origin(connection, str(overrides["base_url"]))
    if isinstance(overrides.get("api_key"), str):
        connection = dataclasses.replace(connection, credential=ApiKey(api_key=Secret(overrides["api_key"])))
    settings = connection.transport(SDK_CLIENT)
    address, told = connection.address, connection.client
    query = dict(address.query)
    version = {"api_version": query.pop("api-version")} if address.classic else {}
    caller_headers = {**_revealed(told.default_headers), **(overrides.get("default_headers") or {})}
    given = {
        "base_url": address.base_url,
        "timeout": limits(settings.timeouts),
        "max_retries": settings.retries,
        "organization": connection.organization,
        "project": connection.project,
        "admin_api_key": _admin_key(connection),
        "webhook_secret": told.webhook_secret and told.webhook_secret.reveal(),
        "websocket_base_url": told.websocket_base_url,
        "_strict_response_validation": told._strict_response_validation,
        **version,
        **overrides,
        "api_key": _key(connection, overrides, caller_headers),
        "default_headers": {**_revealed(connection.headers_beside_credential()), **caller_headers},
        "default_query": {**query, **told.default_query, **(overrides.get("default_query") or {})},
    }
    return connection, given


def auth(connection: Connection, key: str | None, overrides: Mapping[str, Any]) -> ConnectionAuth:
    """What places the credential where the client puts `key`. A caller's own key may go wherever the caller says."""
    placed = MARK if key is None or overrides.get("api_key") else key
    return ConnectionAuth(connection, placed, bound=_other_secrets(connection))


def _key(connection: Connection, overrides: Mapping[str, Any], caller_headers: Mapping[str, str]) -> Any:
    if callable(overrides.get("api_key")):
        return overrides["api_key"]
    in_headers = connection.is_credential_of(caller_headers)
    if connection.address.classic and in_headers:
        return None
    key = key_for_sdk(connection)
    if key == MARK and overrides.get("http_client") is not None and not in_headers:
        raise CallerError(
            f"An `http_client` of your own cannot place the credential of {connection.id!r}, which is read anew for "
            "every request: give an `api_key` too, or let connectory make the client."
        )
    return key


def _other_secrets(connection: Connection) -> Iterator[str]:
    """Values of headers that are secrets beside the credential."""
    for headers in (connection.headers, connection.client.default_headers):
        yield from (sendable(name, value) for name, value in headers.items() if isinstance(value, Secret))
    if key := _admin_key(connection):
        yield f"Bearer {key}"


def _admin_key(connection: Connection) -> str | None:
    key = connection.client.admin_api_key
    return sendable("client.admin_api_key", key) if key else None


def _revealed(headers: Headers) -> dict[str, str]:
    return {name: sendable(name, value) for name, value in headers.items()}

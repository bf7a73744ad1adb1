"""What an SDK client is told: the connection's word, then the caller's, as arguments of the SDK's constructor."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import RESIDENCIES, Connection, Headers
from connectory.credentials.api_key import ApiKey
from connectory.engine.auth import MARK, ConnectionAuth, TokenAuth, keep_origin, key_for_sdk, token_of
from connectory.engine.outgoing import revealed
from connectory.engine.sendable import sendable
from connectory.engine.session import limits
from connectory.errors import DocumentError, Problem
from connectory.network.limits import Use
from connectory.network.resolve import resolve
from connectory.provider import NO_VERSION
from connectory.secret import Secret

_KEY_ARGUMENT = {False: "api_key", True: "azure_ad_token"}
"""What the SDK calls the key; the second goes out as a bearer to Azure's classic URLs."""

_ADDRESSES = ("base_url", "azure_endpoint", "data_residency")
_CREDENTIALS = ("api_key", "workload_identity", "azure_ad_token", "azure_ad_token_provider")
"""Arguments of the SDK of which one rules out the others: a caller's takes the place of the connection's."""


def told(connection: Connection, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What the client of a connection is told, and `placing`, which places its credential.

    Raises SecretUnavailable, CallerError, DocumentError.
    """
    arguments, caller = _of_connection(connection), _given(overrides)
    if isinstance(caller.get("api_key"), str):
        connection = dataclasses.replace(connection, credential=ApiKey(api_key=Secret(caller["api_key"])))
    address = caller.get("base_url", caller.get("azure_endpoint"))
    own_credential = any(name in caller for name in _CREDENTIALS)
    if address is not None:
        del arguments["base_url"]
        if not own_credential or (connection.tls.certificate and caller.get("http_client") is None):
            keep_origin(connection, str(address))
    headers = {**_revealed(connection.client.default_headers), **(caller.get("default_headers") or {})}
    if not own_credential and not connection.is_credential_of(headers):
        connection.credential.prepare()
    key = _key(connection, caller, headers)
    arguments |= {
        **caller,
        **({} if key is None else {_KEY_ARGUMENT[connection.address.classic and connection.credential.bearer]: key}),
        "default_headers": {**_revealed(connection.own_headers()), **headers},
        "default_query": {**_query(connection), **(caller.get("default_query") or {})},
    }
    if connection.address.classic and arguments["api_version"] is None:
        raise DocumentError(f"connection {connection.id!r}", [Problem("", NO_VERSION)])
    placed = MARK if own_credential or key is None else key
    placing = TokenAuth if connection.credential.exchanged and not own_credential else ConnectionAuth
    auth = placing(connection, placed, bound=_other_secrets(connection))
    if caller.get("http_client") is not None:
        auth.shows_certificate = auth.is_judged = False
    return {**arguments, "placing": auth}


def _given(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's arguments. Where no URL or no credential is named, None is no choice of one."""
    given = {
        name: value for name, value in overrides.items() if value is not None or name not in _ADDRESSES + _CREDENTIALS
    }
    if "base_url" not in given and given.get("data_residency") in RESIDENCIES:
        given["base_url"] = RESIDENCIES[given.pop("data_residency")]
    return given


def _of_connection(connection: Connection) -> dict[str, Any]:
    address, client = connection.address, connection.client
    settings = resolve(connection, address.base_url, Use.SDK).settings
    version = {"api_version": address.query.get("api-version")} if address.classic else {}
    return {
        "base_url": address.base_url,
        "timeout": limits(settings.timeouts),
        "max_retries": settings.retries,
        "organization": connection.organization,
        "project": connection.project,
        "admin_api_key": _admin_key(connection),
        "webhook_secret": client.webhook_secret and client.webhook_secret.reveal(),
        "websocket_base_url": client.websocket_base_url,
        "_strict_response_validation": client._strict_response_validation,
        **version,
    }


def _key(connection: Connection, caller: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
    """The SDK's `api_key`; None where the caller or a header brings the credential another way."""
    if callable(caller.get("api_key")):
        return caller["api_key"]
    if any(name in caller for name in _CREDENTIALS if name != "api_key"):
        return None
    if connection.is_credential_of(headers):
        return None if connection.address.classic else MARK
    has_own_client, exchanged = caller.get("http_client") is not None, connection.credential.exchanged
    if has_own_client and not exchanged and (token := token_of(connection)):
        return token.value.reveal()  # a client of the caller's own replaces no mark
    return key_for_sdk(connection)


def _query(connection: Connection) -> dict[str, Any]:
    """What the client names comes first, as in the SDK's own client for Azure; what the URL names keeps its order."""
    named = revealed(connection.client.default_query)
    return named | {name: value for name, value in connection.address.query.items() if name not in named}


def _other_secrets(connection: Connection) -> Iterator[str]:
    """Values of headers and of query parameters that are secrets beside the credential."""
    for headers in (connection.headers, connection.client.default_headers):
        yield from (sendable(name, value) for name, value in headers.items() if isinstance(value, Secret))
    yield from (value.reveal() for value in connection.client.default_query.values() if isinstance(value, Secret))
    if key := _admin_key(connection):
        yield f"Bearer {key}"


def _admin_key(connection: Connection) -> str | None:
    key = connection.client.admin_api_key
    return sendable("client.admin_api_key", key) if key else None


def _revealed(headers: Headers) -> dict[str, str]:
    return {name: sendable(name, value) for name, value in headers.items()}

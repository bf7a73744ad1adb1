"""SDK clients: the only import of openai. What a connection says is passed explicitly; the environment says nothing.

The stock clients read `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`, `OPENAI_CUSTOM_HEADERS`, `OPENAI_ADMIN_KEY` and
`OPENAI_WEBHOOK_SECRET` even when everything is given (openai 3.54, `lib/_client_auth.py`), and their copies read them
again. The classes here take these back, so a client sends the same bytes wherever it runs.
"""

# The mixins stand beside two clients each, sync and async: no one type knows the names of the SDK that they use.
# mypy: disable-error-code="attr-defined,misc,no-any-return"

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Self

import httpx2
import openai
from openai._exceptions import SubjectTokenProviderError
from openai.lib.azure import API_KEY_SENTINEL

from connectory.connection import Connection
from connectory.engine.auth import MARK, ConnectionAuth, TokenAuth
from connectory.engine.client_arguments import told
from connectory.engine.session import open_async_client, open_client
from connectory.engine.tokens import patience_of
from connectory.errors import (
    CallerError,
    NetworkError,
    SubjectTokenUnavailable,
    TimedOut,
    TokenExchangeFailed,
    TokenExchangeRefused,
)
from connectory.network.limits import Use
from connectory.network.resolve import transport
from connectory.provider import DEPLOYMENT_ENDPOINTS, deployment_path
from connectory.transport import TransportSettings


def connection_of(client: object) -> Connection | None:
    """The connection that a client was made from; None for a client of somebody else's."""
    found = getattr(client, "_connection", None)
    return found if isinstance(found, Connection) else None


@contextlib.contextmanager
def _in_the_sdks_words() -> Iterator[None]:
    """What can go wrong where tokens come from, as the SDK's callers expect it; it tries again what it would anyway."""
    try:
        yield
    except TokenExchangeRefused as error:
        answer = httpx2.Response(error.status or 401, request=httpx2.Request("POST", error.origin))
        body = {"error": error.error_code, "error_description": str(error)}
        raise openai.OAuthError(response=answer, body=body) from error
    except SubjectTokenUnavailable as error:
        # What its own sources raise, though it exports no name for it (openai 3.54, `auth/_workload.py`).
        raise SubjectTokenProviderError(str(error)) from error
    except TokenExchangeFailed as error:
        raise openai.OpenAIError(str(error)) from error
    except TimedOut as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except NetworkError as error:
        raise httpx2.ConnectError(str(error)) from error


class _Sends:
    """Mixed into a sync client."""

    def _send_request(self, request: httpx2.Request, **others: Any) -> Any:
        with _in_the_sdks_words():
            return super()._send_request(request, **others)


class _SendsAsync:
    """Mixed into an async client."""

    async def _send_request(self, request: httpx2.Request, **others: Any) -> Any:
        with _in_the_sdks_words():
            return await super()._send_request(request, **others)


class _Explicit:
    """Mixed into an SDK client: keeps what it was told and nothing else, and so do its copies."""

    def __init__(
        self,
        *,
        connection: Connection,
        placing: ConnectionAuth,
        default_headers: Mapping[str, str] | None = None,
        organization: str | None = None,
        project: str | None = None,
        admin_api_key: str | None = None,
        webhook_secret: str | None = None,
        **others: Any,
    ) -> None:
        told = {
            "organization": organization,
            "project": project,
            "admin_api_key": admin_api_key,
            "webhook_secret": webhook_secret,
        }
        self._connection = connection
        self._placing = placing
        super().__init__(default_headers=default_headers, **told, **others)  # type: ignore[call-arg]
        kept: dict[str, object] = {
            **told,
            "_custom_headers": dict(default_headers or {}),
            "_ambient_authorizations": frozenset(),
        }
        for name, value in kept.items():
            setattr(self, name, value)

    def copy(self, *, _extra_kwargs: Mapping[str, Any] = {}, **others: Any) -> Self:
        if others.get("http_client") is not None and MARK in (self.api_key, getattr(self, "_azure_ad_token", None)):
            raise CallerError(
                "The credential of this connection is placed by its own HTTP client: give yours to "
                "`connect(..., http_client=...)`, and not to a copy."
            )
        ours = {"connection": self._connection, "placing": self._placing}
        return super().copy(_extra_kwargs={**ours, **_extra_kwargs}, **others)

    with_options = copy

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        options.follow_redirects = False  # not even where a call asks for it: the next host may be anybody's
        request: httpx2.Request = super()._build_request(options, retries_taken=retries_taken)
        self._placing.keep_home(request)
        return request

    @property
    def auth_headers(self) -> dict[str, str]:
        """What the SDK's WebSockets take, which go past our HTTP client."""
        headers = self._auth_headers({"bearer_auth": True})
        return self._placing.for_socket(headers, self.websocket_base_url or self.base_url)


class _Undeployed(_Explicit):
    """Mixed into an OpenAI client: the provider says which header carries the key.

    Azure's v1 URLs take `api-key`; `Authorization: Bearer`, which the stock client sends, is for tokens of Entra there.
    """

    def _auth_headers(self, security: Mapping[str, bool]) -> dict[str, str]:
        headers: dict[str, str] = super()._auth_headers(security)
        if self._connection.credential.silent and self.api_key == MARK:
            return {name: value for name, value in headers.items() if MARK not in value}
        # Who brings a function in place of a key brings tokens.
        if self._connection.provider.bearer or self._api_key_provider or not security.get("bearer_auth"):
            return headers
        return dict([self._header(self.api_key)])

    def _header(self, key: str) -> tuple[str, str]:
        """A token that is exchanged may go elsewhere than a key of the caller's own."""
        exchanged = self._connection.credential.exchanged and key != MARK
        return (self._connection.provider if exchanged else self._connection).credential_header(key)

    def _validate_headers(self, headers: Mapping[str, Any], custom_headers: Mapping[str, Any]) -> None:
        names = {name.lower() for name in (*headers, *custom_headers)}
        carried = self._connection.is_credential_of(names) or self._connection.provider.key_header.lower() in names
        if not (self._connection.credential.silent or carried):
            super()._validate_headers(headers, custom_headers)


class OpenAI(_Sends, _Undeployed, openai.OpenAI):
    """`openai.OpenAI`, made from a connection."""


class AsyncOpenAI(_SendsAsync, _Undeployed, openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, made from a connection."""

    async def _refresh_api_key(self) -> str:
        """The SDK's WebSockets call it before they ask for `auth_headers`, which cannot wait."""
        if self.api_key == MARK:
            await self._placing.ready()
        return await super()._refresh_api_key()


class _Deployed(_Explicit):
    """Mixed into an SDK client for Azure's classic URLs: the connection says which deployment serves a model."""

    def __init__(self, *, api_key: Any = None, **others: Any) -> None:
        # Without a key the SDK would look for one in the environment; this is its own word for "my headers carry it".
        super().__init__(api_key=API_KEY_SENTINEL if api_key is None else api_key, **others)

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        model = options.json_data.get("model") if isinstance(options.json_data, Mapping) else None
        deployment = self._connection.deployment(model)
        # A caller's own base URL may name a deployment, as with the stock client.
        if deployment and options.url in DEPLOYMENT_ENDPOINTS and "/deployments" not in self.base_url.path:
            options.url = deployment_path(deployment) + options.url
        return super()._build_request(options, retries_taken=retries_taken)

    def _with_default_key(self, options: Any) -> Any:
        """The options with the key that default headers name, which the SDK overlooks unless it is in lower case."""
        named = {name.lower(): value for name, value in self._custom_headers.items()}
        if "api-key" in named and not self._connection.is_credential_of(options.headers or {}):
            options = options.model_copy(update={"headers": {**(options.headers or {}), "api-key": named["api-key"]}})
        return options

    def _placed(self, options: Any) -> Any:
        """The options of a WebSocket with the credential in its place; those of a request are placed on their way."""
        if options.url.startswith(("ws://", "wss://")):
            options.headers = self._placing.for_socket(options.headers, options.url)
        return options

    def _to_deployment(self, model: str) -> str:
        return self._connection.deployment(model) or model


class AzureOpenAI(_Sends, _Deployed, openai.AzureOpenAI):
    """`openai.AzureOpenAI`, made from a connection."""

    def _prepare_options(self, options: Any) -> Any:
        return self._placed(super()._prepare_options(self._with_default_key(options)))

    def _configure_realtime(self, model: str, extra_query: Any, **others: Any) -> Any:
        url, headers = super()._configure_realtime(self._to_deployment(model), extra_query, **others)
        return url, self._placing.for_socket(headers, url)


class AsyncAzureOpenAI(_SendsAsync, _Deployed, openai.AsyncAzureOpenAI):
    """`openai.AsyncAzureOpenAI`, made from a connection."""

    async def _prepare_options(self, options: Any) -> Any:
        if options.url.startswith(("ws://", "wss://")):
            await self._placing.ready()
        return self._placed(await super()._prepare_options(self._with_default_key(options)))

    async def _configure_realtime(self, model: str, extra_query: Any, **others: Any) -> Any:
        await self._placing.ready()
        url, headers = await super()._configure_realtime(self._to_deployment(model), extra_query, **others)
        return url, self._placing.for_socket(headers, url)


def client(connection: Connection, overrides: Mapping[str, Any]) -> openai.OpenAI:
    """A ready client; whoever asked for it closes it. `overrides` are arguments of the SDK's constructor.

    Raises also HostNotAllowed, AddressRefused and ProxyUnusable: the operator's rules hold for the caller's URL too.
    In an HTTP client of the caller's own nothing can be placed: the SDK then asks for the token before each request,
    and a 401 is final.
    """
    given = told(connection, overrides)
    if given.get("http_client") is None:
        placing = given["placing"]
        placing.way = _way_of(connection, given)
        given["http_client"] = open_client(placing.way, auth=placing)
    elif _asks_for_tokens(connection, given):
        given |= _asked_by_sdk(connection, partial(_token_for_sdk, given["placing"], _limit(given)))
    return (AzureOpenAI if connection.address.classic else OpenAI)(connection=connection, **given)


def async_client(connection: Connection, overrides: Mapping[str, Any]) -> openai.AsyncOpenAI:
    """The async twin of `client`."""
    given = told(connection, overrides)
    if given.get("http_client") is None:
        placing = given["placing"]
        placing.way = _way_of(connection, given)
        given["http_client"] = open_async_client(placing.way, auth=placing)
    elif _asks_for_tokens(connection, given):
        given |= _asked_by_sdk(connection, partial(_atoken_for_sdk, given["placing"], _limit(given)))
    return (AsyncAzureOpenAI if connection.address.classic else AsyncOpenAI)(connection=connection, **given)


def _way_of(connection: Connection, given: Mapping[str, Any]) -> TransportSettings:
    """The way to where the client's requests go, which may be an address of the caller's."""
    return transport(connection, str(given.get("base_url") or given["azure_endpoint"]), Use.SDK)


def _token_for_sdk(placing: TokenAuth, patience: float) -> str:
    with _as_final(), _in_the_sdks_words():
        return placing.token(patience)


async def _atoken_for_sdk(placing: TokenAuth, patience: float) -> str:
    with _as_final(), _in_the_sdks_words():
        return await placing.atoken(patience)


def _limit(given: Mapping[str, Any]) -> float:
    limit = given["timeout"]
    return patience_of(limit.read if isinstance(limit, httpx2.Timeout) else limit)


@contextlib.contextmanager
def _as_final() -> Iterator[None]:
    """The SDK asks for a token before it tries, so nobody tries again what fails on the way to it."""
    nowhere = httpx2.Request("POST", "https://token.invalid")
    try:
        yield
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=nowhere) from error
    except httpx2.RequestError as error:
        raise openai.APIConnectionError(message=str(error), request=nowhere) from error


def _asks_for_tokens(connection: Connection, given: Mapping[str, Any]) -> bool:
    """Whether a token is needed at all: a header of the connection's or of the caller's may be there in its place."""
    return isinstance(given["placing"], TokenAuth) and not connection.is_credential_of(given["default_headers"])


def _asked_by_sdk(connection: Connection, token: Callable[[], Any]) -> dict[str, Any]:
    if connection.address.classic:
        return {"azure_ad_token": None, "azure_ad_token_provider": token}
    return {"api_key": token}

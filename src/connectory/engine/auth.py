"""Placing the credential: from a credential's flow to the header that goes out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Iterable, Mapping, MutableMapping
from typing import Any

import httpx2

from connectory.connection import Connection, secrets_of
from connectory.credential import Token
from connectory.engine.failures import origin_of
from connectory.errors import SecretUnavailable, StrangeOrigin

MARK = "connectory-places-the-credential-here"
"""Stands in for the credential inside an SDK client. It is replaced in every request and never sent."""


def token_of(connection: Connection) -> Token | None:
    """What the credential yields now; None for one that sends nothing."""
    flow = connection.credential.flow()
    try:
        request = next(flow)
    except StopIteration as finished:
        return finished.value  # type: ignore[no-any-return]
    raise AssertionError(f"the flow of {connection.credential.kind} asks for {request.url}, and nobody can ask yet")


def credential_header(connection: Connection) -> tuple[str, str] | None:
    """The header that proves who calls, or None. Raises SecretUnavailable."""
    token = token_of(connection)
    return connection.provider.credential_header(token.value.reveal()) if token else None


def without_secrets(connection: Connection, data: bytes) -> bytes:
    """A service's words less the connection's secrets: some services repeat what they were sent, some in an error."""
    for _, secret in secrets_of(connection):
        with contextlib.suppress(SecretUnavailable):
            for text in _spellings(secret.reveal().strip()):
                data = data.replace(text.encode(errors="surrogatepass"), b"***")
    return data


def _spellings(secret: str) -> list[str]:
    """How a service may repeat a secret: as it is, as JSON has it, and without the word before it (`Bearer`)."""
    bare = secret.rpartition(" ")[2]
    spelled = dict.fromkeys([secret, json.dumps(secret)[1:-1], bare, json.dumps(bare)[1:-1]])
    # A word of an ordinary sentence is no secret worth hiding: `ollama`, say, where a service wants any key.
    return [text for text in spelled if len(text) >= (12 if text.isalpha() else 8)]


def key_for_sdk(connection: Connection) -> str:
    """What an SDK client is told as its key: the key itself where it is fixed, else the mark."""
    key = connection.credential.fixed_key()
    return key.reveal() if key else MARK


class ConnectionAuth(httpx2.Auth):
    """Replaces what the SDK put as its key by the connection's credential, and knows what may not leave its origin.

    A request whose caller set a header of their own is left alone. `bound` are the values of other headers and query
    parameters that go to the connection's origin only.
    """

    def __init__(self, connection: Connection, key: str, bound: Iterable[str] = ()) -> None:
        self._connection = connection
        name, self._placed = connection.provider.credential_header(key)
        self._name = name.lower()  # as the SDK writes it
        self._bound = frozenset([self._placed, *bound])

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        if request.headers.get(self._name) == self._placed:
            self._replace(request.headers)
        yield request

    def keep_home(self, request: httpx2.Request) -> None:
        """Raises StrangeOrigin for a request that would take a secret to another origin."""
        if self._bound.intersection([*request.headers.values(), *request.url.params.values()]):
            keep_origin(self._connection, request.url)

    def for_socket(self, headers: Mapping[str, Any], url: httpx2.URL | str) -> dict[str, Any]:
        """The headers of a WebSocket, which the SDK opens past our HTTP client, with the credential in its place."""
        if self._bound.intersection(value for value in headers.values() if isinstance(value, str)):
            keep_origin(self._connection, url, also=self._connection.client.websocket_base_url)
        placed = dict(headers)
        for name in [name for name in placed if name.lower() == self._name and placed[name] == self._placed]:
            self._replace(placed, name)
        return placed

    def _replace(self, headers: MutableMapping[str, Any], name: str | None = None) -> None:
        name, header = name or self._name, credential_header(self._connection)
        if header is None:
            del headers[name]
        else:
            headers[name] = header[1]


def keep_origin(connection: Connection, url: httpx2.URL | str, *, also: str | None = None) -> None:
    """Raises StrangeOrigin for a URL to which the connection's secrets do not go. `also` is a URL to which they do."""
    homes = [home for home in (connection.url, also) if home]
    if _origin(httpx2.URL(url)) not in [_origin(httpx2.URL(home)) for home in homes]:
        raise StrangeOrigin(connection.id, home=origin_of(connection.url), url=origin_of(str(url)))


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    """To compare: no case in the host, a port that goes without saying said, and a WebSocket's scheme as HTTP's."""
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    return scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(scheme)

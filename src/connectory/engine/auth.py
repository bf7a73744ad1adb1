"""Placing the credential: from a credential's flow to the header that goes out."""

from __future__ import annotations

import base64
import contextlib
import json
from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2

from connectory.connection import Connection, secrets_of
from connectory.credential import Token
from connectory.engine.exchange import context_for
from connectory.engine.tokens import BROKER, PATIENCE, TokenBroker, patience_of
from connectory.errors import CallerError, SecretUnavailable, ServiceError, StrangeOrigin
from connectory.network.limits import Use
from connectory.network.resolve import judge_socket, resolve, transport
from connectory.secret import Secret
from connectory.transport import TransportSettings
from connectory.urls import origin_of
from connectory.wire.error_bodies import service_error
from connectory.wire.headers import header

MARK = "connectory-places-the-credential-here"
"""Stands in for the credential inside an SDK client. It is replaced in every request and never sent."""


def token_of(connection: Connection) -> Token | None:
    """What a credential that is not exchanged yields now; None for one that sends nothing. Raises SecretUnavailable."""
    flow = connection.credential.flow(context_for(connection))
    try:
        step = next(flow)
    except StopIteration as finished:
        return finished.value  # type: ignore[no-any-return]
    raise AssertionError(f"{connection.credential.kind} asks for {step} and does not say that it is exchanged")


def credential_header(connection: Connection) -> tuple[str, str] | None:
    """The header that proves who calls, or None. Raises SecretUnavailable.

    Of a credential that is exchanged it holds the mark, which `auth_of` replaces on the way.
    """
    if connection.credential.exchanged:
        return connection.credential_header(MARK)
    token = token_of(connection)
    return connection.credential_header(token.value.reveal()) if token else None


def is_placed(headers: Mapping[str, str]) -> bool:
    """Whether a token is to take a place among these headers; a header that a document gives may stand there."""
    return any(MARK in value for value in headers.values())


def auth_of(connection: Connection) -> httpx2.Auth | None:
    """What places the token of a credential that is exchanged; None for the others, whose header is there already."""
    return TokenAuth(connection, MARK) if connection.credential.exchanged else None


def without_secrets(connection: Connection, data: bytes, *, also: Iterable[Secret] = ()) -> bytes:
    """A service's words less the connection's secrets: some services repeat what they were sent, some in an error.

    `also` are secrets that the connection does not hold, such as a token of one's own.
    """
    token = BROKER.of(connection).kept if connection.credential.exchanged else None
    held = [secret for _, secret in secrets_of(connection)]
    for secret in [*held, *([token] if token else []), *_said_to_proxy(connection), *also]:
        with contextlib.suppress(SecretUnavailable):
            for text in _spellings(secret.reveal().strip()):
                data = data.replace(text.encode(errors="surrogatepass"), b"***")
    return data


def _said_to_proxy(connection: Connection) -> Iterator[Secret]:
    """What a proxy is told of who asks, and its headers; in plain http it is the proxy that may answer."""
    proxy = resolve(connection, connection.url, Use.RUN).settings.proxy
    if proxy is None:
        return
    yield from (value for value in proxy.headers.values() if isinstance(value, Secret))
    with contextlib.suppress(SecretUnavailable):
        words = (secret.reveal() if secret else "" for secret in (proxy.username, proxy.password))
        yield Secret("Basic " + base64.b64encode(":".join(words).encode()).decode())


def refusal(
    connection: Connection, status: int, headers: Mapping[str, str], body: bytes, *, also: Iterable[Secret] = ()
) -> ServiceError:
    """The error of an answer with this status, without the connection's secrets in it."""
    clean = partial(without_secrets, connection, also=also)
    words = {name: header(headers, name) or "" for name in ("content-type", "location")}
    told = {name: clean(value.encode(errors="replace")).decode() for name, value in words.items()}
    return service_error(status, told, clean(body))


def _spellings(secret: str) -> list[str]:
    """How a service may repeat a secret: as it is, as JSON or a URL has it, without the word before it (`Bearer`)."""
    bare = secret.rpartition(" ")[2]
    in_urls = [spell(secret, safe="") for spell in (quote, quote_plus)]
    spelled = dict.fromkeys([secret, json.dumps(secret)[1:-1], bare, json.dumps(bare)[1:-1], *in_urls])
    # A word of an ordinary sentence is no secret worth hiding: `ollama`, say, where a service wants any key.
    return [text for text in spelled if len(text) >= (12 if text.isalpha() else 8)]


_ANOTHER_WAY = (
    "A client of {0!r} for another URL does not go the way that the rules want for {1} (proxy, trust, client "
    "certificate): make one that does, by `connect({0!r}, base_url=...)`."
)


def key_for_sdk(connection: Connection) -> str:
    """What an SDK client is told as its key: the key itself where it is fixed, else the mark."""
    key = connection.credential.fixed_key()
    return key.reveal() if key else MARK


class ConnectionAuth(httpx2.Auth):
    """Replaces what the SDK put as its key by the connection's credential, and knows what may not leave its origin.

    A request whose caller set a header of their own is left alone. `bound` are the values of other headers and query
    parameters that go to the connection's origin only. `shows_certificate`: so does every request, for the line itself
    shows the client certificate. `is_judged`: the operator's rules hold for every URL that a caller asks for. All
    requests go the `way` of the client.
    """

    def __init__(self, connection: Connection, key: str, bound: Iterable[str] = ()) -> None:
        self._connection = connection
        name, self._placed = connection.credential_header(key)
        self._name = name.lower()  # as the SDK writes it
        self._bound = frozenset([self._placed, *bound])
        self.shows_certificate = connection.tls.certificate is not None
        self.is_judged = True
        self.way: TransportSettings | None = None
        self._allowed: set[str] = set()

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        if self._marks(request):
            self._replace(request.headers, self._name)
        yield request

    def keep_home(self, request: httpx2.Request) -> None:
        """Raises StrangeOrigin for a request that would take a secret, or the client certificate, to another origin.

        And HostNotAllowed, AddressRefused, ProxyUnusable: copies of a client may go elsewhere than it did. CallerError
        where another way leads there than the one that the client goes.
        """
        if self.shows_certificate or self._goes_home([*request.headers.values(), *request.url.params.values()]):
            keep_origin(self._connection, request.url)
        if self.is_judged and (origin := origin_of(str(request.url))) not in self._allowed:
            there = transport(self._connection, str(request.url.copy_with(query=None)), Use.SDK)
            if self.way and not self.way.leads_as(there):
                raise CallerError(_ANOTHER_WAY.format(self._connection.id, origin))
            self._allowed.add(origin)

    def for_socket(self, headers: Mapping[str, Any], url: httpx2.URL | str) -> dict[str, Any]:
        """The headers of a WebSocket, which the SDK opens past our HTTP client, with the credential in its place."""
        judge_socket(self._connection, str(url))
        if self._goes_home(value for value in headers.values() if isinstance(value, str)):
            keep_origin(self._connection, url, also=self._connection.client.websocket_base_url)
        if not self._connection.credential.sockets:
            kind = self._connection.credential.kind
            raise CallerError(f"This authentication method ({kind}) is not supported by WebSocket connections.")
        placed = dict(headers)
        for name in [name for name in placed if name.lower() == self._name and placed[name] == self._placed]:
            self._replace(placed, name)
        return placed

    def _goes_home(self, sent: Iterable[str]) -> bool:
        """Whether one of these values goes to the connection's origin only."""
        return not self._bound.isdisjoint(sent)

    async def ready(self) -> None:
        """Wait, off the event loop, for what `for_socket` puts in place."""

    def _marks(self, request: httpx2.Request) -> bool:
        return request.headers.get(self._name) == self._placed

    def _replace(self, headers: MutableMapping[str, Any], name: str) -> None:
        header = credential_header(self._connection)
        if header is None:
            del headers[name]
        else:
            headers[name] = header[1]


class TokenAuth(ConnectionAuth):
    """The same for a credential whose token is exchanged: all who use the identity share it.

    A 401 drops the token and the request is sent once more, if its body can be: a stream that was read cannot.
    """

    def __init__(
        self, connection: Connection, key: str, bound: Iterable[str] = (), *, broker: TokenBroker = BROKER
    ) -> None:
        super().__init__(connection, key, bound)
        self._shared = broker.of(connection)
        self._origin = origin_of(connection.url)
        self._handed: deque[str] = deque(maxlen=16)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        if not self._marks(request):
            yield request
            return
        patience = _patience(request)
        token = self._shared.get(patience, origin=self._origin)
        response = yield self._with(token, request)
        if self._again(token, request, response):
            yield self._with(self._shared.get(patience, origin=self._origin), request)

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if not self._marks(request):
            yield request
            return
        patience = _patience(request)
        token = await self._shared.aget(patience, origin=self._origin)
        response = yield self._with(token, request)
        if self._again(token, request, response):
            yield self._with(await self._shared.aget(patience, origin=self._origin), request)

    async def ready(self) -> None:
        await self._shared.aget(origin=self._origin)

    def token(self, patience: float = PATIENCE) -> str:
        """The token itself, for a client that cannot be told what to place; it goes to its origin only, as all do."""
        return self._handed_out(self._shared.get(patience, origin=self._origin))

    async def atoken(self, patience: float = PATIENCE) -> str:
        """The async twin of `token`."""
        return self._handed_out(await self._shared.aget(patience, origin=self._origin))

    def _handed_out(self, token: Secret) -> str:
        header = self._connection.credential_header(token.reveal())[1]
        if header not in self._handed:
            self._handed.append(header)
        return token.reveal()

    def _goes_home(self, sent: Iterable[str]) -> bool:
        values = set(sent)
        return super()._goes_home(values) or bool(values.intersection(self._handed))

    def _again(self, token: Secret, request: httpx2.Request, response: httpx2.Response) -> bool:
        return response.status_code == 401 and self._shared.refused(token) and _can_be_sent_again(request)

    def _with(self, token: Secret, request: httpx2.Request) -> httpx2.Request:
        request.headers[self._name] = self._connection.credential_header(token.reveal())[1]
        return request

    def _replace(self, headers: MutableMapping[str, Any], name: str) -> None:
        headers[name] = self._connection.credential_header(self.token())[1]


def _patience(request: httpx2.Request) -> float:
    return patience_of(request.extensions.get("timeout", {}).get("read"))


def _can_be_sent_again(request: httpx2.Request) -> bool:
    """Whether the body is still there: bytes, or a form whose files can be read from their beginning once more."""
    if isinstance(request.stream, httpx2.ByteStream):
        return True
    fields = getattr(request.stream, "fields", None)
    return fields is not None and all(_rewinds(getattr(field, "file", b"")) for field in fields)


def _rewinds(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return isinstance(file, str | bytes) or (callable(seekable) and bool(seekable()))


def keep_origin(connection: Connection, url: httpx2.URL | str, *, also: str | None = None) -> None:
    """Raises StrangeOrigin for a URL to which the connection's secrets do not go. `also` is a URL to which they do."""
    homes = [home for home in (connection.url, also) if home]
    if _origin(httpx2.URL(url)) not in [_origin(httpx2.URL(home)) for home in homes]:
        raise StrangeOrigin(connection.id, home=origin_of(connection.url), url=origin_of(str(url)))


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    """To compare: no case in the host, a port that goes without saying said, and a WebSocket's scheme as HTTP's."""
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    return scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(scheme)

"""Placing the credential: from a credential's flow to the header that goes out."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

import httpx2

from connectory.connection import Connection
from connectory.credential import Token
from connectory.engine.failures import origin_of
from connectory.errors import CallerError

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


def key_for_sdk(connection: Connection) -> str:
    """What an SDK client is told as its key: the key itself where it is fixed, else the mark."""
    key = connection.credential.fixed_key()
    return key.reveal() if key else MARK


class StrangeOrigin(CallerError):
    """A credential was to go somewhere else than its connection's origin."""

    def __init__(self, connection: Connection, url: str) -> None:
        super().__init__(
            f"The connection {connection.id!r} belongs to {origin_of(connection.url)}, and its credential goes nowhere "
            f"else: for {origin_of(url)} give an `api_key` too, or make a connection."
        )


class ConnectionAuth(httpx2.Auth):
    """Replaces what the SDK put as its key by the connection's credential, and keeps its secrets at its origin.

    A request whose caller set a header of their own is left alone. `bound` are the values of other headers that go to
    the connection's origin only.
    """

    def __init__(self, connection: Connection, key: str, bound: Iterable[str] = ()) -> None:
        self._connection = connection
        name, self._placed = connection.provider.credential_header(key)
        self._name = name.lower()  # as the SDK writes it
        self._bound = frozenset([self._placed, *bound])

    def placed_in(self, headers: Mapping[str, str]) -> dict[str, str]:
        """These headers with the credential where the SDK put its key."""
        if self._placed not in headers.values():
            return dict(headers)
        header = credential_header(self._connection)
        return dict([header]) if header else {}

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        if self._bound.intersection(request.headers.values()):
            keep_origin(self._connection, request.url)
        if request.headers.get(self._name) == self._placed:
            self._replace(request)
        yield request

    def _replace(self, request: httpx2.Request) -> None:
        header = credential_header(self._connection)
        if header is None:
            del request.headers[self._name]
        else:
            request.headers[self._name] = header[1]


def keep_origin(connection: Connection, url: httpx2.URL | str) -> None:
    """Raises StrangeOrigin for a URL to which the connection's credential does not go."""
    if _origin(httpx2.URL(url)) != _origin(httpx2.URL(connection.url)):
        raise StrangeOrigin(connection, str(url))


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    """To compare: no case in the host, and a port that goes without saying said."""
    return url.scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(url.scheme)

"""One exchange: a credential's flow, driven through the connection's own transport until it ends in a token."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore2
import httpx2

from connectory.connection import Connection
from connectory.credential import FlowContext, Step, Token, TokenRequest, TokenResponse
from connectory.engine.failures import FAILURES, network_error
from connectory.engine.session import limits, open_client
from connectory.errors import TimedOut, TokenExchangeFailed
from connectory.network.limits import Use
from connectory.network.resolve import transport
from connectory.transport import EXCHANGE, Reach, TransportSettings
from connectory.urls import origin_of
from connectory.wire.retries import retry_delay

WHOLE = 30.0
"""Seconds in which an answer has to be whole."""

_LONGEST = 1 << 20
"""Bytes of an answer that are read."""


def context_for(connection: Connection) -> FlowContext:
    """What a flow may know of a connection now."""
    return FlowContext(classic=connection.address.classic, now=time.time(), endpoints=connection.identity_endpoints)


def exchange(
    connection: Connection,
    *,
    settings: TransportSettings = EXCHANGE,
    whole: float = WHOLE,
    sleep: Callable[[float], None] = time.sleep,
) -> Token | None:
    """A token, asked for now and kept nowhere.

    Requests for it go the connection's way; how long to wait is `settings`', and an answer has to be whole within
    `whole` seconds. One is tried again on 429, 5xx and their like, as often as the connection allows but not more often
    than these.

    Blocks. Raises NetworkError, TokenExchangeFailed, SubjectTokenUnavailable, SecretUnavailable, CertificateUnusable.
    """
    with _Asking(connection, settings, whole, sleep) as asking:
        flow = connection.credential.flow(context_for(connection))
        answer: Any = None
        try:
            step = next(flow)
            while True:
                try:
                    answer = asking.answered(step)
                except Exception as error:  # noqa: BLE001 (it goes on in the flow, which knows what it means)
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]


class _Asking:
    """The HTTP clients of one exchange, made when they are first needed."""

    def __init__(
        self, connection: Connection, settings: TransportSettings, whole: float, sleep: Callable[[float], None]
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._sleep = sleep
        self._whole = whole
        self._clients: dict[tuple[bool, str], httpx2.Client] = {}
        self._closing = contextlib.ExitStack()
        own = connection.client.max_retries
        self._retries = settings.retries if own is None else min(own, settings.retries)

    def __enter__(self) -> _Asking:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def answered(self, step: Step) -> Any:
        return self._response(step) if isinstance(step, TokenRequest) else _awaited(step)

    def _response(self, asked: TokenRequest) -> TokenResponse:
        way = self._way(asked)
        client = self._client(asked, way)
        tries = 0
        while True:
            tries += 1
            try:
                response, body = _sent(client, asked, self._whole)
            except FAILURES as error:
                raise network_error(error, asked.url, limits(way.timeouts).as_dict(), way.proxy) from error
            delay = self._delay(tries, response)
            if delay is None:
                return TokenResponse(status=response.status_code, headers=dict(response.headers), body=body)
            self._sleep(delay)

    def _way(self, asked: TokenRequest) -> TransportSettings:
        """The metadata services of a cloud are reached directly; everything else as the connection is."""
        if asked.direct:
            return dataclasses.replace(self._settings, reach=Reach(everywhere=True))
        way = transport(self._connection, asked.url, Use.EXCHANGE)
        return dataclasses.replace(way, timeouts=self._settings.timeouts, retries=self._settings.retries)

    def _delay(self, tries: int, response: httpx2.Response) -> float | None:
        if response.is_success or response.status_code in (400, 401, 403) or tries > self._retries:
            return None
        return retry_delay(tries, status=response.status_code, headers=response.headers, now=time.time(), jitter=0)

    def _client(self, asked: TokenRequest, way: TransportSettings) -> httpx2.Client:
        where = (asked.direct, origin_of(asked.url))
        if where not in self._clients:
            self._clients[where] = self._closing.enter_context(open_client(way))
        return self._clients[where]


def _sent(client: httpx2.Client, asked: TokenRequest, whole: float) -> tuple[httpx2.Response, bytes]:
    """The answer, whole. Its limits are ours, for one that drips would hold up everybody who waits for the token."""
    body, origin = b"", origin_of(asked.url)
    headers = {"User-Agent": "connectory", "Accept-Encoding": "identity", **asked.headers}
    with _Deadline(whole) as deadline:
        try:
            request = client.build_request(
                asked.method, asked.url, headers=headers, content=asked.body, extensions={"trace": deadline.note}
            )
            response = client.send(request, stream=True)
            with contextlib.closing(response):
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > _LONGEST:
                        raise TokenExchangeFailed(
                            "Its answer is longer than a megabyte", origin=origin, status=response.status_code
                        )
        except FAILURES:
            if not deadline.passed:
                raise
    if deadline.passed:
        raise TimedOut(origin, f"its answer was not whole within {whole:g} s")
    return response, body


class _Deadline:
    """Ends the connections of one request after some seconds, whatever still comes over them."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._streams: list[httpcore2.NetworkStream] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def note(self, event: str, facts: dict[str, Any]) -> None:
        """What httpx2 calls for each step of a request: a new connection is one to end."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._streams.append(facts["return_value"])

    def _end(self) -> None:
        self.passed = True
        for stream in self._streams:
            with contextlib.suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _awaited(awaitable: Awaitable[Any]) -> Any:
    """The value of what an async provider returned, in a loop of its own: the caller's may be busy, or not be there."""
    import asyncio

    async def value() -> Any:
        return await awaitable

    return asyncio.run(value())

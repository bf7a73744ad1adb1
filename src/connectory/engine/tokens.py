"""The token broker: one exchange per identity and process, ahead of time, shared by every client and every request.

A token is fresh until its refresh is due, then stale: it is served while a new one is fetched in the background; then
unusable: callers wait for the exchange that is under way, sync and async ones for the same. Exchanges run in threads of
their own, so callers in any thread and on any event loop share them.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import hashlib
import os
import random
import threading
import time
import traceback
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from connectory.connection import Connection
from connectory.credential import Token
from connectory.engine.exchange import WHOLE, exchange
from connectory.errors import (
    ConnectoryError,
    SubjectTokenUnavailable,
    TimedOut,
    TokenExchangeFailed,
    TokenExchangeRefused,
)
from connectory.network_policy import NetworkPolicy
from connectory.secret import Secret

JITTER = 30.0
"""Seconds by which refreshes of many processes that started together are spread."""

FORCED_EVERY = 30.0
"""Seconds between two exchanges that a 401 of the service forces."""

PATIENCE = 150.0
"""Seconds that a caller waits for a token at most; a request's own limit may be shorter. It leaves time for one wait of
two minutes, the longest that a service may ask for."""

_STUCK = 2 * PATIENCE
"""Seconds after which an exchange is given up: a provider of an operator's own may never return."""

_IDENTITIES = 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

_SOMEBODY = "The service"
_OWN_CODE = "the credential's own code"
_ASKS_ITSELF = (
    "The provider of tokens asks for the token that it is to give; let it use a connection of another credential."
)

Outcome = Secret | ConnectoryError


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, when its refresh is due and when it expires, on the broker's clock."""

    token: Secret
    due: float
    expires: float


@dataclass(frozen=True, slots=True)
class _Failure:
    """The last exchange failed: why, for which time in a row, and until when nobody tries again."""

    error: ConnectoryError
    times: int
    until: float


def patience_of(read: object) -> float:
    """Seconds to wait for a token: no longer than for an answer, whose limit is `read` if that is a number."""
    return min(read, PATIENCE) if isinstance(read, int | float) else PATIENCE


class SharedToken:
    """The token of one identity. Safe to use from any thread, any event loop, and in a forked child."""

    def __init__(
        self,
        fetch: Callable[[], Token | None],
        *,
        refresh_buffer: float,
        clock: Callable[[], float],
        jitter: float,
    ) -> None:
        self._fetch = fetch
        self._refresh_buffer = refresh_buffer
        self._clock = clock
        self._jitter = jitter
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._forced = float("-inf")
        self._began = 0.0
        self._runner = 0
        self.start_anew()
        _known.add(self)

    def start_anew(self) -> None:
        """Forget the exchange that is under way, in a child that was forked from it; the token is kept."""
        self._lock = threading.Lock()
        self._running: Future[Outcome] | None = None

    def get(self, patience: float = PATIENCE, *, origin: str = _SOMEBODY) -> Secret:
        """A token that has not expired. Blocks while there is none, for `patience` seconds at most.

        `origin` is that of the service which it is for. Raises what the exchange raised; TimedOut, and then the
        exchange goes on for others.
        """
        held = self._held
        if held is not None and self._clock() < held.due:
            return held.token
        found = self._found()
        if not isinstance(found, Future):
            return found
        wait([found], patience)
        return _outcome(found, patience, origin)

    async def aget(self, patience: float = PATIENCE, *, origin: str = _SOMEBODY) -> Secret:
        """The async twin of `get`: the running event loop goes on meanwhile."""
        held = self._held
        if held is not None and self._clock() < held.due:
            return held.token
        found = self._found()
        if not isinstance(found, Future):
            return found
        import asyncio

        await asyncio.wait([asyncio.wrap_future(found)], timeout=patience)
        return _outcome(found, patience, origin)

    @property
    def kept(self) -> Secret | None:
        """The token that is kept, whether it is still good or not."""
        return self._held.token if self._held else None

    def refused(self, token: Secret) -> bool:
        """The service refused `token`: whether it is worth trying again with what `get` gives next.

        It is where another token is there already, or where this one is dropped. A service that refuses every token
        would make a flood of exchanges, so within FORCED_EVERY only the first refusal drops one.
        """
        with self._lock:
            if self._held is None or self._held.token != token:
                return True
            now = self._clock()
            if now - self._forced < FORCED_EVERY:
                return False
            self._forced, self._held = now, None
            return True

    def _found(self) -> Secret | Future[Outcome]:
        """A token to use now, or the exchange to wait for, which is started if it has to be."""
        with self._lock:
            now, held = self._clock(), self._held
            usable = held.token if held and now < held.expires else None
            if usable and held and now < held.due:
                return usable
            abandoned = self._running if self._running and now - self._began > _STUCK else None
            starting = None
            if self._running is None or abandoned:
                if self._failure and now < self._failure.until:
                    return usable or _told(self._failure.error)
                starting = self._running = Future()
                starting.set_running_or_notify_cancel()  # one caller who gives up cancels it for nobody
                self._began = now
            elif self._runner == threading.get_ident():
                raise SubjectTokenUnavailable(_ASKS_ITSELF)
            running = self._running
        if abandoned:
            abandoned.set_result(TimedOut("The exchange for a token", "it was given up"))
        if starting:
            self._start(starting)
        return usable or running

    def _start(self, future: Future[Outcome]) -> None:
        """In a thread of its own, and in nobody's context: what one caller is, is not what the others are."""
        thread = threading.Thread(
            target=Context().run, args=(self._exchange, future), name="connectory-token", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or there are no threads left
            self._exchange(future)
        except BaseException:
            self._settle(future, TokenExchangeFailed("It was interrupted", origin=_OWN_CODE), self._clock())
            raise

    def _exchange(self, future: Future[Outcome]) -> None:
        self._runner = threading.get_ident()
        asked = self._clock()
        outcome: Token | ConnectoryError
        try:
            outcome = self._fetch() or TokenExchangeFailed("It has no token", origin=_OWN_CODE)
        except ConnectoryError as error:
            outcome = error
        except BaseException as error:  # noqa: BLE001 (whatever it is, whoever waits has to be told: it may be `sys.exit`)
            outcome = TokenExchangeFailed(_where(error), origin=_OWN_CODE)
        self._settle(future, outcome, asked)

    def _settle(self, future: Future[Outcome], outcome: Token | ConnectoryError, asked: float) -> None:
        with self._lock:
            if self._running is not future:
                return  # it was given up, and another may be under way
            self._running, self._runner = None, 0
            if isinstance(outcome, Token):
                self._held, self._failure = self._kept(outcome, asked), None
            else:
                self._failed(outcome)
        future.set_result(outcome.value if isinstance(outcome, Token) else outcome)

    def _failed(self, error: ConnectoryError) -> None:
        """A refusal ends a token that still lives; after every other failure it is used on."""
        if isinstance(error, TokenExchangeRefused):
            self._held = None
        now = self._clock()
        usable = self._held is not None and now < self._held.expires
        times = self._failure.times + 1 if self._failure else 1
        self._failure = _Failure(error, times, now + _pause(times + 1 if usable else times))

    def _kept(self, token: Token, asked: float) -> _Held:
        """`asked` is when the exchange began. The token's life may have begun as early as its last request."""
        asked = max(asked, self._clock() - WHOLE)
        if token.expires_in is None:
            return _Held(token.value, float("inf"), float("inf"))
        buffer = min(max(self._refresh_buffer, 0.0), token.expires_in / 2)
        jitter = min(self._jitter, buffer / 2)  # a token that lives for seconds is still refreshed ahead of time
        due = token.expires_in - buffer + random.uniform(0, jitter)  # noqa: S311 (no secret)
        return _Held(token.value, asked + due, asked + token.expires_in)


class TokenBroker:
    """The shared tokens of a process, by identity.

    `jitter` are the seconds by which refreshes are spread; `clock` never goes back and counts seconds.
    """

    def __init__(
        self,
        fetch: Callable[[Connection], Token | None] = exchange,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: float = JITTER,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._jitter = jitter
        self._tokens: OrderedDict[bytes, SharedToken] = OrderedDict()
        self._lock = threading.Lock()
        _brokers.add(self)

    def of(self, connection: Connection) -> SharedToken:
        """The token of a connection's identity, which all connections with the same settings share."""
        identity = identity_of(connection)
        with self._lock:
            shared = self._tokens.get(identity)
            if shared is None:
                shared = self._tokens[identity] = SharedToken(
                    lambda: self._fetch(connection),
                    refresh_buffer=connection.credential.refresh_buffer,
                    clock=self._clock,
                    jitter=self._jitter,
                )
                if len(self._tokens) > _IDENTITIES:
                    self._tokens.popitem(last=False)
            self._tokens.move_to_end(identity)
            return shared

    def start_anew(self) -> None:
        """In a forked child: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()


def identity_of(connection: Connection) -> bytes:
    """A digest of every setting of the identity, of how and which way it is exchanged, and of its space."""
    parts = (
        connection.space,
        connection.credential,
        connection.tls,
        connection.network,
        _of_policy(connection.network_policy),
        connection.identity_endpoints,
        connection.address.classic,
        connection.client.max_retries,
    )
    return hashlib.sha256(repr(_plain(parts)).encode(errors="surrogatepass")).digest()


@functools.lru_cache(maxsize=16)
def _of_policy(policy: NetworkPolicy) -> str:
    """A digest of the rules for the way; there may be a thousand."""
    return hashlib.sha256(repr(_plain(policy)).encode(errors="surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case Secret():
            return value.reference or ("text", value.reveal())
        case Mapping():
            return sorted((name, _plain(inner)) for name, inner in value.items())
        case frozenset():
            return sorted(value)
        case tuple() | list():
            return [_plain(inner) for inner in value]
    if not dataclasses.is_dataclass(value):
        return value
    settings = [(field.name, _plain(getattr(value, field.name))) for field in dataclasses.fields(value)]
    return type(value).__qualname__, settings


def _outcome(future: Future[Outcome], patience: float, origin: str) -> Secret:
    if not future.done():
        raise TimedOut(origin, f"no token for it came within {patience:g} s")
    return _told(future.result())


def _where(error: BaseException) -> str:
    """Class and place of a stranger's exception: its text, and those of its causes, may hold a secret."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} (in {os.path.basename(frame.filename)}, line {frame.lineno})"


def _told(outcome: Outcome) -> Secret:
    """The token, or the error: a copy for each who hears of it, for raising writes into it."""
    if isinstance(outcome, Secret):
        return outcome
    error = copy.copy(outcome)
    raise error from outcome.__cause__


def _pause(times: int) -> float:
    """Seconds in which nobody tries again: none after a first failure, for its callers may have a second try left."""
    return 0.0 if times == 1 else min(_FIRST_PAUSE * 2.0 ** min(times - 2, 10), _LONGEST_PAUSE)


_known: weakref.WeakSet[SharedToken] = weakref.WeakSet()
_brokers: weakref.WeakSet[TokenBroker] = weakref.WeakSet()

BROKER = TokenBroker()
"""The process's own."""


def _after_fork() -> None:
    for broker in list(_brokers):
        broker.start_anew()
    for shared in list(_known):
        shared.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

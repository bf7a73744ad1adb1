"""The token broker by itself: a clock that is moved by hand, and exchanges that the test lets happen."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectory.connection import ClientSettings, Connection
from connectory.credential import IdentityEndpoints, Token
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.engine.tokens import FORCED_EVERY, SharedToken, TokenBroker, identity_of
from connectory.errors import (
    CertificateUnusable,
    ConnectoryError,
    NetworkError,
    SecretUnavailable,
    ServiceUnreachable,
    SubjectTokenUnavailable,
    TimedOut,
    TokenExchangeFailed,
    TokenExchangeRefused,
)
from connectory.secret import Secret
from connectory.subject_tokens.kubernetes import KubernetesToken
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings

REFUSED = TokenExchangeRefused("subject token expired", origin="https://auth", status=400, error_code="invalid_grant")
BUSY = TokenExchangeFailed("Token exchange failed with status 503", origin="https://auth", status=503)
AWAY = ServiceUnreachable("https://auth", "connection refused")


class World:
    """A clock, and a place where tokens come from: `at-1`, `at-2`, ... or what `script` says."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.exchanges = 0
        self.lifetime: float | None = 3600.0
        self.script: list[ConnectoryError] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def fetch(self) -> Token:
        self.exchanges += 1
        name = f"at-{self.exchanges}"
        self.entered.set()
        assert self.open.wait(30)
        if self.script:
            raise self.script.pop(0)
        return Token(value=Secret(name), expires_in=self.lifetime)

    def shared(self, *, refresh_buffer: float = 1200.0, jitter: float = 0.0) -> SharedToken:
        return SharedToken(self.fetch, refresh_buffer=refresh_buffer, clock=lambda: self.now, jitter=jitter)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.open.set()


def got(shared: SharedToken) -> str:
    return shared.get().reveal()


def settled(shared: SharedToken) -> None:
    """Wait until no exchange is under way."""
    until(lambda: shared._running is None)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_token_is_kept_between_calls(world: World) -> None:
    shared = world.shared()
    first = got(shared)
    world.now += 100
    assert (first, got(shared), world.exchanges) == ("at-1", "at-1", 1)


@pytest.mark.parametrize(
    ("lifetime", "buffer", "due"),
    [
        (3600.0, 1200.0, 2400.0),
        (600.0, 1200.0, 300.0),
        (3600.0, 60.0, 3540.0),
        (3600.0, 0.0, 3600.0),
        (3600.0, -100.0, 3600.0),
    ],
    ids=["20 minutes ahead", "at half its life", "as the document says", "at its expiry", "never early"],
)
def test_a_refresh_is_due_ahead_of_expiry(world: World, lifetime: float, buffer: float, due: float) -> None:
    world.lifetime = lifetime
    shared = world.shared(refresh_buffer=buffer)
    got(shared)
    world.now += due - 1
    got(shared)
    before = world.exchanges
    world.now += 1
    got(shared)
    settled(shared)
    assert (before, world.exchanges) == (1, 2)


def test_the_call_that_finds_a_refresh_due_is_served_the_old_token_and_the_next_the_new_one(world: World) -> None:
    shared = world.shared()
    got(shared)
    world.now += 2400
    finder = got(shared)
    settled(shared)
    assert (finder, got(shared)) == ("at-1", "at-2")


def test_an_expired_token_is_not_served(world: World) -> None:
    shared = world.shared()
    got(shared)
    world.now += 3600
    assert got(shared) == "at-2"


def test_a_tokens_life_counts_from_its_request_and_not_from_waits_before_it(world: World) -> None:
    world.lifetime = 60

    def after_a_wait() -> Token:
        world.now += 100  # the service asked for it
        return world.fetch()

    shared = SharedToken(after_a_wait, refresh_buffer=0, clock=lambda: world.now, jitter=0)
    got(shared)
    assert shared._held
    assert shared._held.expires == world.now + 30


def test_a_token_without_an_end_is_kept(world: World) -> None:
    world.lifetime = None
    shared = world.shared()
    got(shared)
    world.now += 1e9
    assert (got(shared), world.exchanges) == ("at-1", 1)


def test_jitter_spreads_refreshes_and_never_passes_expiry(world: World) -> None:
    dues = []
    for _ in range(200):
        shared = world.shared(refresh_buffer=60, jitter=30)
        got(shared)
        assert shared._held
        dues.append(shared._held.due - world.now)
    assert 3540 <= min(dues) < 3545
    assert 3565 < max(dues) <= 3570


def test_jitter_leaves_half_the_buffer_of_a_short_token(world: World) -> None:
    world.lifetime = 2.0
    shared = world.shared(jitter=30)
    got(shared)
    assert shared._held
    assert 1.0 <= shared._held.due - world.now <= 1.5


def test_nobody_with_a_valid_token_waits_while_it_is_refreshed(world: World) -> None:
    shared = world.shared()
    got(shared)
    world.now += 2500
    world.open.clear()
    world.entered.clear()
    served = [got(shared) for _ in range(100)]  # the exchange cannot have answered
    assert world.entered.wait(30)
    served += [got(shared) for _ in range(100)]
    assert (set(served), world.exchanges) == ({"at-1"}, 2)


def test_many_threads_and_tasks_share_one_exchange(world: World) -> None:
    shared = world.shared()
    world.open.clear()

    async def twenty() -> list[str]:
        return [secret.reveal() for secret in await asyncio.gather(*(shared.aget() for _ in range(20)))]

    with ThreadPoolExecutor(30) as pool:
        calls = [pool.submit(got, shared) for _ in range(20)]
        loops = [pool.submit(asyncio.run, twenty()) for _ in range(5)]
        assert world.entered.wait(30)
        world.open.set()
        tokens = {call.result() for call in calls} | {token for loop in loops for token in loop.result()}
    assert (tokens, world.exchanges) == ({"at-1"}, 1)


def test_a_caller_who_gives_up_cancels_the_exchange_for_nobody(world: World) -> None:
    shared = world.shared()
    world.open.clear()

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shared.aget(), 0.01)

    asyncio.run(impatient())
    world.open.set()
    assert (got(shared), world.exchanges) == ("at-1", 1)


def test_all_who_wait_hear_of_a_failure_and_none_tries_in_turn(world: World) -> None:
    shared = world.shared()
    world.script = [BUSY]
    world.open.clear()
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(got, shared) for _ in range(5)]
        until(lambda: pool._work_queue.empty() and world.entered.is_set())
        time.sleep(0.05)
        world.open.set()
        errors = [call.exception() for call in calls]
    assert ([str(error) for error in errors], world.exchanges) == ([str(BUSY)] * 5, 1)
    assert len({id(error) for error in errors}) == 5


PASSING: list[ConnectoryError] = [
    BUSY,
    AWAY,
    SubjectTokenUnavailable("no file"),
    TokenExchangeFailed("no JSON", origin="https://auth", status=200),
    TokenExchangeFailed("Token exchange failed with status 404", origin="https://auth", status=404),
    CertificateUnusable("tls.private_key", "does not belong to the certificate"),
    SecretUnavailable("file:/x", "no such file"),
]


@pytest.mark.parametrize("passing", PASSING, ids=["503", "network", "source", "page", "404", "rotation", "secret"])
def test_a_valid_token_is_served_when_its_refresh_fails_for_a_passing_reason(
    world: World, passing: ConnectoryError
) -> None:
    shared = world.shared()
    got(shared)
    world.now += 2500
    world.script = [passing]
    got(shared)
    settled(shared)
    assert (got(shared), got(shared), world.exchanges) == ("at-1", "at-1", 2)
    world.now += 1
    got(shared)
    settled(shared)
    assert got(shared) == "at-3"


def test_a_refusal_ends_a_token_that_still_lives(world: World) -> None:
    shared = world.shared()
    got(shared)
    world.now += 2500
    world.script = [REFUSED, REFUSED, REFUSED]
    assert got(shared) == "at-1"
    settled(shared)
    with pytest.raises(TokenExchangeRefused, match="subject token expired"):
        got(shared)


def test_after_a_first_failure_the_next_call_tries_at_once(world: World) -> None:
    shared = world.shared()
    world.script = [AWAY]
    with pytest.raises(NetworkError):
        got(shared)
    assert (got(shared), world.exchanges) == ("at-2", 2)


def test_failures_in_a_row_are_answered_from_memory_for_longer_and_longer(world: World) -> None:
    shared = world.shared()
    world.script = [REFUSED] * 1000
    for _ in range(6000):
        with pytest.raises(TokenExchangeRefused):
            got(shared)
        world.now += 0.01
    assert world.exchanges == 8  # after 0, 0, 0.5, 1, 2, 4, 8 and 16 s; the next would wait 30


def test_a_refused_token_is_exchanged_once(world: World) -> None:
    shared = world.shared()
    token = shared.get()
    assert [shared.refused(token), got(shared), shared.refused(token), got(shared)] == [True, "at-2", True, "at-2"]
    assert world.exchanges == 2


def test_a_service_that_refuses_every_token_makes_one_exchange_in_30_s(world: World) -> None:
    shared = world.shared()
    for _ in range(290):
        token = shared.get()
        if shared.refused(token):
            shared.get()
        world.now += 0.1
    assert world.exchanges == 2
    world.now += FORCED_EVERY
    assert shared.refused(shared.get()) is True


def test_a_child_forked_in_the_middle_of_a_refresh_gets_a_token(world: World) -> None:
    shared = world.shared()
    world.open.clear()
    waiting = threading.Thread(target=got, args=(shared,))
    waiting.start()
    assert world.entered.wait(30)

    def opened() -> str:
        world.open.set()
        return got(shared)

    answered = in_child(opened)
    world.open.set()
    waiting.join()
    assert (answered, got(shared)) == ("at-2", "at-1")


def test_a_child_inherits_a_token(world: World) -> None:
    shared = world.shared()
    got(shared)
    assert in_child(lambda: f"{got(shared)}, {world.exchanges}") == "at-1, 1"


def test_a_child_forked_while_the_broker_is_locked_is_not(world: World) -> None:
    broker = TokenBroker(lambda connection: world.fetch())
    broker._lock.acquire()
    try:
        assert in_child(lambda: got(broker.of(connection()))) == "at-1"
    finally:
        broker._lock.release()


def in_child(answer: Callable[[], str]) -> str:
    """What a forked child answers, within 20 s."""
    reading, writing = os.pipe()
    gc.collect()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, answer().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        timer = threading.Timer(20, os.kill, (child, 9))
        timer.start()
        text = pipe.read().decode()
    os.waitpid(child, 0)
    timer.cancel()
    return text


def test_code_that_fails_in_a_kind_leaves_nobody_waiting() -> None:
    def broken() -> Token:
        raise ZeroDivisionError

    shared = SharedToken(broken, refresh_buffer=0, clock=time.monotonic, jitter=0)
    with pytest.raises(
        TokenExchangeFailed,
        match=r"ZeroDivisionError \(in test_tokens\.py, line \d+\); the credential",
    ):
        got(shared)


def test_an_expired_token_makes_no_pause_after_a_first_failure(world: World) -> None:
    shared = world.shared()
    got(shared)
    world.now += 4000
    world.script = [AWAY]
    with pytest.raises(NetworkError):
        got(shared)
    assert (got(shared), world.exchanges) == ("at-3", 3)


@pytest.mark.parametrize("stray", [SystemExit, asyncio.CancelledError, KeyboardInterrupt])
def test_whatever_a_provider_raises_nobody_waits_for_ever(stray: type[BaseException]) -> None:
    def leaving() -> Token:
        raise stray

    shared = SharedToken(leaving, refresh_buffer=0, clock=time.monotonic, jitter=0)
    with pytest.raises(TokenExchangeFailed, match=stray.__name__):
        got(shared)


def test_a_caller_waits_no_longer_than_it_has_time(world: World) -> None:
    shared = world.shared()
    world.open.clear()
    with pytest.raises(TimedOut, match=r"no token for it came within 0\.05 s"):
        shared.get(0.05)
    with pytest.raises(TimedOut):
        asyncio.run(shared.aget(0.05))
    world.open.set()
    assert (got(shared), world.exchanges) == ("at-1", 1)


def test_an_exchange_that_never_ends_is_given_up(world: World) -> None:
    shared = world.shared()
    world.open.clear()

    def wait() -> None:
        with pytest.raises(TimedOut):
            got(shared)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert world.entered.wait(30)
    world.now += 301
    world.entered.clear()
    with pytest.raises(TimedOut):
        shared.get(0)
    waiting.join(30)
    assert not waiting.is_alive()
    assert world.entered.wait(30)
    world.open.set()
    settled(shared)
    assert (got(shared), world.exchanges) == ("at-2", 2)


def test_a_provider_that_asks_for_its_own_token_is_told(world: World) -> None:
    def asking() -> Token:
        return Token(value=shared.get())

    shared = SharedToken(asking, refresh_buffer=0, clock=time.monotonic, jitter=0)
    with pytest.raises(SubjectTokenUnavailable, match="asks for the token that it is to give"):
        got(shared)


def test_an_exchange_knows_nothing_of_the_caller_who_started_it() -> None:
    caller = contextvars.ContextVar("caller", default="nobody")
    caller.set("alice")
    shared = SharedToken(lambda: Token(value=Secret(caller.get())), refresh_buffer=0, clock=time.monotonic, jitter=0)
    assert got(shared) == "nobody"


def connection(**changes: Any) -> Connection:
    credential = WorkloadIdentity(identity_provider_id="idp", service_account_id="sa", source=KubernetesToken())
    return dataclasses.replace(Connection(id="a", url="https://api.openai.com/v1", credential=credential), **changes)


OTHERS: list[dict[str, Any]] = [
    {"space": "other"},
    {"credential": WorkloadIdentity(identity_provider_id="idp", service_account_id="x", source=KubernetesToken())},
    {"credential": WorkloadIdentity(identity_provider_id="x", service_account_id="sa", source=KubernetesToken())},
    {
        "credential": WorkloadIdentity(
            identity_provider_id="idp", service_account_id="sa", source=KubernetesToken(token_file_path="/x")
        )
    },
    {"tls": TLSSettings(ca=Secret("x"))},
    {"tls": TLSSettings(ca=Secret.file("x"))},
    {"tls": TLSSettings(verification="none")},
    {"network": NetworkSettings(proxy="http://proxy:1")},
    {"network": NetworkSettings(proxy_password=Secret("x"))},
    {"identity_endpoints": IdentityEndpoints(exchange_url="https://x")},
    {"client": ClientSettings(max_retries=0)},
]


def test_every_setting_of_an_identity_its_way_and_its_space_makes_another_one() -> None:
    identities = [identity_of(connection(**other)) for other in [{}, *OTHERS]]
    assert len(set(identities)) == len(identities)


def test_connections_that_share_an_identity_share_its_token(world: World) -> None:
    broker = TokenBroker(lambda connection: world.fetch())
    assert broker.of(connection()) is broker.of(connection(id="b", url="https://elsewhere/v1", model="m"))


def test_twenty_identities_make_twenty_exchanges(world: World) -> None:
    broker = TokenBroker(lambda connection: world.fetch())
    for _ in range(3):
        for number in range(20):
            got(broker.of(connection(space=f"space-{number}")))
    assert world.exchanges == 20


def test_of_very_many_identities_the_oldest_are_forgotten(world: World) -> None:
    broker = TokenBroker(lambda connection: world.fetch())
    first = broker.of(connection(space="first"))
    for number in range(1024):
        broker.of(connection(space=f"space-{number}"))
    assert broker.of(connection(space="first")) is not first

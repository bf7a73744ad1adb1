"""The demo's exchange of tokens, and the gate that takes nothing but its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectory.demo.exchange import Exchange, Workload
from connectory.demo.front import Front
from connectory.demo.gates.issued_token import IssuedTokenGate
from connectory.demo.service import Service
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret
from tests.unit.demo.asking import CHAT, ask

KEY = Secret("sk-inner")
JSON = {"Content-Type": "application/json"}
REQUEST: dict[str, Any] = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token": "the-pods-own",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "identity_provider_id": "idp_demo",
    "service_account_id": "sa_demo",
}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exchange(clock: Clock) -> Iterator[Exchange]:
    with Exchange(Workload(token=Secret("the-pods-own")), lifetime=60.0, clock=clock) as running:
        yield running


@pytest.fixture
def front(exchange: Exchange) -> Iterator[Front]:
    with Upstream([KEY]) as upstream:
        service = Service(url=f"{upstream.origin}/v1", model=MODEL, about="")
        with Front(service, IssuedTokenGate(exchange), key=KEY) as running:
            yield running


def exchanged(exchange: Exchange, body: Any, headers: dict[str, str] = JSON) -> tuple[int, dict[str, Any]]:
    return ask(exchange.origin, "/oauth/token", body, headers=headers)


def test_token_of_the_workload_is_exchanged(exchange: Exchange) -> None:
    status, answer = exchanged(exchange, REQUEST)
    assert exchange.vouches_for(answer.pop("access_token"))
    assert (status, answer) == (
        200,
        {
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 60.0,
        },
    )


def test_every_exchange_gives_another_token_and_is_counted(exchange: Exchange) -> None:
    tokens = {exchanged(exchange, REQUEST)[1]["access_token"] for _ in range(3)}
    exchanged(exchange, {**REQUEST, "subject_token": "another"})
    assert (len(tokens), exchange.count()) == (3, 3)


@pytest.mark.parametrize("name", REQUEST)
@pytest.mark.parametrize("value", ["other", None, "\ud800"])
def test_any_other_value_is_refused(exchange: Exchange, name: str, value: object) -> None:
    status, answer = exchanged(exchange, {**REQUEST, name: value})
    code = "invalid_grant" if name == "subject_token" else "invalid_request"
    assert (status, answer["error"], exchange.count()) == (400, code, 0)


@pytest.mark.parametrize(
    "body",
    [
        *({kept: REQUEST[kept] for kept in REQUEST if kept != name} for name in REQUEST),
        {**REQUEST, "audience": "x"},
        [REQUEST],
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
        "[" * 100000,
    ],
)
def test_any_other_body_is_refused(exchange: Exchange, body: object) -> None:
    status, answer = exchanged(exchange, body)
    assert (status, answer["error"], exchange.count()) == (400, "invalid_request", 0)


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "application/x-www-form-urlencoded"}, {**JSON, "Authorization": "Bearer x"}]
)
def test_any_other_head_is_refused(exchange: Exchange, headers: dict[str, str]) -> None:
    status, answer = exchanged(exchange, REQUEST, headers)
    assert (status, answer["error"], exchange.count()) == (400, "invalid_request", 0)


@pytest.mark.parametrize(("path", "body"), [("/oauth/token", None), ("/token", REQUEST)])
def test_nothing_else_is_answered(exchange: Exchange, path: str, body: object) -> None:
    assert ask(exchange.origin, path, body, headers=JSON)[0] == 404


def test_refusal_does_not_repeat_what_was_sent(exchange: Exchange) -> None:
    _, answer = exchanged(exchange, {**REQUEST, "subject_token": "another-one"})
    assert "another-one" not in str(answer)


def test_token_opens_the_front(exchange: Exchange, front: Front) -> None:
    assert asked_with(front, f"Bearer {exchange.issue().reveal()}") == 200


def test_token_expires(exchange: Exchange, front: Front, clock: Clock) -> None:
    token = exchange.issue().reveal()
    clock.now += 59.0
    assert asked_with(front, f"Bearer {token}") == 200
    clock.now += 1.0
    assert asked_with(front, f"Bearer {token}") == 401


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer the-pods-own", "Bearer sk-inner", "Bearer \xe9"])
def test_nothing_else_opens_the_front(exchange: Exchange, front: Front, authorization: str) -> None:
    exchange.issue()
    assert asked_with(front, authorization) == 401


def test_token_is_a_bearer_token(exchange: Exchange, front: Front) -> None:
    token = exchange.issue().reveal()
    assert [asked_with(front, text) for text in (token, f"Basic {token}", f"Bearer {token}")] == [401, 401, 200]


def asked_with(front: Front, authorization: str) -> int:
    status, _ = ask(front.origin, "/v1/chat/completions", CHAT, headers={"Authorization": authorization})
    return status

"""An exchange that fails: who hears what, and who tries again."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import socket
import threading
import time
from typing import Any

import openai
import pytest

from connectory import Connection, UsageEvent, aconnect, connect, execute
from connectory.credential import FlowContext
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.dialects import own
from connectory.engine.exchange import exchange
from connectory.errors import (
    NetworkError,
    SubjectTokenUnavailable,
    TokenExchangeFailed,
    TokenExchangeRefused,
)
from connectory.secret import Secret
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource
from tests.integration.connections import HELLO
from tests.integration.identity.conftest import Place
from tests.upstream import RotatingTokenFile, Upstream, scripted

REFUSED = scripted.refused("invalid_grant", "subject token expired")


def test_a_refusal_has_the_services_own_words(connection: Connection, place: Place) -> None:
    place.app.always = REFUSED
    with connect(connection) as client, pytest.raises(openai.OAuthError, match="subject token expired") as told:
        client.models.list()
    assert (told.value.error, told.value.status_code, place.exchanges) == ("invalid_grant", 400, 1)


def test_an_execution_hears_it_as_ours(connection: Connection, place: Place) -> None:
    place.app.always = REFUSED
    events: list[UsageEvent] = []
    with pytest.raises(TokenExchangeRefused, match="subject token expired"):
        execute(connection, HELLO, sink=events.append)
    assert [(event.error, event.status_code) for event in events] == [("token_exchange_failed", None)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (scripted.refused("x", "denied", status=401), "denied"),
        (scripted.status(403), "OAuth authentication error."),
        (scripted.redirect("https://elsewhere.example/", status=302), "Token exchange failed with status 302"),
        (scripted.status(404), "Token exchange failed with status 404"),
        (scripted.empty(), "Token exchange succeeded but response body was empty"),
        (scripted.html(), "was not a JSON object"),
        (scripted.not_object(), "was not a JSON object"),
        (scripted.lacking("access_token"), "did not include a valid access_token"),
        (scripted.having(access_token=7), "did not include a valid access_token"),
        (scripted.having(access_token="a b"), "did not include a valid access_token"),
        (scripted.having(expires_in="3600"), "did not include a valid expires_in"),
        (scripted.having(expires_in=True), "did not include a valid expires_in"),
        (scripted.having(expires_in=0), "expires_in"),
    ],
)
def test_every_bad_answer_is_named(connection: Connection, place: Place, answer: Any, message: str) -> None:
    place.app.always = answer
    with connect(connection) as client, pytest.raises(openai.OpenAIError) as told:
        client.models.list()
    assert message in str(told.value)
    assert place.exchanges == 1
    with pytest.raises(TokenExchangeFailed):
        execute(connection, HELLO)


def test_429_is_tried_again_when_the_service_says(connection: Connection, place: Place) -> None:
    place.app.script = [scripted.too_many(1)]
    started = time.monotonic()
    execute(connection, HELLO)
    assert (place.exchanges, time.monotonic() - started >= 1) == (2, True)


def test_5xx_is_tried_twice_more(connection: Connection, place: Place) -> None:
    place.app.script = [scripted.status(500), scripted.status(503)]
    assert (execute(connection, HELLO).status, place.exchanges) == (200, 3)


def test_5xx_for_ever_fails_after_three_tries_and_the_sdk_tries_no_more(connection: Connection, place: Place) -> None:
    place.app.always = scripted.status(500)
    with connect(connection) as client, pytest.raises(openai.OpenAIError, match="failed with status 500"):
        client.models.list()
    assert place.exchanges == 3


def test_a_wait_of_more_than_two_minutes_is_not_waited(connection: Connection, place: Place) -> None:
    place.app.script = [scripted.too_many(121)]
    with pytest.raises(TokenExchangeFailed, match="failed with status 429"):
        execute(connection, HELLO)
    assert place.exchanges == 1


def test_a_connection_without_retries_tries_once(document: dict[str, Any], place: Place) -> None:
    place.app.always = scripted.status(500)
    with pytest.raises(TokenExchangeFailed):
        execute(own.read("it", {**document, "client": {"max_retries": 0}}), HELLO)
    assert place.exchanges == 1


def test_a_broken_connection_is_tried_again_by_the_sdk_alone(connection: Connection, place: Place) -> None:
    place.app.script = [scripted.closed()]
    with connect(connection) as client:
        client.models.list()
    assert place.exchanges == 2


def test_a_broken_connection_surfaces_as_the_sdks_own_error(connection: Connection, place: Place) -> None:
    place.app.always = scripted.closed()
    with connect(connection) as client, pytest.raises(openai.APIConnectionError):
        client.models.list()
    assert place.exchanges == 3
    with pytest.raises(NetworkError, match=place.at.url):
        execute(connection, HELLO)


def test_an_async_client_hears_the_same(connection: Connection, place: Place) -> None:
    place.app.always = REFUSED

    async def call() -> None:
        async with aconnect(connection) as client:
            with pytest.raises(openai.OAuthError, match="subject token expired"):
                await client.models.list()

    asyncio.run(call())


def test_a_missing_token_file_is_named(connection: Connection, place: Place, token_file: RotatingTokenFile) -> None:
    token_file.path.unlink()
    with connect(connection) as client, pytest.raises(openai.OpenAIError) as told:
        client.models.list()
    assert f"Failed to read the token file at {token_file.path}: [Errno 2] No such file or directory" in str(told.value)
    assert type(told.value).__name__ == "SubjectTokenProviderError"  # which the SDK raises, and does not export
    with pytest.raises(SubjectTokenUnavailable):
        execute(connection, HELLO)
    assert place.exchanges == 0


def test_a_refresh_goes_on_behind_a_valid_token(connection: Connection, place: Place, service: Upstream) -> None:
    """A token of 2 s is refreshed after a second; nobody waits for the exchange that takes three."""
    place.app.expires_in = 2
    execute(connection, HELLO)
    place.app.expires_in = 3600
    held = scripted.Hold()
    place.app.script = [held]
    while place.exchanges == 1:
        assert execute(connection, HELLO).status == 200
    served = {request.header("Authorization") for request in service.requests}
    held.release()
    deadline = time.monotonic() + 20
    while service.requests[-1].header("Authorization") == "Bearer at-1" and time.monotonic() < deadline:
        execute(connection, HELLO)
    assert (served, service.requests[-1].header("Authorization")) == ({"Bearer at-1"}, "Bearer at-2")


@pytest.mark.parametrize("drip", [b"X-Long: a\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"a"])
def test_an_answer_that_never_ends_is_ended(connection: Connection, drip: bytes) -> None:
    def serve() -> None:
        line, _ = listening.accept()
        with line, contextlib.suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\n" if drip.startswith(b"X") else b"")
            while True:
                line.sendall(drip)
                time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        endless = f"http://127.0.0.1:{listening.getsockname()[1]}/oauth/token"
        identity = WorkloadIdentity(
            identity_provider_id="i", service_account_id="s", source=Shouting(), exchange_url=endless
        )
        with pytest.raises((NetworkError, TokenExchangeFailed)):
            exchange(dataclasses.replace(connection, credential=identity), whole=0.5)
        thread.join(20)
    assert not thread.is_alive()


class Shouting(SubjectTokenSource):
    """Has a token at once."""

    kind = "shouting"

    def flow(self, context: FlowContext) -> SubjectFlow:
        yield from ()
        return SubjectToken(value=Secret("subject-1"), type="jwt")

    @property
    def reads(self) -> str:
        return "nothing"


def test_no_error_holds_a_token(connection: Connection, place: Place) -> None:
    place.app.always = scripted.refused("invalid_grant", "the token subject-1 is wrong")
    with pytest.raises(TokenExchangeRefused) as told:
        execute(connection, HELLO)
    assert "subject-1" not in repr(told.value) + str(told.value) + str(copy.copy(told.value))

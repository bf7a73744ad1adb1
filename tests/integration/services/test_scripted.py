"""A token service answers as its script says, and well when the script has ended."""

import concurrent.futures
import http.client
import time
from collections.abc import Iterator

import pytest

from tests.integration.services.exchanging import GOOD, post
from tests.integration.services.talking import ask
from tests.upstream import TokenExchange, Upstream, running, scripted

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def exchange() -> TokenExchange:
    return TokenExchange(subject_tokens={"jwt-1"})


@pytest.fixture
def at(exchange: TokenExchange) -> Iterator[Upstream]:
    with running(exchange) as upstream:
        yield upstream


def raw(at: Upstream) -> tuple[int, str | None, bytes]:
    response, body = ask(at, "POST", "/oauth/token", GOOD, headers=JSON)
    return response.status, response.getheader("content-type"), body


def test_script_comes_first_and_the_good_answers_after_it(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script += [scripted.refused("invalid_grant", "gone"), scripted.refused("access_denied", "no", status=403)]
    assert [post(at)[0] for _ in range(3)] == [400, 403, 200]
    assert (exchange.tokens.issued, len(at.requests)) == (["at-1"], 3)


def test_always_is_answered_until_it_is_taken_away(at: Upstream, exchange: TokenExchange) -> None:
    exchange.always = scripted.refused("server_error", "no", status=500)
    before = [post(at)[0] for _ in range(3)]
    exchange.always = None
    assert (before, post(at)[0]) == ([500, 500, 500], 200)


def test_wrong_request_is_refused_whatever_the_script_says(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script.append(scripted.having(expires_in=1))
    assert post(at, {**GOOD, "more": "x"})[1]["error"] == "invalid_request"
    assert post(at)[1]["expires_in"] == 1


def test_refusal_has_the_body_of_oauth(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script.append(scripted.refused("invalid_grant", "gone", status=401))
    assert post(at) == (401, {"error": "invalid_grant", "error_description": "gone"})


@pytest.mark.parametrize("after", [1, 0.5, "Wed, 21 Oct 2026 07:28:00 GMT", None])
def test_too_many_tells_when_to_come_again(at: Upstream, exchange: TokenExchange, after: float | str | None) -> None:
    exchange.script.append(scripted.too_many(after))
    response, _ = ask(at, "POST", "/oauth/token", GOOD, headers=JSON)
    assert (response.status, response.getheader("retry-after")) == (429, None if after is None else str(after))


def test_redirect_leads_where_the_test_says(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script.append(scripted.redirect("/elsewhere"))
    response, _ = ask(at, "POST", "/oauth/token", GOOD, headers=JSON)
    assert (response.status, response.getheader("location")) == (307, "/elsewhere")


def test_answers_that_are_no_document(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script += [scripted.html(), scripted.empty(), scripted.not_object(), scripted.status(503)]
    page, empty, not_object, error = [raw(at) for _ in range(4)]
    assert page[:2] == (200, "text/html; charset=utf-8")
    assert page[2].startswith(b"<!doctype html>")
    assert empty == (200, "application/json", b"")
    assert not_object == (200, "application/json", b'["at-1"]')
    assert error == (503, "text/plain", b"no good")
    assert exchange.tokens.issued == []


def test_changed_document_is_the_good_one_otherwise(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script += [scripted.having(expires_in="3600"), scripted.lacking("access_token", "issued_token_type")]
    text, without = [post(at)[1] for _ in range(2)]
    assert (text["expires_in"], text["access_token"]) == ("3600", "at-1")
    assert without == {"token_type": "Bearer", "expires_in": 3600}


def test_closed_connection_has_no_answer(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script.append(scripted.closed())
    with pytest.raises(http.client.RemoteDisconnected):
        post(at)


def test_slow_answer_is_good(at: Upstream, exchange: TokenExchange) -> None:
    exchange.script.append(scripted.slow(0.1))
    started = time.monotonic()
    assert post(at)[1]["access_token"] == "at-1"
    assert time.monotonic() - started >= 0.1


def test_held_requests_are_answered_together_after_the_release(at: Upstream, exchange: TokenExchange) -> None:
    exchange.always = hold = scripted.Hold()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        callers = [pool.submit(post, at) for _ in range(3)]
        hold.wait_for(3)
        before = (exchange.tokens.issued, [caller.done() for caller in callers])
        hold.release()
        statuses = [caller.result()[0] for caller in callers]
    assert (before, statuses, post(at)[0]) == (([], [False] * 3), [200] * 3, 200)


def test_held_request_can_fail(at: Upstream, exchange: TokenExchange) -> None:
    hold = scripted.Hold(then=scripted.refused("server_error", "no", status=500))
    exchange.script.append(hold)
    hold.release()
    assert (post(at)[0], post(at)[0]) == (500, 200)


def test_service_stops_though_requests_are_held() -> None:
    exchange = TokenExchange(subject_tokens={"jwt-1"})
    exchange.always = hold = scripted.Hold()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with running(exchange) as at:
            caller = pool.submit(post, at)
            hold.wait_for(1)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            caller.result()
    hold.release()


def test_waiting_for_requests_that_do_not_come_is_told() -> None:
    with pytest.raises(TimeoutError, match="0 of 1 requests came"):
        scripted.Hold().wait_for(1, timeout=0.01)

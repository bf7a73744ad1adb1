"""Tokens are good from their issue until they expire or are revoked."""

import pytest

from tests.upstream import IssuedTokens


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> IssuedTokens:
    return IssuedTokens("t-", clock=clock)


def test_issued_token_is_good_until_it_expires(tokens: IssuedTokens, clock: Clock) -> None:
    token = tokens.issue("all", lifetime=60)
    clock.now = 59.9
    good = token in tokens
    clock.now = 60
    assert (token, good, token in tokens) == ("t-1", True, False)


def test_revoked_token_is_good_no_more(tokens: IssuedTokens) -> None:
    first, second = tokens.issue("all", lifetime=60), tokens.issue("all", lifetime=60)
    tokens.revoke(first)
    assert (list(tokens), len(tokens), tokens.issued) == ([second], 1, [first, second])


def test_token_after_revoke_all_is_good(tokens: IssuedTokens) -> None:
    tokens.issue("all", lifetime=60)
    tokens.revoke_all()
    tokens.issue("all", lifetime=60)
    assert list(tokens) == ["t-2"]


def test_text_that_was_never_issued_is_no_token(tokens: IssuedTokens) -> None:
    assert ("t-1" in tokens, None in tokens) == (False, False)


def test_view_of_one_purpose_has_only_its_tokens(tokens: IssuedTokens) -> None:
    view = tokens.issued_for("b")
    tokens.issue("a", lifetime=60)
    tokens.issue("b", lifetime=60)
    assert (list(view), "t-1" in view, len(view), tokens.purpose_of("t-1")) == (["t-2"], False, 1, "a")
    tokens.revoke("t-2")
    assert list(view) == []

"""A stranger's words, made fit to show."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.wire.safe_text import LIMIT, safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\r\n\tlines\x00\x1b[31m red ", "two lines [31m red"),
        ("abc\u202edef\u200b\ufeff", "abcdef"),
        ("\ud800", "\ufffd"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_a_text_is_one_line_of_what_can_be_seen(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_a_long_text_is_cut() -> None:
    assert safe_text("x" * 600) == "x" * (LIMIT - 1) + "…"
    assert safe_text("x" * LIMIT) == "x" * LIMIT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Incorrect API key provided: sk-proj-abcdefgh12345678.", "Incorrect API key provided: sk-***."),
        ("key sk-abcdefgh, and gsk_abcdefghijklmnopqrstuvwx", "key sk-***, and gsk_***"),
        ("Authorization: Bearer abcdef123456 refused", "Authorization: Bearer *** refused"),
        ("bearer abcdefghijklmnopqrstuvwxyz", "bearer ***"),
        ("Basic dXNlcjpwYXNzd29yZA==", "Basic ***"),
        ("token eyJhbGciOi.eyJzdWIiOi.sig-nature is expired", "token *** is expired"),
        ("api_key=a1b2c3d4e5 is wrong", "api_key=*** is wrong"),
        ('{"api-key": "a1b2c3d4e5"}', '{"api-key": "***"}'),
        ("Incorrect API key provided: a1b2c3d4e5.", "Incorrect API key provided: ***"),
        ("no route to http://user:pa55@proxy:3128/", "no route to http://***@proxy:3128/"),
    ],
)
def test_a_key_is_not_repeated(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-abc1****************************wxyz.",
        "Incorrect API key provided: sk-proj-********************************abcd.",
        "You need to provide your API key in an Authorization header using Bearer auth (i.e. Bearer YOUR_KEY).",
        "Bearer authentication is required",
        "The token: it expired. scikit-learn and sk-learn stay.",
        "Requested 128000 tokens, max_tokens: 16000000, request id req_0123456789abcdef0123456789abcdef",
        "The model `gpt-6-astra` does not exist at https://api.openai.com/v1/models?x=a@b",
    ],
)
def test_what_is_no_key_stays(text: str) -> None:
    assert safe_text(text) == text


def test_a_key_is_not_cut_into_a_shorter_one() -> None:
    shown = safe_text("x" * 490 + " sk-abcdefghijklmnop")
    assert "abcd" not in shown


@settings(deadline=None)
@given(st.text(), st.integers(1, 50))
def test_any_text_is_short_and_can_be_sent(text: str, limit: int) -> None:
    shown = safe_text(text, limit=limit)
    shown.encode()
    assert len(shown) <= limit
    assert shown.isprintable() or not shown.isascii()


@settings(deadline=None)
@given(
    st.text(alphabet="abcXYZ0189", min_size=20, max_size=40), st.sampled_from(["sk-{}", "Bearer {}", "api key: {}1a"])
)
def test_no_key_survives(key: str, form: str) -> None:
    assert key not in safe_text(f"wrong: {form.format(key)} given")


@pytest.mark.parametrize("piece", ["Bearer ", "eyJ-", "eyJa.", "://", "token:", "sk-", "api key provided: ", "a"])
def test_a_hostile_text_takes_no_time(piece: str) -> None:
    # Megabytes that a quadratic search would need hours for; the suite's own limit of time is the judge.
    assert len(safe_text(piece * 1_000_000)) <= LIMIT

"""Whether a call is tried again, and when."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.wire.retries import retry_delay

NOW = 1_800_000_000.0


def delay(attempt: int = 1, *, status: int | None = 503, jitter: float = 0.0, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return retry_delay(attempt, status=status, headers=named, now=NOW, jitter=jitter)


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 504, 529])
def test_a_failure_that_may_pass_is_tried_again(status: int | None) -> None:
    assert delay(status=status) == 0.5


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
def test_a_failure_that_stays_is_not_tried_again(status: int) -> None:
    assert delay(status=status) is None


def test_delays_double_up_to_eight_seconds() -> None:
    assert [delay(attempt) for attempt in (1, 2, 3, 4, 5, 6, 10_000)] == [0.5, 1, 2, 4, 8, 8, 8]


def test_jitter_takes_up_to_a_quarter() -> None:
    assert [delay(5, jitter=jitter) for jitter in (0.0, 0.5, 1.0)] == [8.0, 7.0, 6.0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "120"}, 120),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30),
    ],
)
def test_a_delay_that_the_service_asks_for_is_kept(headers: dict[str, str], seconds: float) -> None:
    assert retry_delay(3, status=429, headers=headers, now=NOW, jitter=1.0) == seconds


@pytest.mark.parametrize(
    "value",
    ["0", "-5", "nan", "inf", "1e1", "", "soon", "Wed, 99 Foo 2026 99:99:99 GMT", formatdate(NOW - 30, usegmt=True)],
)
def test_a_delay_that_says_nothing_is_passed_over(value: str) -> None:
    assert delay(retry_after=value) == 0.5


@pytest.mark.parametrize("value", ["121", "86400", "9" * 400, formatdate(NOW + 121, usegmt=True)])
def test_a_delay_of_more_than_two_minutes_ends_it(value: str) -> None:
    assert delay(retry_after=value, x_should_retry="true") is None


def test_the_advice_of_the_service_counts_before_its_status() -> None:
    assert delay(status=400, x_should_retry="true") == 0.5
    assert delay(status=503, x_should_retry="false") is None
    assert delay(status=503, x_should_retry="perhaps") == 0.5


@settings(deadline=None)
@given(st.text(), st.integers(1, 10**9), st.floats(0, 1))
def test_no_header_is_too_strange(value: str, attempt: int, jitter: float) -> None:
    seconds = delay(attempt, jitter=jitter, retry_after=value, retry_after_ms=value)
    assert seconds is None or 0 < seconds <= 120

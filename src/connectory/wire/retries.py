"""Whether a call is tried again, and after how many seconds.

The rules are those of the package openai 3.54.0 (_base_client.py), so that a caller's own client and ours behave alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectory.wire.headers import header

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 8.0
_LONGEST_ASKED = 120.0

_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?)\s*")


def retry_delay(
    attempt: int, *, status: int | None, headers: Mapping[str, str], now: float, jitter: float
) -> float | None:
    """Seconds to wait before the next try, after try number `attempt` (from 1) failed; None: do not try again.

    `status` is None when there was no answer; `now` are seconds since 1970; `jitter` is a random number from 0 to 1,
    which shortens our own delays by up to a quarter. A delay that the service asks for is kept to the letter, and where
    it is above 120 s there is no next try.
    """
    asked = _asked_delay(headers, now)
    if asked is not None and asked > _LONGEST_ASKED:
        return None
    if not _may_retry(status, header(headers, "x-should-retry")):
        return None
    if asked is not None and asked > 0:
        return asked
    delay = min(_FIRST_DELAY * 2.0 ** min(attempt - 1, 8), _LONGEST_DELAY)
    return delay * (1 - 0.25 * jitter)


def _may_retry(status: int | None, advice: str | None) -> bool:
    """The service's own advice counts before its status."""
    match (advice or "").strip().lower():
        case "true":
            return True
        case "false":
            return False
    return status is None or status in (408, 409, 429) or status >= 500


def _asked_delay(headers: Mapping[str, str], now: float) -> float | None:
    """What the service asks for, in seconds: `retry-after-ms`, else `retry-after` as seconds or date."""
    if milliseconds := _NUMBER.fullmatch(header(headers, "retry-after-ms") or ""):
        return float(milliseconds[1]) / 1000
    value = header(headers, "retry-after") or ""
    if seconds := _NUMBER.fullmatch(value):
        return float(seconds[1])
    return _seconds_until(value, now) if value else None


def _seconds_until(date: str, now: float) -> float | None:
    """The time to an HTTP date (RFC 9110, 5.6.7), which has no other zone than GMT."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime  # 25 ms, for a form that few services use

    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

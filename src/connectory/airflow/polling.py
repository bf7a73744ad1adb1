"""Waiting for work that a service does for hours: one look after another, until it ends or the time is over."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

ERRORS_IN_A_ROW = 3
"""Looks that may fail one after the other: a service that is away for longer is told of."""


SHORTEST = 0.01
"""Seconds between two looks, at the least: others wait in the same loop."""

FIRST_LOOK, LAST_LOOK = 30.0, 1.0
"""Seconds that the first look, and one at the very end, may take."""


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """How waiting ended: with a `result`, with the last `error`, or with neither, because the time was over."""

    result: T | None = None
    error: Exception | None = None


def check_seconds(**given: Any) -> None:
    """Raises ValueError for a pause or a limit that none can have."""
    for name, seconds in given.items():
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not math.isfinite(seconds) or seconds <= 0:
            raise ValueError(f"{name} must be finite and positive")


async def waited(
    look: Callable[[], Awaitable[T | None]],
    *,
    every: float,
    limit: float,
    warn: Callable[[Exception], None] = lambda error: None,
) -> Ended[T]:
    """Look every so many seconds, for `limit` seconds at most, for something that is not None.

    The first pause is shorter, at random: many that began together, after a restart say, do not all look at the same
    moment. A clock that is set anew changes nothing. A look that is under way when the time is over is given up; the
    first one has some seconds in any case. `warn` hears of each failed look that another one follows.
    """
    every = max(float(every), SHORTEST)
    end = time.monotonic() + limit
    failed, pause = 0, every * random.uniform(0.1, 1)  # noqa: S311 (no secret)
    patience = max(limit, FIRST_LOOK)
    while True:
        try:
            async with asyncio.timeout(patience) as over:
                found = await look()
        except Exception as error:  # noqa: BLE001 (whatever it was, the next look may succeed)
            if over.expired():
                return Ended()
            failed += 1
            if failed >= ERRORS_IN_A_ROW:
                return Ended(error=error)
            warn(error)
        else:
            failed = 0
            if found is not None:
                return Ended(result=found)
        left = end - time.monotonic()
        if left <= 0:
            return Ended()
        await asyncio.sleep(min(pause, left))
        pause = every
        patience = max(end - time.monotonic(), LAST_LOOK)

"""When the HTTP client took each step of a request, by its own word."""

from __future__ import annotations

import time


class Trace:
    """Notes when the HTTP client connects: what httpx2 calls for each step of a request."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._took: dict[str, float] = {}

    def __call__(self, event: str, facts: object) -> None:
        # `connection.connect_tcp.started`: where, which step, and how far it is.
        step, _, what = event.partition(".")[2].rpartition(".")
        if what == "started":
            self._started[step] = time.monotonic()
        elif what == "complete" and step in self._started:
            self._took[step] = time.monotonic() - self._started[step]

    def took(self, step: str) -> bool:
        """Whether a step was done."""
        return step in self._took

    def ms(self, step: str) -> int | None:
        return round(self._took[step] * 1000) if step in self._took else None

"""When the HTTP client took each step of a request, by its own word."""

from __future__ import annotations

import time
from collections.abc import Callable

TCP, TLS, TLS_THROUGH_PROXY = "connection.connect_tcp", "connection.start_tls", "proxy.start_tls"
REQUEST, ANSWER = "http11.send_request_headers", "http11.receive_response_headers"


class Trace:
    """Notes the steps of a request: what httpx2 calls for each. `started` hears of each step that begins."""

    def __init__(self, started: Callable[[str], None]) -> None:
        self._on_start = started
        self._started: dict[str, float] = {}
        self._lasted: dict[str, float] = {}
        self._done: set[str] = set()
        self._begun = time.monotonic()

    def __call__(self, event: str, facts: object) -> None:
        # `connection.connect_tcp.started`: where, which step, and how far it is.
        step, _, what = event.rpartition(".")
        if what == "started":
            self._started[step] = time.monotonic()
            self._done.discard(step)  # with a proxy some come twice: the later one is the service's
            self._on_start(step)
        elif step in self._started:
            self._lasted[step] = time.monotonic() - self._started[step]
            if what == "complete":
                self._done.add(step)

    def took(self, step: str) -> bool:
        """Whether a step was done."""
        return step in self._done

    def ms(self, step: str) -> int | None:
        """Milliseconds that a step took, or until it failed; None for one that was not begun."""
        return round(self._lasted[step] * 1000) if step in self._lasted else None

    def ms_until(self, step: str) -> int:
        """Milliseconds from the beginning to the start of a step, or to now."""
        return round((self._started.get(step, time.monotonic()) - self._begun) * 1000)

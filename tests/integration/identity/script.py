"""A service that answers as a recorded case says."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from tests.upstream import Answer, Ending, Pause, Received, json_answer


class Script:
    """Answers one entry after the other; the last one repeats. `arrivals` are seconds on a clock of its own."""

    def __init__(self, entries: list[Any], good: Callable[[int], dict[str, Any]]) -> None:
        self.requests: list[Received] = []
        self.arrivals: list[float] = []
        self._entries = entries
        self._good = good

    async def __call__(self, request: Received) -> Answer:
        self.requests.append(request)
        self.arrivals.append(time.monotonic())
        entry = self._entries[min(len(self.requests), len(self._entries)) - 1]
        if entry == "timeout":
            return Answer(before=(Pause(30),))
        if entry == "connect_error":
            return Answer(before=(Ending.CLOSE,))
        headers = tuple((entry.get("headers") or {}).items())
        before = (Pause(entry["delay"]),) if "delay" in entry else ()
        if "text" in entry:
            return Answer(status=entry["status"], headers=headers, body=entry["text"].encode(), before=before)
        document = entry.get("json") or (self._good(len(self.requests)) if entry["status"] == 200 else {})
        return dataclasses.replace(json_answer(document, status=entry["status"], headers=headers), before=before)

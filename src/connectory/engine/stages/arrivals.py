"""When the pieces of a stream arrive: one by one as they are made, or all at once because something held them back."""

from __future__ import annotations

from collections.abc import Callable

from connectory.errors import InvalidAnswer
from connectory.wire.sse import EventSplitter

_TOGETHER = 0.005
"""Seconds within which pieces count as one arrival: what one read leaves behind, the next finds."""

_SOON = 0.2
"""Seconds within which an answer may well be whole without anybody holding it back."""

_FEW = 5
"""Events from which on it can be told how they come."""

_IN_ONE = 10
"""Events that may come together, on the average, where a service sends several at a time."""


class Arrivals:
    """The arrivals of one stream's events. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked = clock()
        self._splitter = EventSplitter()
        self._times: list[float] = []
        self.events = 0
        self._bursts = 0

    def came(self, piece: bytes) -> None:
        """Bytes have come."""
        now = self._clock()
        try:
            events = self._splitter.feed(piece)
        except InvalidAnswer:  # told by who reads the stream
            return
        self.events += sum(not event.done for event in events)
        if not self._times or now - self._times[-1] > _TOGETHER:
            self._bursts += 1
        self._times.append(now)

    @property
    def held_back(self) -> bool:
        """Whether many events came together, late."""
        late = bool(self._times) and self._times[0] - self._asked >= _SOON
        return late and self.events >= _FEW and self._bursts <= max(1, self.events // _IN_ONE)

    def __str__(self) -> str:
        if not self._times:
            return "nothing came"
        first, last = self._times[0] - self._asked, self._times[-1] - self._asked
        at = "at once" if self._bursts == 1 else f"in {self._bursts} arrivals"
        return f"{self.events} events {at}, the first after {first:.2f} s, the last after {last:.2f} s"

"""An answer that waits until the test lets it go: concurrency without sleeping."""

import asyncio
import threading

from tests.upstream.messages import Answer


class Hold:
    """Every request that meets it waits for `release()`, and is then answered well, or with `then`.

    exchange.always = hold = scripted.Hold()
    ...                       # start the callers
    hold.wait_for(1)          # one of them has arrived at the service
    hold.release()            # from now on nobody waits
    """

    def __init__(self, then: Answer | None = None) -> None:
        self.then = then
        self._changed = threading.Condition()
        self._arrived = 0
        self._released = False
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    async def passed(self) -> None:
        """Returns after the release; for services."""
        mine = asyncio.Event()
        with self._changed:
            self._arrived += 1
            self._changed.notify_all()
            if self._released:
                return
            self._waiting[mine] = asyncio.get_running_loop()
        try:
            await mine.wait()
        finally:
            with self._changed:
                self._waiting.pop(mine, None)

    def wait_for(self, arrivals: int = 1, *, timeout: float = 10.0) -> None:
        """Returns when so many requests have arrived in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._arrived >= arrivals, timeout):
                raise TimeoutError(f"{self._arrived} of {arrivals} requests came")

    def release(self) -> None:
        with self._changed:
            self._released = True
            for event, loop in self._waiting.items():
                loop.call_soon_threadsafe(event.set)

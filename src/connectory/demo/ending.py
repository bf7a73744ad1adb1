"""How the demo is ended from outside: Ctrl-C, a request to terminate, a terminal that closes."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

HUNG_UP = 128 + getattr(signal, "SIGHUP", 1)
"""The exit code after a terminal that closed: there is nobody left to say anything to."""


@contextlib.contextmanager
def ended_once() -> Iterator[None]:
    """Inside, the first signal raises SystemExit; a second one does not disturb the tidying up.

    Ctrl-C too: at a KeyboardInterrupt, `subprocess` leaves its child to itself.
    """

    def end(number: int, _: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_interrupt() -> None:
    """Sleep until Ctrl-C. Raises SystemExit for any other signal."""
    try:
        while True:
            time.sleep(3600)
    except SystemExit as ended:
        if ended.code != 128 + signal.SIGINT:
            raise


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, a signal waits. For what must not be left half done: to make a thing and to see to its removal."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

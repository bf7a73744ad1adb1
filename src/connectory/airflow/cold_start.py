"""The first import of openai in a process whose event loop others wait on."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def import_openai() -> None:
    """Import what a client is made of. It takes most of a second of CPU: an event loop leaves it to a thread."""
    if "openai" not in sys.modules:
        with _uncollected():
            import connectory.engine.clients  # noqa: F401


def settle() -> None:
    """The first answer has been read, so that all that is needed is loaded: the collector leaves it alone from here on.

    Once a process. To look through all of it takes 50 to 80 ms, in which no trigger gets on.
    """
    global _settled
    if not _settled and gc.isenabled():
        _settled = True
        gc.freeze()


_settled = False


@contextmanager
def _uncollected() -> Iterator[None]:
    """An import makes so many objects that Python soon looks through all there are, and no thread runs meanwhile.

    With what Airflow holds that is 0.1 to 0.3 s, in which no trigger gets on. So the collector rests for the import,
    and what is there then it leaves alone for good, as Airflow's scheduler and DAG processor make it do: modules stay.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()

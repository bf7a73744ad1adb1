"""What the arrivals of a stream's events say of the way that it came."""

from collections.abc import Sequence

import pytest

from connectory.engine.stages.arrivals import Arrivals

EVENT = b'data: {"choices": []}\n\n'


def arrived(*pieces: tuple[float, int]) -> Arrivals:
    """Pieces of so many events, each at its time in seconds."""
    times = iter([0.0, *(at for at, _ in pieces)])
    arrivals = Arrivals(clock=lambda: next(times))
    for _, events in pieces:
        arrivals.came(EVENT * events)
    return arrivals


@pytest.mark.parametrize(
    ("pieces", "held_back"),
    [
        ([(2.0, 20)], True),
        ([(2.0, 8), (2.001, 8), (2.003, 4)], True),
        ([(2.0, 15), (2.5, 15), (3.0, 1)], True),
        ([(0.3 + 0.05 * number, 1) for number in range(20)], False),
        ([(0.3 + 0.2 * number, 4) for number in range(5)], False),
        ([(0.1, 20)], False),
        ([(2.0, 4)], False),
        ([], False),
    ],
)
def test_stream_is_held_back_if_many_events_come_together_and_late(
    pieces: Sequence[tuple[float, int]], held_back: bool
) -> None:
    assert arrived(*pieces).held_back is held_back


def test_arrivals_are_told() -> None:
    assert str(arrived((0.5, 3), (1.0, 2))) == "5 events in 2 arrivals, the first after 0.50 s, the last after 1.00 s"
    assert str(arrived((0.5, 3))) == "3 events at once, the first after 0.50 s, the last after 0.50 s"
    assert str(arrived()) == "nothing came"

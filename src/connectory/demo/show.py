"""The demo from its first line to its last, for people."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from connectory.demo.ending import HUNG_UP, ended_once, wait_for_interrupt
from connectory.demo.face import Face
from connectory.demo.faces import faces_in
from connectory.demo.round import Outcome, outcomes
from connectory.demo.screen import Screen
from connectory.demo.world import World, running_world


def show(*, once: bool, embedded: bool, airflow: bool) -> bool:
    """Show everything and tidy up. Whether every call was answered.

    On a terminal and without `once` it then stays up until Ctrl-C. `embedded`: do without a language model.
    `airflow`: with a real Airflow.
    """
    screen = Screen()
    stays = screen.is_terminal and not once
    try:
        with ended_once(), contextlib.ExitStack() as stack:
            screen.title()
            with screen.busy("starting the model"):
                world = stack.enter_context(running_world(embedded=embedded))
            made = _round(screen, world, faces_in(world.folder, airflow=airflow))
            if stays:
                screen.invitation(world.definitions)
                wait_for_interrupt()
            elif not once:
                screen.no_terminal()
    except SystemExit as ended:  # a signal, and by now everything is tidied up
        if ended.code != HUNG_UP:
            screen.farewell()
        raise
    if stays:
        screen.farewell()
    return all(outcome.reply for outcome in made)


def _round(screen: Screen, world: World, faces: Sequence[Face]) -> list[Outcome]:
    screen.service(world.service, world.definitions.connections)
    screen.definitions(world.definitions)
    table, made, started = screen.table(), [], time.monotonic()
    for outcome in outcomes(faces, world.definitions.connections, screen.busy, world.exchange.count):
        table.add(outcome)
        made.append(outcome)
    table.foot()
    screen.summary(made, time.monotonic() - started)
    return made

"""The demo from its first line to its last."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

from connectory.demo.azure_front import AzureFront
from connectory.demo.definitions import Definitions, Keys, write_definitions
from connectory.demo.ending import ended_once, undisturbed, wait_for_interrupt
from connectory.demo.faces import FACES
from connectory.demo.round import Outcome, outcomes
from connectory.demo.screen import Screen
from connectory.demo.service import running_service
from connectory.demo.surroundings import own_surroundings

DONE, FAILED = 0, 1


def show(*, once: bool, embedded: bool) -> int:
    """Show everything and tidy up. The exit code: 0, or 1 if a call failed.

    On a terminal and without `once` it then stays up until Ctrl-C. `embedded`: do without a language model.
    """
    screen, keys = Screen(), Keys()
    screen.title()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ended_once())
        stack.enter_context(own_surroundings())
        with undisturbed():
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="connectory-demo-"))
        with screen.busy("starting the model"):
            service = stack.enter_context(running_service(keys.of_service, embedded=embedded))
            azure = stack.enter_context(AzureFront(service.url, service.model, url_key=keys.front, key=keys.azure))
        screen.service(service, azure.origin)
        definitions = write_definitions(Path(folder), service, azure.origin, keys)
        os.environ.update(definitions.environ)
        screen.definitions(definitions)
        made = _round(screen, definitions)
        stayed = screen.is_terminal and not once
        if stayed:
            screen.invitation(definitions)
            wait_for_interrupt()
    if stayed:
        screen.farewell()
    return FAILED if any(outcome.reply is None for outcome in made) else DONE


def _round(screen: Screen, definitions: Definitions) -> list[Outcome]:
    table, made, started = screen.table(), [], time.monotonic()
    for outcome in outcomes(FACES, definitions.connections, screen.busy):
        table.add(outcome)
        made.append(outcome)
    screen.summary(made, time.monotonic() - started)
    return made

"""All that the demo needs, running: a service, an exchange for tokens, and connections with what they lead to."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectory.demo.connections import CONNECTIONS
from connectory.demo.definitions import Definitions, write_definitions
from connectory.demo.ending import undisturbed
from connectory.demo.exchange import Exchange, Workload
from connectory.demo.keys import Keys
from connectory.demo.service import Service, running_service
from connectory.demo.stage import Stage
from connectory.demo.surroundings import own_surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`folder` is the demo's own, and gone when it ends."""

    folder: Path
    service: Service
    exchange: Exchange
    definitions: Definitions


@contextlib.contextmanager
def running_world(*, embedded: bool) -> Iterator[World]:
    """Inside, this process and its children find the demo's connections and no others. Nothing is left afterwards.

    `embedded`: do without a language model.
    """
    keys = Keys()
    with contextlib.ExitStack() as stack:
        stack.enter_context(own_surroundings())
        with undisturbed():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connectory-demo-")))
        service = stack.enter_context(running_service(keys.of_service, embedded=embedded))
        exchange = stack.enter_context(Exchange(Workload()))
        stage = Stage(folder=folder, service=service, exchange=exchange, keys=keys)
        connections = [stack.enter_context(connection(stage)) for connection in CONNECTIONS]
        definitions = write_definitions(folder, connections)
        os.environ.update(definitions.environ)
        yield World(folder=folder, service=service, exchange=exchange, definitions=definitions)

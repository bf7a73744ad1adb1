"""All that the demo needs, running: a service, an Azure front before it, and connections to both."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectory.demo.azure_front import AzureFront
from connectory.demo.definitions import Definitions, Keys, write_definitions
from connectory.demo.ending import undisturbed
from connectory.demo.service import Service, running_service
from connectory.demo.surroundings import own_surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`azure` is the origin of the Azure front."""

    service: Service
    azure: str
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
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="connectory-demo-"))
        service = stack.enter_context(running_service(keys.of_service, embedded=embedded))
        front = stack.enter_context(AzureFront(service.url, service.model, url_key=keys.front, key=keys.azure))
        definitions = write_definitions(Path(folder), service, front.origin, keys)
        os.environ.update(definitions.environ)
        yield World(service=service, azure=front.origin, definitions=definitions)

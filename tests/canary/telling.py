"""All that a connection lets be seen: what every door says of it, and what is logged meanwhile."""

from __future__ import annotations

import copy
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from connectory import Connection, connect, execute
from connectory.cli import connection_view as view
from connectory.dialects import own
from connectory.dialects.model_table import shipped_table
from connectory.engine.diagnosis import as_json
from connectory.engine.doctor import examine
from connectory.errors import ConnectoryError
from connectory.network.telling import tell

HELLO = {"messages": [{"role": "user", "content": "Hello there"}], "model": "m"}


class Everything(logging.Handler):
    """Every record of every logger, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage() + repr(record.args))


def said_by(connection: Connection) -> Iterator[str]:
    """All that there is to see of a connection, used through every door."""
    yield repr(connection) + str(connection) + repr(copy.deepcopy(connection))
    yield json.dumps(own.write(connection, public=True)) + json.dumps(view.as_json(connection, shipped_table()))
    yield "".join(map(str, view.lines(connection)))
    yield repr(list(tell(connection, connection.url))) + repr(connection.network_policy)
    yield json.dumps(as_json(examine(connection.id, lambda: connection)))
    events: list[Any] = []
    for attempt in (executed, streamed, called):
        try:
            attempt(connection, events.append)
        except Exception as error:  # noqa: BLE001
            yield f"{error!s}{error!r}" + "".join(traceback.format_exception(error))
            if isinstance(error, ConnectoryError):
                yield repr(vars(error))
    yield repr(events)


def executed(connection: Connection, sink: Callable[[Any], None]) -> None:
    answer = execute(connection, HELLO, sink=sink)
    if answer.error:
        raise answer.error


def streamed(connection: Connection, sink: Callable[[Any], None]) -> None:
    with execute(connection, HELLO, stream=True, sink=sink) as answer:
        list(answer.events())


def called(connection: Connection, sink: Callable[[Any], None]) -> None:
    with connect(connection, max_retries=0) as client:
        sink(repr(client))
        client.models.list()

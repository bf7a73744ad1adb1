"""connectory run: a JSON body to a connection's endpoint, the service's own bytes back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import connectory
from connectory.cli.options import Config, Id, Json, Stream


def run(
    id: Id,
    body: Annotated[str, typer.Argument(metavar="BODY.json", help="File with the JSON body; - reads standard input.")],
    stream: Stream = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Post a JSON body to a connection's endpoint and print the service's answer, byte for byte.

    What the body says of `stream` gives way to --stream; a body without a model gets the connection's.

    \b
    Examples:
      connectory run my-open-ai body.json
      echo '{"input": "hello"}' | connectory run embeddings - | jq '.data[0].embedding'
    """
    connection = connectory.Catalog.open(config=config).find(id)
    data = _read(body)
    if stream:
        _streamed(connection, data)
        return
    answer = connectory.execute(connection, data)
    _write(answer.body)
    answer.raise_for_error()


def _read(place: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if place == "-" else Path(place).read_bytes()
    except OSError as error:
        raise connectory.CallerError(
            f"The body {place} cannot be read: {(error.strerror or 'unreadable').lower()}."
        ) from error


def _streamed(connection: connectory.Connection, data: bytes) -> None:
    with connectory.execute(connection, data, stream=True) as answer:
        for piece in answer:
            _write(piece)
    if answer.error:
        raise answer.error


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()

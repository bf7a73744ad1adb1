"""connectory run: a JSON body to a connection's endpoint, the service's own bytes back."""

from __future__ import annotations

from typing import Annotated

import typer

import connectory
from connectory.cli import reading
from connectory.cli.options import Config, DatabaseUrl, Id, Json, Stream
from connectory.cli.output import print_bytes
from connectory.cli.pointing import pointing_to_doctor


def run(
    id: Id,
    body: Annotated[str, typer.Argument(metavar="BODY.json", help="File with the JSON body; - reads standard input.")],
    stream: Stream = False,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Post a JSON body and print the service's answer as it is.

    The body goes to the connection's endpoint. What it says of `stream` gives way
    to --stream; a body without a model gets the connection's.

    \b
    Examples:
      connectory run my-open-ai body.json
      echo '{"input": "hello"}' | connectory run embeddings - | jq '.data[0]'
    """
    from connectory.cli.json_body import require_json

    connection = connectory.Catalog.open(config=config, database_url=database_url).find(id)
    data = reading.standard_input() if body == "-" else reading.file(body)
    require_json(data, called="on standard input" if body == "-" else body)
    with pointing_to_doctor(id):
        if stream:
            _streamed(connection, data)
        else:
            _whole(connection, data)


def _whole(connection: connectory.Connection, data: bytes) -> None:
    answer = connectory.execute(connection, data)
    print_bytes([answer.body])
    answer.raise_for_error()


def _streamed(connection: connectory.Connection, data: bytes) -> None:
    with connectory.execute(connection, data, stream=True) as answer:
        print_bytes(answer)
    if answer.error:
        raise answer.error

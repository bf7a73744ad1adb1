"""One question to a connection's model, and the text of its answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import connectory
from connectory.connection import Connection
from connectory.errors import CallerError
from connectory.usage import Usage
from connectory.wire.chat import answer_text, chat_body, delta_text
from connectory.wire.endpoints import Endpoint, endpoint_of
from connectory.wire.usage import model_of_answer


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer, the model that the service says it is from, and what it used."""

    text: str
    model: str | None
    usage: Usage


def ask(connection: Connection, question: str) -> Reply:
    """The whole answer. Raises ServiceError, NetworkError, CallerError."""
    endpoint = _endpoint(connection)
    answer = connectory.execute(connection, chat_body(question, endpoint=endpoint)).raise_for_error()
    parsed = answer.json()
    return Reply(answer_text(parsed, endpoint) or "", model_of_answer(parsed), answer.usage)


def ask_aloud(connection: Connection, question: str, say: Callable[[str], None]) -> Reply:
    """The answer, of which `say` gets each piece as it comes. Raises as `ask`."""
    endpoint = _endpoint(connection)
    pieces, model = [], None
    with connectory.execute(connection, chat_body(question, endpoint=endpoint), stream=True) as answer:
        for event in answer.events():
            model = model or model_of_answer(event)
            if piece := delta_text(event, endpoint):
                pieces.append(piece)
                say(piece)
    return Reply("".join(pieces), model, answer.usage)


def _endpoint(connection: Connection) -> Endpoint:
    url = connection.endpoint_url(connection.model)
    if url is None:
        raise CallerError("This Azure URL names no deployment: give the connection a `model`, or say --model.")
    return endpoint_of(url)

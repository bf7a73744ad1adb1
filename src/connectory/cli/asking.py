"""One question to a connection's model, and the text of its answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import connectory
from connectory.connection import Connection
from connectory.errors import CallerError, InvalidAnswer
from connectory.usage import Usage
from connectory.wire.chat import answer_text, chat_body, delta_text, is_cut_off, is_of_answer
from connectory.wire.endpoints import Endpoint, endpoint_of
from connectory.wire.usage import model_of_answer

_WITHOUT_TEXT = "an answer without text"


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer, the model that the service says it is from, and what it used.

    `cut_off`: the service says that the answer would go on, but for the limit of tokens.
    """

    text: str
    model: str | None
    usage: Usage
    cut_off: bool


def ask(connection: Connection, question: str) -> Reply:
    """The whole answer. Raises ServiceError, NetworkError, CallerError."""
    endpoint = _endpoint(connection)
    answer = connectory.execute(connection, _body(question, endpoint)).raise_for_error()
    parsed = answer.json()
    text = answer_text(parsed, endpoint)
    if text is None and not is_of_answer(parsed):
        raise InvalidAnswer(_WITHOUT_TEXT, status=answer.status)
    return Reply(text or "", model_of_answer(parsed), answer.usage, is_cut_off(parsed, endpoint))


def ask_aloud(connection: Connection, question: str, say: Callable[[str], None]) -> Reply:
    """The answer, of which `say` gets each piece as it comes. Raises as `ask`."""
    endpoint = _endpoint(connection)
    pieces, model, cut_off, answered = [], None, False, False
    with connectory.execute(connection, _body(question, endpoint), stream=True) as answer:
        for event in answer.events():
            model = model or model_of_answer(event)
            cut_off = cut_off or is_cut_off(event, endpoint)
            answered = answered or is_of_answer(event)
            if piece := delta_text(event, endpoint):
                pieces.append(piece)
                say(piece)
    if not answered:
        raise InvalidAnswer(_WITHOUT_TEXT, status=answer.status)
    return Reply("".join(pieces), model, answer.usage, cut_off)


def _endpoint(connection: Connection) -> Endpoint:
    url = connection.endpoint_url(connection.model)
    if url is None:
        raise CallerError("This Azure URL names no deployment: give the connection a `model`, or say --model.")
    return endpoint_of(url)


def _body(question: str, endpoint: Endpoint) -> dict[str, object]:
    try:
        return chat_body(question, endpoint=endpoint)
    except CallerError as error:
        raise CallerError(f"{error} To post a body of its own kind, use `connectory run`.") from error

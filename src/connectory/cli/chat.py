"""connectory chat: one question, the answer's text."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

import connectory
from connectory.cli import reading
from connectory.cli.error_output import print_note
from connectory.cli.options import Config, DatabaseUrl, Id, Json, Stream
from connectory.cli.output import print_json, print_text
from connectory.cli.pointing import pointing_to_doctor


def chat(
    id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The question; - reads it from standard input.")],
    model: Annotated[str | None, typer.Option("--model", help="Model to ask, in place of the connection's.")] = None,
    stream: Stream = False,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Ask a model one question and print the text of its answer.

    \b
    Examples:
      connectory chat openai_default "Why is the sky blue?" --stream
      git diff | connectory chat my-llm - --model small --json
    """
    from connectory.cli.asking import ask, ask_aloud

    connection = connectory.Catalog.open(config=config, database_url=database_url).find(id)
    if model:
        connection = dataclasses.replace(connection, model=model)
    question = _question(text)
    with pointing_to_doctor(id):
        if stream:
            reply = ask_aloud(connection, question, lambda piece: None if json else print_text(piece, end=""))
        else:
            reply = ask(connection, question)
    if json:
        counts = {name: count for name, count in dataclasses.asdict(reply.usage).items() if count is not None}
        cut_off = {"cut_off": True} if reply.cut_off else {}
        print_json({"text": reply.text, "model": reply.model, "usage": counts, **cut_off})
        return
    print_text("" if stream else reply.text)
    if reply.cut_off:
        print_note("the answer is cut off: the limit of tokens was reached")


def _question(text: str) -> str:
    question = _from_standard_input() if text == "-" else text
    if not question.strip():
        raise connectory.CallerError("The question is empty.")
    return question


def _from_standard_input() -> str:
    """Text in UTF-8, whatever the locale says: half a character would go to the service as something else."""
    try:
        return reading.standard_input().decode()
    except UnicodeDecodeError as error:
        raise connectory.CallerError("The question on standard input is not UTF-8 text.") from error

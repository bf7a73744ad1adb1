"""The shell face: the program `connectory`, run as a visitor would run it."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from connectory.demo import program
from connectory.demo.definition import Definition
from connectory.demo.ending import undisturbed
from connectory.demo.face import GREETING, STORY, Call, Reply, counted, of_vector

_PATIENCE = 120.0
"""Seconds that one command may take."""


class CommandFailed(Exception):
    """A command that did not exit with 0; the text is its complaint."""


class Shell:
    """What a visitor would type."""

    name = "Shell"
    how = "connectory COMMAND ID"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield Call("list", _list)
        for definition in definitions:
            yield Call("chat", functools.partial(_chat, definition.id, GREETING), definition)
            yield Call("chat --stream", functools.partial(_chat, definition.id, STORY, "--stream"), definition)
            yield Call("run", functools.partial(_run, definition.embeddings_id), definition)


def _list() -> Reply:
    ids = [connection["id"] for connection in _json_of("connection", "list")]
    return Reply(f"{len(ids)} connections: {', '.join(ids)}")


def _chat(id: str, question: str, *options: str) -> Reply:
    answer = _json_of("chat", id, question, *options)
    usage = answer["usage"]
    return Reply(answer["text"], counted(usage.get("prompt_tokens"), usage.get("completion_tokens")))


def _run(id: str) -> Reply:
    answer = _json_of("run", id, "-", body={"input": "sea"})
    return of_vector(answer["data"][0]["embedding"])


def _json_of(*arguments: str, body: dict[str, Any] | None = None) -> Any:
    with contextlib.ExitStack() as stack:
        with undisturbed():
            process = stack.enter_context(_started(*arguments))
            stack.callback(process.kill)  # what has ended is not hurt by it
        said, complaints = process.communicate(json.dumps(body) if body else "", timeout=_PATIENCE)
    if process.returncode:
        raise CommandFailed(f"exit code {process.returncode}: {_complaint(complaints)}")
    return json.loads(said)


def _started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 (our own program)
        [*program.command(), *arguments, "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _complaint(said: str) -> str:
    """The message of an error for machines, or the last line of anything else."""
    try:
        return str(json.loads(said)["error"]["message"])
    except (ValueError, TypeError, KeyError):
        return (said.strip().splitlines() or ["without a word"])[-1]

"""One round of the demo: every call of every face, made one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from connectory.demo.definition import Definition
from connectory.demo.face import Call, Face, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a call after so many seconds: a reply, or (if that is None) an error in words.

    `exchanges` is how many tokens were exchanged for it.
    """

    face: Face
    call: Call
    seconds: float
    exchanges: int = 0
    reply: Reply | None = None
    error: str = ""


def outcomes(
    faces: Sequence[Face],
    definitions: Sequence[Definition],
    busy: Callable[[str], AbstractContextManager[object]],
    exchanges: Callable[[], int],
) -> Iterator[Outcome]:
    """Each outcome as soon as it is known. `busy` is entered with a word on what is going on.

    `exchanges` counts the tokens that were exchanged so far.
    """
    for face in faces:
        calls = face.calls(definitions)
        while True:
            with busy(face.name):
                call = next(calls, None)
            if call is None:
                break
            where = f"{call.definition.id}: " if call.definition else ""
            with busy(f"{face.name}: {where}{call.name}"):
                outcome = _made(face, call, exchanges)
            yield outcome


def _made(face: Face, call: Call, exchanges: Callable[[], int]) -> Outcome:
    started, before = time.monotonic(), exchanges()
    reply, error = _tried(call)
    return Outcome(
        face=face,
        call=call,
        seconds=time.monotonic() - started,
        exchanges=exchanges() - before,
        reply=reply,
        error=error,
    )


def _tried(call: Call) -> tuple[Reply | None, str]:
    try:
        reply = call.make()
    except Exception as error:  # noqa: BLE001 (the edge: whatever it is, the visitor reads it in the table)
        return None, str(error) or type(error).__name__
    return (reply, "") if reply.answer.strip() else (None, "an empty answer")

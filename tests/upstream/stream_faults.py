"""What a fault makes of a stream. An answer that is no stream stays as it is."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.upstream.answer_faults import Case
from tests.upstream.messages import Answer, Ending, Pause, Step
from tests.upstream.sse import event

Steps: TypeAlias = tuple[Step, ...]
Numbers: TypeAlias = Mapping[str, float]

_ERROR = {
    "error": {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
        "param": None,
        "code": None,
    }
}


def _of_steps(change: Callable[[Steps, Numbers], Steps]) -> Callable[[Case], Answer]:
    def changed(case: Case) -> Answer:
        body = case.answer.body
        if isinstance(body, bytes):
            return case.answer
        return dataclasses.replace(case.answer, body=change(body, case.numbers))

    return changed


def _of_events(change: Callable[[int, bytes], bytes]) -> Callable[[Case], Answer]:
    """Each event by itself, with its number from 0."""

    def changed(steps: Steps, _: Numbers) -> Steps:
        return tuple(change(index, step) if isinstance(step, bytes) else step for index, step in enumerate(steps))

    return _of_steps(changed)


def _after(steps: Steps, numbers: Numbers) -> tuple[Steps, Steps]:
    """Here a step is still an event, because these faults come first in the table."""
    count = int(numbers["n"])
    return steps[:count], steps[count:]


@_of_steps
def error_after(steps: Steps, numbers: Numbers) -> Steps:
    return (*_after(steps, numbers)[0], event(_ERROR))


@_of_steps
def malformed(steps: Steps, _: Numbers) -> Steps:
    return (*steps[:1], b'data: {"id": "chatcmpl-\n\n', *steps[1:])


@_of_steps
def eof(steps: Steps, _: Numbers) -> Steps:
    return steps[:-1]


@_of_steps
def stall_after(steps: Steps, numbers: Numbers) -> Steps:
    before, behind = _after(steps, numbers)
    return (*before, Pause(numbers["seconds"]), *behind)


@_of_steps
def reset_after(steps: Steps, numbers: Numbers) -> Steps:
    return (*_after(steps, numbers)[0], Ending.RESET)


@_of_steps
def cut_after(steps: Steps, numbers: Numbers) -> Steps:
    return (*_after(steps, numbers)[0], Ending.CUT)


@_of_steps
def slow(steps: Steps, numbers: Numbers) -> Steps:
    pause = Pause(numbers["ms"] / 1000)
    return tuple(each for step in steps for each in (pause, step))[1:]


@_of_steps
def split(steps: Steps, numbers: Numbers) -> Steps:
    size = int(numbers["n"])
    pieces: list[Step] = []
    for are_bytes, run in itertools.groupby(steps, key=lambda step: isinstance(step, bytes)):
        if not are_bytes:
            pieces += run
            continue
        data = b"".join(step for step in run if isinstance(step, bytes))
        pieces += [data[at : at + size] for at in range(0, len(data), size)]
    return tuple(pieces)


@_of_events
def comments(index: int, data: bytes) -> bytes:
    kind = b"" if data.startswith(b"event: ") else b"event: message\n"
    return b": event %d follows\nid: %d\nretry: 1000\n%b%b" % (index, index, kind, data)


@_of_events
def keep_alives(_: int, data: bytes) -> bytes:
    return b": keep-alive\n\n" + data


@_of_events
def multiline(_: int, data: bytes) -> bytes:
    head, mark, value = data.partition(b"data: ")
    if not value.endswith(b"}\n\n"):
        return data  # no object: [DONE], or a malformed one
    return head + b"".join(mark + line + b"\n" for line in (value[:1], value[1:-3], value[-3:-2])) + b"\n"


@_of_events
def bom(index: int, data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data if index == 0 else data


@_of_events
def crlf(_: int, data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


@_of_events
def cr(_: int, data: bytes) -> bytes:
    return data.replace(b"\n", b"\r")

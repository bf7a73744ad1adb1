"""What a fault makes of an answer: pure functions from the good answer to the bad one."""

import dataclasses
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.upstream.messages import Answer, Ending, Headers, Pause, Step, encode
from tests.upstream.sse import DONE

_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The good answer, the numbers in the fault's name, and how the service words an error of a status."""

    answer: Answer
    numbers: Mapping[str, float]
    refusal: Callable[[int], Answer]


def status(case: Case) -> Answer:
    refused = case.refusal(int(case.numbers["code"]))
    waits = {"seconds": "retry-after", "ms": "retry-after-ms"}
    headers = tuple((header, f"{case.numbers[key]:g}") for key, header in waits.items() if key in case.numbers)
    return dataclasses.replace(refused, headers=(*refused.headers, *headers))


def too_many(case: Case) -> Answer:
    return status(dataclasses.replace(case, numbers={**case.numbers, "code": 429}))


def redirect(_: Case) -> Answer:
    return Answer(status=302, headers=(("location", "/elsewhere"),))


def html_200(_: Case) -> Answer:
    return Answer(headers=(("content-type", "text/html"),), body=_PAGE.format("Please sign in").encode())


def html_502(_: Case) -> Answer:
    return Answer(status=502, headers=(("content-type", "text/html"),), body=_PAGE.format("502 Bad Gateway").encode())


def empty(_: Case) -> Answer:
    return Answer(headers=(("content-type", "application/json"),))


def bad_json(_: Case) -> Answer:
    return Answer(headers=(("content-type", "application/json"),), body=b'{"id": "chatcmpl-')


def stall(case: Case) -> Answer:
    return dataclasses.replace(case.answer, before=(Pause(case.numbers["seconds"]), *case.answer.before))


def close(case: Case) -> Answer:
    return dataclasses.replace(case.answer, before=(*case.answer.before, Ending.CLOSE))


def reset(case: Case) -> Answer:
    return dataclasses.replace(case.answer, before=(*case.answer.before, Ending.RESET))


def cut(case: Case) -> Answer:
    body = case.answer.body
    if not isinstance(body, bytes):
        return case.answer
    headers = (*case.answer.headers, ("content-length", str(len(body))))
    return dataclasses.replace(case.answer, headers=headers, body=(body[: len(body) // 2], Ending.CLOSE))


def json_typed(case: Case) -> Answer:
    if isinstance(case.answer.body, bytes):
        return case.answer
    headers: Headers = tuple(
        (name, "application/json" if name == "content-type" else value) for name, value in case.answer.headers
    )
    return dataclasses.replace(case.answer, headers=headers)


def gzip(case: Case) -> Answer:
    packer = zlib.compressobj(wbits=31)  # 31: with gzip's header and trailer
    body = case.answer.body
    packed: bytes | tuple[Step, ...]
    if isinstance(body, bytes):
        packed = packer.compress(body) + packer.flush()
    else:
        # Each event can be unpacked as soon as it is there.
        steps = [
            packer.compress(step) + packer.flush(zlib.Z_SYNC_FLUSH) if isinstance(step, bytes) else step
            for step in body
        ]
        packed = (*steps, packer.flush())
    headers = (*case.answer.headers, ("content-encoding", "gzip"))
    return dataclasses.replace(case.answer, headers=headers, body=packed)


def large(case: Case) -> Answer:
    size = int(case.numbers["bytes"])
    body = case.answer.body
    if isinstance(body, bytes):
        return dataclasses.replace(case.answer, body=_padded(body, size)) if _is_json(case.answer) else case.answer
    first, *others = body
    return dataclasses.replace(case.answer, body=(_padded(first, size) if isinstance(first, bytes) else first, *others))


def _is_json(answer: Answer) -> bool:
    return ("content-type", "application/json") in answer.headers


def _padded(data: bytes, size: int) -> bytes:
    """The last brace closes the whole object, in a body as in an event."""
    end = data.rindex(b"}")
    frame = b',"padding":"%b"'
    filling = b"x" * max(0, size - len(data) - len(frame % b""))
    return data[:end] + frame % filling + data[end:]


def no_usage(case: Case) -> Answer:
    body = case.answer.body
    if isinstance(body, bytes):
        if not _is_json(case.answer):
            return case.answer
        document = json.loads(body)
        document.pop("usage", None)
        return dataclasses.replace(case.answer, body=encode(document))
    told = (_without_usage(step) if isinstance(step, bytes) else step for step in body)
    return dataclasses.replace(case.answer, body=tuple(step for step in told if step != b""))


def _without_usage(event: bytes) -> bytes:
    """The event without its usage; nothing when it was there for the usage alone."""
    if event == DONE:
        return event
    head, _, data = event.partition(b"data: ")
    document = json.loads(data)
    if document.get("usage") and not document.get("choices", True):
        return b""
    document.pop("usage", None)
    if document.get("response"):
        document["response"]["usage"] = None
    return head + b"data: " + encode(document) + b"\n\n"

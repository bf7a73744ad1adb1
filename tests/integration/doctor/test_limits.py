"""What never ends, ends with the examination; the stage that waits for it is to blame."""

from __future__ import annotations

import threading
import time

import pytest

from connectory.engine.diagnosis import Asked, Report
from connectory.engine.doctor import examine
from tests.integration.doctor.cases import document, found
from tests.upstream import raw

LIMIT = 1.0


def endless(*, head: bytes, piece: bytes, pause: float = 0.0) -> raw.Script:
    def script(line: raw.Line) -> None:
        raw.heard(line)
        line.sendall(head)
        while True:
            line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(pause)

    return script


def examined(script: raw.Script, *, limit: float = LIMIT, asked: Asked = Asked()) -> Report:  # noqa: B008 (frozen)
    with raw.listening(script) as port:
        find = found(document(f"http://127.0.0.1:{port}", client={"timeout": 5}))
        return examine("it", find, limit=limit, asked=asked)


def doctors() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "connectory-doctor"]


JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
SSE = JSON.replace(b"application/json", b"text/event-stream")
MODELS = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"data": []}'


def test_list_that_never_ends_is_given_up_with_the_examination() -> None:
    report = examined(endless(head=JSON, piece=b" " * 10, pause=0.05))
    assert report.failed
    assert (report.failed.name, report.failed.seen) == (
        "model",
        "it was not over when the whole examination had taken 1 s",
    )
    until = time.monotonic() + 5
    while doctors() and time.monotonic() < until:
        time.sleep(0.05)
    assert doctors() == []


def test_list_that_is_too_long_is_not_read_to_its_end() -> None:
    report = examined(endless(head=JSON, piece=b" " * 100_000), limit=30)
    assert report.failed
    assert (report.failed.name, report.failed.fix) == ("model", "check `url`: a list of models is shorter")


def test_service_that_is_silent_after_the_line_is_there_is_no_fault_of_the_line() -> None:
    report = examined(raw.silent)
    assert report.failed
    assert report.failed.name == "model"


@pytest.mark.parametrize("asked", [Asked(stream=True), Asked(spend=True, stream=True)])
def test_stream_that_never_ends_is_given_up_with_the_examination(asked: Asked) -> None:
    pieces = endless(head=SSE, piece=b'data: {"choices": [{"delta": {"content": "x"}}]}\n\n', pause=0.05)
    whole = b'{"choices": [{"message": {"content": "OK"}}]}'
    answered = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(whole), whole)

    def script(line: raw.Line) -> None:
        request = raw.peeked(line)
        if request.startswith(b"GET"):
            raw.answering(MODELS)(line)
        elif b'"stream": true' in request or b'"stream":true' in request:
            pieces(line)
        else:
            raw.answering(answered)(line)

    report = examined(script, asked=asked)
    assert report.failed
    assert report.failed.name == "stream"

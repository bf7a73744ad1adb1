"""connectory run: a JSON body to a connection's endpoint, the service's own bytes back."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.shell import PROGRAM, Shell
from tests.upstream import Answer, Received, Upstream, running

pytestmark = pytest.mark.e2e
BODY = json.dumps({"messages": [{"role": "user", "content": "Hello there"}]})
BYTES = b' {"a": 1.0, "a": "\xc3\xa9", "b": "\\u00e9"}\n\n'


def raw(shell: Shell, *arguments: str) -> bytes:
    """Standard output, byte for byte."""
    return subprocess.run(
        [PROGRAM, *arguments], env=shell.environment, cwd=shell.home, stdout=subprocess.PIPE, timeout=60, check=False
    ).stdout


@pytest.fixture
def body(tmp_path: Path) -> str:
    file = tmp_path / "body.json"
    file.write_text(BODY)
    return str(file)


def test_answer_is_printed_byte_for_byte(shell: Shell, body: str) -> None:
    async def app(_: Received) -> Answer:
        return Answer(headers=(("content-type", "application/json"),), body=BYTES)

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        assert raw(shell, "run", "llm", body) == BYTES
        assert raw(shell, "run", "llm", body, "--json") == BYTES


def test_stream_is_printed_byte_for_byte(shell: Shell, body: str) -> None:
    pieces = (b"data: {}\r\n\r\n", b": \xff\n", b"data: [DO", b"NE]")

    async def app(_: Received) -> Answer:
        return Answer(headers=(("content-type", "text/event-stream"),), body=pieces)

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        assert raw(shell, "run", "llm", body, "--stream") == b"".join(pieces)


def test_body_is_read_from_standard_input(asking: Shell, service: Upstream) -> None:
    ran = asking("run", "llm", "-", input=BODY.encode())
    assert ran.json()["choices"][0]["message"]["content"] == "You said: Hello there"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{\n"a', "line 2, column 1 (Unterminated string starting at)"),
        (b"[1] [2]", "line 1, column 5 (Extra data)"),
        (b" \n", "it is empty"),
        (b"", "it is empty"),
        (b"\xff", "it is not UTF-8 text"),
        (b"[NaN]", "it holds NaN"),
    ],
)
def test_body_that_is_no_json_is_not_sent(body: bytes, reason: str, asking: Shell, service: Upstream) -> None:
    (asking.home / "bad.json").write_bytes(body)
    ran = asking("run", "llm", "bad.json")
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: The body bad.json is no JSON: {reason}.\n")
    assert asking("run", "llm", "-", input=body).err == f"error: The body on standard input is no JSON: {reason}.\n"
    assert service.requests == []


@pytest.mark.parametrize("body", [b" [1, 2.50]\n", b'"text"', b"null", b"1" * 5000, b"[" * 5000 + b"]" * 5000])
def test_body_of_any_other_json_is_sent_byte_for_byte(body: bytes, asking: Shell, service: Upstream) -> None:
    assert asking("run", "llm", "-", input=body).code == 6
    assert service.requests[0].body == body


def test_standard_input_that_is_closed_is_the_callers_error(asking: Shell) -> None:
    ran = asking.closed("run", "llm", "-", "--json")
    assert (ran.code, ran.error()["code"]) == (2, "invalid_request")


@pytest.mark.parametrize(("answer", "seen"), [(b"{}", "{}\n"), (b"{}\n", "{}\n")])
def test_answer_on_a_terminal_ends_its_line(answer: bytes, seen: str, shell: Shell, body: str) -> None:
    async def app(_: Received) -> Answer:
        return Answer(headers=(("content-type", "application/json"),), body=answer)

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        assert shell.on_a_terminal("run", "llm", body) == seen
        assert raw(shell, "run", "llm", body) == answer


@pytest.mark.parametrize("place", ["missing.json", "."])
def test_body_that_cannot_be_read_is_the_callers_error(place: str, asking: Shell) -> None:
    ran = asking("run", "llm", place, "--json")
    assert ran.code == 2
    assert place in ran.error()["message"]


@pytest.mark.parametrize("stream", [[], ["--stream"]])
@pytest.mark.parametrize(
    ("model", "code", "name"),
    [("status-401", 4, "credential_refused"), ("status-500", 6, "service_error"), ("html-200", 6, "invalid_answer")],
)
def test_bad_answer_is_printed_and_its_error_told_beside_it(
    model: str, code: int, name: str, stream: list[str], asking: Shell
) -> None:
    ran = asking("run", "llm", "-", "--json", *stream, input=json.dumps({**json.loads(BODY), "model": model}).encode())
    assert ran.code == code
    assert ran.error()["code"] == name
    assert ran.out.startswith(("{", "<html>"))


def test_stream_that_breaks_off_has_been_printed_until_there(asking: Shell) -> None:
    body = {**json.loads(BODY), "model": "stream-reset-after-2"}
    ran = asking("run", "llm", "-", "--stream", input=json.dumps(body).encode())
    assert ran.code == 5
    assert ran.out.count("data: ") in (0, 2)  # a reset may overtake what was sent before it
    assert ran.err.startswith("error: http://127.0.0.1:")


def test_error_in_a_stream_is_told_beside_it(asking: Shell) -> None:
    body = {**json.loads(BODY), "model": "stream-error-after-2"}
    ran = asking("run", "llm", "-", "--stream", "--json", input=json.dumps(body).encode())
    assert ran.code == 6
    assert "The server had an error" in ran.out
    assert ran.error()["code"] == "service_error"


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_reader_that_has_seen_enough_is_no_accident(stream: list[str], asking: Shell) -> None:
    body = json.dumps({**json.loads(BODY), "model": "large-3000000"}).encode()
    with asking.start(
        "run", "llm", "-", *stream, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(body)
        process.stdin.close()
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1

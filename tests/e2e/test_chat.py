"""connectory chat: one question, the answer's text."""

import json
import os
import subprocess
import time
from typing import Any

import pytest

from tests.e2e.shell import Shell
from tests.upstream import DONE, Answer, Received, Upstream, json_answer, running, sse_answer

pytestmark = pytest.mark.e2e
SAID = "You said: Hello there"
STEERING = "a\x1b[2Jb\x07c\x9b31md\re\u202ef"
WORLD = (
    "\u00abd\u00e9j\u00e0\u00a0vu\u202f!\u00bb \u3000\u6f22 "
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f4bb"
)


def written(choice: dict[str, Any]) -> bytes:
    return json.dumps({"model": "m-1", "choices": [{"index": 0, **choice}]}).encode()


def answering(text: str, **ending: str) -> Any:
    """An app that always says the same, in one piece or as a stream."""

    async def app(request: Received) -> Answer:
        if request.json().get("stream"):
            return sse_answer([b"data: " + written({"delta": {"content": text}, **ending}) + b"\n\n", DONE])
        return Answer(
            headers=(("content-type", "application/json"),), body=written({"message": {"content": text}, **ending})
        )

    return app


def test_answer_is_printed(asking: Shell) -> None:
    ran = asking("chat", "llm", "Hello there")
    assert (ran.code, ran.out, ran.err) == (0, f"{SAID}\n", "")


def test_streamed_answer_is_the_same_text(asking: Shell) -> None:
    ran = asking("chat", "llm", "Hello there", "--stream")
    assert (ran.code, ran.out, ran.err) == (0, f"{SAID}\n", "")


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_json_tells_text_model_and_usage(stream: list[str], asking: Shell) -> None:
    ran = asking("chat", "llm", "Hello there", "--json", *stream)
    assert ran.json() == {
        "text": SAID,
        "model": "gpt-test",
        "usage": {
            "prompt_tokens": 2,
            "completion_tokens": 4,
            "total_tokens": 6,
            "cached_tokens": 0,
            "reasoning_tokens": 0,
            "source": "reported",
        },
    }


def test_pieces_are_printed_as_they_come(asking: Shell) -> None:
    """The first is out long before the service has sent the last."""
    asked = ["chat", "llm", "one two three four five", "--stream", "--model", "stream-slow-200"]
    with asking.start(*asked, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 1000)
        at_first = time.monotonic()
        rest = process.stdout.read()
        took = time.monotonic() - at_first
    assert first.startswith(b"You")
    assert (first + rest).decode() == "You said: one two three four five\n"
    assert took > 0.8  # six more pieces, 200 ms apart


def test_question_is_read_from_standard_input(asking: Shell) -> None:
    assert asking("chat", "llm", "-", input="Grüße 🎈".encode()).out == "You said: Grüße 🎈\n"


def test_question_that_is_no_text_is_the_callers_error(asking: Shell) -> None:
    ran = asking("chat", "llm", "-", "--json", input=b"\xff\xfe")
    assert ran.code == 2
    assert "UTF-8" in ran.error()["message"]


@pytest.mark.parametrize(("text", "input"), [("", b""), (" \n", b""), ("-", b""), ("-", b" \n")])
def test_question_that_is_empty_is_the_callers_error(text: str, input: bytes, asking: Shell, service: Upstream) -> None:
    ran = asking("chat", "llm", text, "--json", input=input)
    assert (ran.code, ran.error()["message"]) == (2, "The question is empty.")
    assert service.requests == []


def test_standard_input_that_is_closed_is_the_callers_error(asking: Shell, service: Upstream) -> None:
    ran = asking.closed("chat", "llm", "-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: Standard input cannot be read: it is closed.\n"
    assert service.requests == []


def test_model_of_the_call_wins(asking: Shell, service: Upstream) -> None:
    asking("chat", "llm", "Hello", "--model", "gpt-4.1")
    assert service.requests[0].json()["model"] == "gpt-4.1"


def test_azure_answers_too(shell: Shell, azure_service: Upstream) -> None:
    url = f"{azure_service.url}/openai/deployments/prod?api-version=2024-10-21"
    shell.knows("az", provider="azure", url=url, credential={"api_key": "azure-key"})
    assert shell("chat", "az", "Hello there").out == f"{SAID}\n"
    assert shell("chat", "az", "Hello there", "--stream").out == f"{SAID}\n"


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/completions"])
@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_other_endpoints_that_speak_text_answer_too(
    path: str, stream: list[str], shell: Shell, service: Upstream
) -> None:
    shell.knows("llm", url=f"{service.url}{path}", model="gpt-test", credential={"api_key": "sk-test"})
    ran = shell("chat", "llm", "Hello there", *stream)
    assert (ran.code, ran.err) == (0, "")
    assert "Hello there" in ran.out


def test_endpoint_that_speaks_no_text_is_the_callers_error(shell: Shell, service: Upstream) -> None:
    shell.knows("llm", url=f"{service.url}/v1/embeddings", model="gpt-test", credential={"api_key": "sk-test"})
    ran = shell("chat", "llm", "Hello")
    assert (ran.code, ran.out) == (2, "")
    assert "use `connectory run`" in ran.err
    assert service.requests == []


def test_service_that_does_not_stream_is_told_of(shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"choices": [{"index": 0, "message": {"content": "whole"}}]})

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", "--stream")
    assert (ran.code, ran.out) == (6, "")
    assert "in one piece" in ran.err


@pytest.mark.parametrize("words", [["chat", "llm", "Hello"], ["run", "llm", "-"]])
def test_error_on_the_way_points_to_the_doctor(shell: Shell, words: list[str]) -> None:
    shell.knows("llm", provider="other", url="http://127.0.0.1:1/v1", credential={"kind": "none"})
    ran = shell(*words, input=b"{}")
    assert ran.err.splitlines()[1:] == [
        "note: `connectory connection test llm` says where it fails, and how to mend it"
    ]
    assert shell("chat", "llm", "Hello", "--json").error()["code"] == "upstream_unreachable"


# What an answer may lack


@pytest.mark.parametrize("body", ["{}", '{"choices": []}', "null", '[{"choices": []}]'])
def test_answer_without_text_is_no_answer(body: str, shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return Answer(headers=(("content-type", "application/json"),), body=body.encode())

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", "--json")
    assert (ran.code, ran.out, ran.error()["code"]) == (6, "", "invalid_answer")
    assert "without text" in ran.error()["message"]


@pytest.mark.parametrize("events", [[DONE], [b"data: {}\n\n", DONE], [b'data: {"choices": []}\n\n']])
def test_stream_without_text_is_no_answer(events: list[bytes], shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return sse_answer(events)

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", "--stream", "--json")
    assert (ran.code, ran.out, ran.error()["code"]) == (6, "", "invalid_answer")


@pytest.mark.parametrize("message", [{"content": None, "reasoning_content": "hm"}, {"tool_calls": [{}]}])
def test_answer_may_have_no_text(message: dict[str, Any], shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"choices": [{"index": 0, "message": message, "finish_reason": "length"}]})

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello")
    assert (ran.code, ran.out) == (0, "\n")
    assert "cut off" in ran.err


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_text_may_be_empty(stream: list[str], shell: Shell) -> None:
    with running(answering("")) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", *stream)
    assert (ran.code, ran.out, ran.err) == (0, "\n", "")


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_answer_that_is_cut_off_is_said_to_be(stream: list[str], shell: Shell) -> None:
    with running(answering("It is", finish_reason="length")) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", *stream)
        for_machines = shell("chat", "llm", "Hello", "--json", *stream)
    assert (ran.code, ran.out) == (0, "It is\n")
    assert ran.err == "note: the answer is cut off: the limit of tokens was reached\n"
    assert (for_machines.json()["cut_off"], for_machines.err) == (True, "")


# What could steer a terminal


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_answer_cannot_steer_a_terminal(stream: list[str], shell: Shell) -> None:
    with running(answering(STEERING)) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        seen = shell.on_a_terminal("chat", "llm", "Hello", *stream)
    assert seen == "a\ufffd[2Jb\ufffdc\ufffd31md\ufffde\ufffdf\n"


def test_error_of_a_service_cannot_steer_a_terminal(shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"error": {"message": STEERING}}, status=400)

    with running(app) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        seen = shell.on_a_terminal("chat", "llm", "Hello")
    assert not set(seen) & set("\x1b\x07\x9b\r")


def test_scripts_of_the_world_reach_a_terminal_unharmed(shell: Shell) -> None:
    """No-break and ideographic blanks, joiners of Persian words and of emoji: none of them steers anything."""
    with running(answering(WORLD)) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        assert shell.on_a_terminal("chat", "llm", "Hello") == f"{WORLD}\n"


def test_program_that_reads_gets_the_text_as_it_is(shell: Shell) -> None:
    with running(answering(STEERING)) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        assert shell("chat", "llm", "Hello").out == STEERING + "\n"


# What not every output can show


@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_half_of_a_character_is_no_accident(stream: list[str], shell: Shell) -> None:
    with running(answering("a\ud83d")) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        ran = shell("chat", "llm", "Hello", *stream)
        assert (ran.code, ran.out, ran.err) == (0, "a\\ud83d\n", "")
        assert shell("chat", "llm", "Hello", "--json", *stream).json()["text"] == "a\ud83d"


def test_output_of_an_old_encoding_gets_what_it_can_show(shell: Shell) -> None:
    with running(answering("é🎈")) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, credential={"kind": "none"})
        shell.variables["PYTHONIOENCODING"] = "ascii"
        assert shell("chat", "llm", "Hello").out == "\\xe9\\U0001f388\n"
        assert shell("chat", "llm", "Hello", "--json").json()["text"] == "é🎈"

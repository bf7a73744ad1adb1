"""What whole programs cost: each run is a process of its own, and its CPU is what the system says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.figures import Figure

PROGRAM = str(Path(sys.executable).with_name("connectory"))


def figures(url: str, key: str, *, runs: int) -> Iterator[Figure]:
    """Programs from the lightest to the heaviest; `url` is a service on loopback that takes `key`."""
    with tempfile.TemporaryDirectory() as home:
        environment = _environment(home, url, key)
        bare = _figure("python -c pass", [sys.executable, "-c", "pass"], environment, runs)
        yield bare
        yield _figure(
            "import connectory", [sys.executable, "-c", "import connectory"], environment, runs, budget=20, above=bare
        )
        yield _figure("connectory --help", [PROGRAM, "--help"], environment, runs, budget=150)
        yield _figure("connectory connection list", [PROGRAM, "connection", "list"], environment, runs)
        yield _figure("connectory chat", [PROGRAM, "chat", "llm", "Hello"], environment, runs, budget=500)
        yield _figure("connectory chat --stream", [PROGRAM, "chat", "llm", "Hello", "--stream"], environment, runs)
        yield _figure("import openai", [sys.executable, "-c", "import openai"], environment, runs)


def _environment(home: str, url: str, key: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH", "SSL_CERT_FILE") if name in os.environ}
    document = {"url": f"{url}/v1", "model": "gpt-test", "credential": {"api_key": key}}
    return {**kept, "HOME": home, "CONNECTORY_HOME": home, "CONNECTORY_CONNECTION_LLM": json.dumps(document)}


def _figure(
    name: str,
    command: Sequence[str],
    environment: dict[str, str],
    runs: int,
    *,
    budget: float | None = None,
    above: Figure | None = None,
) -> Figure:
    run(command, environment)  # once for the caches of bytecode and disk
    measured = [run(command, environment) for _ in range(runs)]
    return Figure(
        name=name,
        cpu=[cpu for cpu, _ in measured],
        wall=[wall for _, wall in measured],
        budget=budget,
        above=above,
    )


def run(command: Sequence[str], environment: dict[str, str], *, folder: str | None = None) -> tuple[float, float]:
    """CPU and wall time of one process, in milliseconds."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (used.ru_utime + used.ru_stime) * 1000, wall * 1000

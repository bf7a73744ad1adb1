"""The Airflow face: a real Airflow in a folder of the demo's own, and an example DAG through each connection."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import connectory
from connectory.demo.definition import Definition
from connectory.demo.ending import undisturbed
from connectory.demo.face import Call, Reply

_PATIENCE = 300.0
"""Seconds that one command of Airflow's may take: a busy machine needs half a minute."""

_DAG = "example_connectory_connection"
_ERROR = re.compile(r"(Error|Exception|NotFound\w*): ")


class AirflowFailed(Exception):
    """A command of Airflow's that did not exit with 0; the text is what it complained of."""


def is_installed() -> bool:
    return find_spec("airflow") is not None


class Airflow:
    """What somebody would do who writes a DAG. `folder` is where Airflow lives; nothing outside of it is written to.

    Airflow finds the connections of its own variables by itself, and all others through our secrets backend.
    """

    name = "Airflow"
    how = f"airflow dags test {_DAG}"

    def __init__(self, folder: Path) -> None:
        self._home = folder / "airflow"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield Call("db migrate", self._migrated)
        for definition in definitions:
            yield Call("dags test", functools.partial(self._tested, definition), definition)

    def _migrated(self) -> Reply:
        self._run("db", "migrate")
        version = self._run("version").split()[-1]
        return Reply(f"Airflow {version} has a database")

    def _tested(self, definition: Definition) -> Reply:
        answers = self._home / f"{definition.id}.json"
        params = {
            "conn_id": definition.id,
            "model": definition.model,
            "embedding_model": definition.model,
            "path": answers.as_uri(),
        }
        self._run("dags", "test", _DAG, "--conf", json.dumps(params))
        told = json.loads(answers.read_text())
        return Reply(told["answer"], f"{len(told['vector'])} dims")

    def _run(self, *words: str) -> str:
        """What a command says. Whatever it has started ends with it."""
        with contextlib.ExitStack() as stack:
            with undisturbed():
                process = stack.enter_context(self._started(*words))
                stack.callback(_end, process)
            said, complaints = process.communicate(timeout=_PATIENCE)
        if process.returncode:
            raise AirflowFailed(f"exit code {process.returncode}: {_complaint(said + complaints)}")
        return said

    def _started(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 (Airflow's own program, beside this Python)
            [Path(sysconfig.get_path("scripts"), "airflow"), *words],
            env={**_environment(), "AIRFLOW_HOME": str(self._home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def _environment() -> dict[str, str]:
    """Ours, and what makes Airflow ours. It warns of itself, so PYTHONWARNINGS is not for it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    return kept | {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(connectory.__file__).parent / "airflow" / "example_dags"),
        "AIRFLOW__SECRETS__BACKEND": "connectory.airflow.ConnectoryBackend",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _complaint(said: str) -> str:
    """The last line that names an error, or else the last of all."""
    lines = said.strip().splitlines() or ["without a word"]
    return next((line for line in reversed(lines) if _ERROR.search(line)), lines[-1])

"""Airflow's parts, each a process with a log: scheduler with its executor, DAG processor, triggerer, API server."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.real_airflow.rest import Rest

PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")

_OF_PARTS = {"triggerer": {"PYTHONASYNCIODEBUG": "1"}}
"""Variables of single parts. asyncio says which task has held its loop up, as Airflow's own warning recommends."""

_AIRFLOW = Path(sys.executable).with_name("airflow")
_DAGS = Path(__file__).with_name("dags")
_KEPT = ("PATH", "PYTHONPATH", "LANG")
_START = 180.0
"""Seconds that all parts may take until they say that they are healthy."""


class RealAirflow:
    """An Airflow with LocalExecutor, its home in `home`; `more` are variables of the environment of all its parts."""

    def __init__(self, home: Path, database: str, more: Mapping[str, str]) -> None:
        self.home = home
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            **_settings(home, self.url, port, database),
            **more,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.rest = Rest(self.url)

    def __enter__(self) -> Self:
        self.command("db", "migrate")
        try:
            for part in PARTS:
                self.start(part)
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def command(self, *words: str) -> str:
        """What an `airflow` command printed. Fails with it if the command does."""
        done = subprocess.run(
            [_AIRFLOW, *words], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout + done.stderr

    def start(self, part: str) -> None:
        with self._log(part).open("ab") as log:
            self._running[part] = subprocess.Popen(
                [_AIRFLOW, part],
                env={**self.environment, **_OF_PARTS.get(part, {})},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """SIGKILL, to the part and to all that it has started."""
        process = self._running.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, part: str) -> str:
        """What the part has said so far."""
        return self._log(part).read_text(errors="replace")

    def _log(self, part: str) -> Path:
        return self.home / f"{part}.log"

    def _wait(self) -> None:
        end = time.monotonic() + _START
        while time.monotonic() < end:
            for part, process in self._running.items():
                assert process.poll() is None, f"{part} has ended:\n{self.log(part)[-4000:]}"
            if self.rest.is_healthy():
                return
            time.sleep(0.5)
        raise TimeoutError("\n".join(f"== {part}\n{self.log(part)[-2000:]}" for part in PARTS))

    def _stop(self) -> None:
        self.rest.close()
        for process in self._running.values():
            process.terminate()
        end = time.monotonic() + 20
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, end - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _settings(home: Path, url: str, port: int, database: str) -> dict[str, str]:
    """Airflow's own settings: as in production, but for how often it looks at things."""
    given: dict[str, dict[str, object]] = {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": 4,
            "load_examples": False,
            "dags_folder": _DAGS,
            "dags_are_paused_at_creation": False,
            "test_connection": "Enabled",
            "simple_auth_manager_all_admins": True,
            "execution_api_server_url": f"{url}/execution/",
        },
        "database": {
            "sql_alchemy_conn": database,
            # Without it Airflow would take asyncpg, one more driver.
            "sql_alchemy_conn_async": database.replace("+psycopg:", "+psycopg_async:"),
        },
        "api": {"host": "127.0.0.1", "port": port, "workers": 1, "base_url": url, "secret_key": secrets.token_hex(16)},
        "api_auth": {"jwt_secret": secrets.token_hex(32)},
        "logging": {
            "base_log_folder": home / "logs",
            "worker_log_server_port": _free_port(),
            "trigger_log_server_port": _free_port(),
        },
        "scheduler": {"scheduler_idle_sleep_time": 0.2, "scheduler_heartbeat_sec": 1, "enable_health_check": False},
        "triggerer": {"job_heartbeat_sec": 1, "triggerer_health_check_threshold": 5},
        "usage_data_collection": {"enabled": False},
    }
    return {
        f"AIRFLOW__{section.upper()}__{name.upper()}": str(value)
        for section, settings in given.items()
        for name, value in settings.items()
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port

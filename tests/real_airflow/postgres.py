"""A PostgreSQL that lives as long as a test, in a folder of its own, reached over a socket in that folder."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DEBIANS = Path("/usr/lib/postgresql")
"""Debian puts the server's programs there, by version, and not on the PATH."""

_UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
"""Nobody needs these data after a crash."""


def missing_postgres() -> str | None:
    """Why there can be no PostgreSQL here, or None."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed (dependency group `airflow-long`)"
    return None if _programs() else "PostgreSQL's server is not installed (apt-get install postgresql)"


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database, for SQLAlchemy with psycopg. The server refuses to be root: then it is `nobody`."""
    programs = _programs()
    assert programs
    # Not pytest's own folder, which only its owner may enter; and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        identity = _identity(folder)
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "airflow", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            **identity,
        )
        settings = [word for setting in _UNSAFE for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *settings],
                stdout=log,
                stderr=log,
                **identity,
            )
            try:
                _wait(programs, folder, server)
                yield f"postgresql+psycopg://airflow@/postgres?host={folder}"
            finally:
                server.send_signal(signal.SIGQUIT)  # at once
                server.wait(timeout=30)


def _programs() -> Path | None:
    """The folder of the newest server's programs."""
    versions = sorted(_DEBIANS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _identity(folder: Path) -> dict[str, Any]:
    """How a process is started that must not be root, and owns the folder."""
    if os.geteuid() != 0:
        return {"cwd": folder}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"cwd": folder, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, (folder / "log").read_text()
        asked = subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL did not start")

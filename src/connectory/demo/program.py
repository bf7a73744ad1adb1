"""The program `connectory` of this installation."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path


def command() -> list[str]:
    """The beginning of a command line that runs it."""
    script = _script()
    return [str(script)] if script else [sys.executable, "-P", "-c", "from connectory.cli import main; main()"]


def typed() -> str:
    """What a visitor types for it in a terminal that is where this one is."""
    script, on_path = _script(), shutil.which("connectory")
    if script is None or (on_path and Path(on_path).resolve() == script.resolve()):
        return "connectory"
    near = os.path.relpath(script)
    return str(script) if near.startswith("..") else near


def _script() -> Path | None:
    found = shutil.which("connectory", path=sysconfig.get_path("scripts"))
    return Path(found) if found else None

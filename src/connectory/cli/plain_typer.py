"""Typer without rich: plain help in a third of the time. It is asked for while Typer is imported, and only then."""

from __future__ import annotations

import importlib
import os

_WITH_RICH = "TYPER_USE_RICH"


def load() -> None:
    """Import Typer, and leave the environment as it was: other programs have a mind of their own."""
    before = os.environ.get(_WITH_RICH)
    os.environ[_WITH_RICH] = "0"
    importlib.import_module("typer.core")
    if before is None:
        del os.environ[_WITH_RICH]
    else:
        os.environ[_WITH_RICH] = before

"""Who sits at the shell, for the history of a store."""

from __future__ import annotations

import getpass


def whoami() -> str:
    """The name that the operating system knows them by."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name
        return "unknown"

"""Files that nobody else may read, whole or not there at all, whenever their writer dies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_private_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Opens a file to be written, of mode 0600, which stands at `path` once all is written and on the disk.

    Raises OSError; FileExistsError if there is one already and it is not to be replaced. Of many who make one file at
    once without replacing it, one does and the others get FileExistsError.
    """
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(unfinished, path)
        else:
            os.link(unfinished, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Puts on the disk which files are in a folder. Windows does so unasked, and cannot open one."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Makes a folder of mode 0700 if it is not there, and those above it. Raises OSError."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)

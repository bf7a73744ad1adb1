"""The file of master keys: one a line, newest first; `#` begins a comment. Nobody else may read it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from connectory.errors import StoreUnavailable
from connectory.stores.private_file import make_private_folder, new_private_file

if sys.platform != "win32":
    import fcntl

_LARGEST = 64 * 1024
"""Bytes; whatever is larger is something else."""


class KeyFile:
    """A file of master keys, made at first need. It is read again when it has changed."""

    fixed = False

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))  # a link stays one when the file is replaced
        self._state: tuple[int, ...] | None = None
        self._texts: Sequence[tuple[str, str]] = ()

    @property
    def name(self) -> str:
        return f"the file {self._path}"

    def texts(self) -> Sequence[tuple[str, str]]:
        """The line that each key stands on, and its text; nothing if there is no file. Raises StoreUnavailable."""
        with self._told():
            state = self._state_of()
            if state != self._state:
                self._texts = self._lines() if state else ()
                self._state = state
        return self._texts

    def add(self, text: str, *, first: bool) -> None:
        """Puts a newest key on a line before the others. With `first` a file that is there stays as it is."""
        with self._told():
            make_private_folder(self._path.parent)
            if first:
                with suppress(FileExistsError):  # somebody was faster, and theirs is the key for all
                    self._write(text, replace=False)
            else:
                with _locked(self._path.parent):
                    before = self._text() if self._state_of() else ""
                    self._write(f"{text}\n{before}".rstrip("\n"), replace=True)

    def _write(self, text: str, *, replace: bool) -> None:
        with new_private_file(self._path, replace=replace) as file:
            file.write(f"{text}\n".encode())

    def _lines(self) -> list[tuple[str, str]]:
        lines = ((at, line.partition("#")[0].strip()) for at, line in enumerate(self._text().splitlines(), 1))
        return [(f"line {at} of {self._path}", line) for at, line in lines if line]

    def _text(self) -> str:
        with open(self._path, "rb") as file:
            self._refuse_open_to_others(os.fstat(file.fileno()).st_mode)
            return file.read(_LARGEST).decode("ascii", errors="replace")

    def _refuse_open_to_others(self, mode: int) -> None:
        if os.name == "posix" and mode & 0o077:
            raise StoreUnavailable(
                f"The master keys in {self._path} can be read by others: say `chmod 600 {self._path}`, and rotate them "
                "if somebody may have done so."
            )

    def _state_of(self) -> tuple[int, ...] | None:
        """What is different of a file that has changed; None if there is none."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or "it cannot be used").lower()
            raise StoreUnavailable(
                f"The file of master keys {self._path} cannot be used: {reason}. Let this user read it, and write in "
                "its folder."
            ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps those who add a key at once apart, where the system can: each must see what the other has added."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

"""What a command reads: a file, or standard input where the argument is `-`."""

from __future__ import annotations

import sys
from pathlib import Path

from connectory.errors import CallerError, DocumentError, Problem


def standard_input() -> bytes:
    """All of standard input. Raises CallerError."""
    if sys.stdin is None:
        raise CallerError("Standard input cannot be read: it is closed.")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise CallerError(f"Standard input cannot be read: {_reason(error)}.") from error


def standard_input_text() -> str:
    """All of standard input as text, less a final line break. Raises CallerError."""
    try:
        return standard_input().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        pass
    raise CallerError("Standard input is no UTF-8 text.")  # out here, for the error above holds what was read


def file(path: str) -> bytes:
    """All of a file. Raises CallerError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CallerError(f"The file {path} cannot be read: {_reason(error)}.") from error


def name_of(file: str) -> str:
    """What messages call a file, or standard input."""
    return "standard input" if file == "-" else file


def text(path: str) -> str:
    """All of a file, or of standard input, as text. Raises CallerError, DocumentError."""
    data = standard_input() if path == "-" else file(path)
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    raise DocumentError(name_of(path), [Problem("", "is not UTF-8 text")])


def _reason(error: OSError) -> str:
    return (error.strerror or "unreadable").lower()

"""What the shell prints on standard error: a sentence for people, one JSON value for machines."""

from __future__ import annotations

import sys

import typer

from connectory.cli.output import json_text, problems_as_json
from connectory.cli.terminal import printable
from connectory.errors import ConnectoryError, DocumentError


def print_error(error: ConnectoryError, *, as_json: bool) -> None:
    """An error on standard error."""
    problems = error.problems if isinstance(error, DocumentError) else ()
    if as_json:
        _error_json(error.code, str(error), problems_as_json(problems))
    else:
        sys.stderr.write(f"error: {printable(str(error))}\n")
        for note in getattr(error, "__notes__", ()):
            print_note(note)


def print_note(note: str) -> None:
    """What people should know, though nothing failed."""
    sys.stderr.write(f"note: {printable(note)}\n")


def print_system_error(error: OSError, *, as_json: bool) -> None:
    """What the operating system would not do, on standard error."""
    reason = (error.strerror or "it gave no reason").lower()
    message = f"{error.filename}: {reason}." if error.filename else f"The output cannot be written: {reason}."
    if as_json:
        _error_json("error", message, [])
    else:
        sys.stderr.write(f"error: {printable(message)}\n")


def print_usage_error(error: typer.TyperException, *, as_json: bool) -> None:
    """A wrong call of the shell itself, on standard error."""
    if as_json:
        _error_json("usage", error.format_message(), [])
    else:
        error.show()  # type: ignore[attr-defined]  # every one of Typer's own has it


def _error_json(code: str, message: str, problems: list[dict[str, str]]) -> None:
    document = {"error": {"code": code, "message": message, "problems": problems}}
    sys.stderr.write(json_text(document) + "\n")

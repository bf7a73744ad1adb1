"""Secrets as the shell takes them: from a variable, a file, standard input or a prompt, and never from an argument."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from connectory.cli import reading
from connectory.cli.terminal import can_ask
from connectory.errors import CallerError
from connectory.secret import Secret

if TYPE_CHECKING:
    from connectory.dialects.kept import Place


def secrets_from(given: Iterable[str], *, default: str | None, by_reference: bool) -> dict[Place, Secret]:
    """The secrets that `[PATH=]env:NAME`, `[PATH=]file:PATH` and `[PATH=]-` name, by their places.

    `default` is the path of one that says none. `by_reference`: where it stands is kept, and not the secret itself.
    Raises CallerError, SecretUnavailable.
    """
    from connectory.keeping.places import secret_at

    secrets: dict[Place, Secret] = {}
    for text in given:
        path, source = _split(text)
        if path is None and default is None:
            raise CallerError(f"Say which secret it is: --secret-from PATH={source}.")
        place = secret_at(path or default or "").place
        if place in secrets:
            raise CallerError(f"`{'.'.join(place)}` is given twice.")
        secrets[place] = _secret(source, by_reference=by_reference)
    return secrets


def prompted(label: str) -> str:
    """What somebody types without being seen; "" for nothing. Raises CallerError without a terminal."""
    import getpass

    try:
        return getpass.getpass(f"{label}: ", stream=sys.stderr).strip()
    except (EOFError, OSError) as error:
        raise CallerError("There is no terminal to ask on: say --secret-from.") from error


def _split(text: str) -> tuple[str | None, str]:
    """Path and source; a path has no `:`, and a source begins with one of three."""
    if text == "-" or text.startswith(("env:", "file:")):
        return None, text
    path, found, source = text.partition("=")
    if not found or not (source == "-" or source.startswith(("env:", "file:"))):
        raise CallerError("--secret-from takes env:NAME, file:PATH or - for standard input, with PATH= before it.")
    return path, source


def _secret(source: str, *, by_reference: bool) -> Secret:
    if source == "-":
        return Secret(prompted("The secret") if can_ask() else reading.standard_input_text())
    kind, _, name = source.partition(":")
    if not name:
        raise CallerError(f"`{kind}:` names nothing.")
    reference = Secret.env(name) if kind == "env" else Secret.file(os.path.abspath(os.path.expanduser(name)))
    text = reference.reveal()
    return reference if by_reference else Secret(text)

"""connectory backup, restore: the store as one file, its secrets sealed as they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import connectory
from connectory.cli.error_output import print_note
from connectory.cli.options import DatabaseUrl, Json
from connectory.cli.output import counted, print_json, print_text
from connectory.cli.terminal import can_ask

if TYPE_CHECKING:
    from connectory.stores.backup import Backup

File = Annotated[str, typer.Argument(metavar="FILE", help="The backup.")]


def backup(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there.")] = False,
    json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the whole store to one file.

    It is consistent, whatever goes on meanwhile. Secrets stay sealed, and no master
    key is in it: keep these somewhere else.

    \b
    Example:
      connectory backup connections-$(date +%F).backup
    """
    from connectory.stores import backup as backups

    store = connectory.Catalog.open(database_url=database_url).existing_store()
    path = Path(os.path.realpath(file))
    if path.exists() and not path.is_file():
        raise connectory.CallerError(f"{file} is no file: a backup is written to one.")
    made = backups.backup(store, path, replace=replace)
    connections, secrets = _counts(made)
    if json:
        print_json({"file": file, "connections": connections, "secrets": secrets, "keys": list(made.key_ids)})
        return
    print_text(f"{_what(connections, secrets)} in {file}")
    if made.key_ids:
        print_note(f"to open them takes the master keys {', '.join(made.key_ids)}, which are not in it")


def restore(
    file: File,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of everything that is in the store.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before replacing.")] = False,
    json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Bring a backup back into the store, all of it or nothing.

    \b
    Examples:
      connectory restore connections.backup
      connectory restore connections.backup --replace
    """
    from connectory.stores import backup as backups

    store = connectory.Catalog.open(database_url=database_url).writable_store()
    if replace and not yes and not json and can_ask():
        typer.confirm(f"Replace everything in the {store.place}?", abort=True, err=True)
    restored = backups.restore(store, Path(file), replace=replace)
    connections, secrets = _counts(restored.backup)
    if json:
        missing = list(restored.missing_keys)
        print_json({"connections": connections, "secrets": secrets, "missing_keys": missing})
        return
    print_text(f"{_what(connections, secrets)} in the {store.place}")
    if restored.missing_keys:
        print_note(f"some secrets want master keys that are not here: {', '.join(restored.missing_keys)}")


def _what(connections: int, secrets: int) -> str:
    return f"{counted(connections, 'connection')} and {counted(secrets, 'sealed secret')} are"


def _counts(made: Backup) -> tuple[int, int]:
    return made.counts.get("connections", 0), made.counts.get("connection_secrets", 0)

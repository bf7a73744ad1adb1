"""Options and arguments that several commands share."""

from __future__ import annotations

import re
from typing import Annotated

import typer

import connectory


def _known_ids(incomplete: str) -> list[str]:
    """Ids for the shell's completion, which has no place for an error."""
    try:
        return [entry.id for entry in connectory.Catalog.open().entries() if entry.id.startswith(incomplete)]
    except connectory.ConnectoryError:
        return []


Id = Annotated[str, typer.Argument(metavar="ID", help="The connection's id.", autocompletion=_known_ids)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines; errors too, on standard error.")]
Stream = Annotated[bool, typer.Option("--stream", help="Print the answer as it comes.")]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file. [default: $CONNECTORY_CONFIG, or ~/.connectory/connectory.yml]",
    ),
]


def _without_password(url: str | None) -> str | None:
    """Everybody on the machine can see arguments."""
    if url and re.match(r"[^:/]+://[^/@]*:[^/@]+@", url):
        raise typer.BadParameter("a password does not belong into an argument: set CONNECTORY_DATABASE_URL instead")
    return url


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        callback=_without_password,
        metavar="URL",
        help="The store. [default: $CONNECTORY_DATABASE_URL, or ~/.connectory/connectory.db]",
    ),
]

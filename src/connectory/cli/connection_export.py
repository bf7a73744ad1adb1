"""connectory connection export: connections in the words of those who are to read them."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import connectory
from connectory.cli.error_output import print_note
from connectory.cli.exits import DONE, WRONG_DOCUMENT
from connectory.cli.options import Config, DatabaseUrl, Json
from connectory.cli.output import counted, print_json, problems_as_json

if TYPE_CHECKING:
    from connectory.connection import Connection
    from connectory.keeping.exports import Export, Format


def export(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which; all if left out.")] = None,
    to: Annotated[str, typer.Option("--to", metavar="WORDS", help="airflow, kibana or connectory.")] = "connectory",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help="connectory: yaml, json. airflow: json, yaml, env. kibana: ndjson (saved objects, without secrets), "
            "yaml (for kibana.yml), json (bodies of its API).",
        ),
    ] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Write the secrets too, in clear: keep what comes out like a key.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file that only you can read.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there.")] = False,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write connections in connectory's, Airflow's or Elastic's words.

    Secrets are left out unless you ask for them. What cannot be said in the words
    that you ask for is refused with its reasons, and nothing is lost silently.

    \b
    Examples:
      connectory connection export > connectory.yml
      connectory connection export --to airflow --with-secrets -o connections.json
      connectory connection export prod llm --to kibana --format yaml
    """
    from connectory.keeping.exports import exported

    form = _form(to, format_, with_secrets=with_secrets)
    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    connections, wrong = _connections(catalog, ids or ())
    made = exported(connections, form, with_secrets=with_secrets)
    made = dataclasses.replace(made, refused={**wrong, **made.refused})
    if output:
        _write(output, made.text, replace=replace)
    if json:
        print_json(_as_json(made, None if output else made.text))
    else:
        if not output:
            sys.stdout.write(made.text)
        _print_end(made, output, can_have_secrets=form.secrets)
    raise typer.Exit(WRONG_DOCUMENT if made.refused else DONE)


def _form(to: str, name: str | None, *, with_secrets: bool) -> Format:
    from connectory.keeping.exports import FORMATS

    if to not in FORMATS:
        raise connectory.CallerError(f"--to takes one of {', '.join(FORMATS)}.")
    forms = FORMATS[to]
    fitting = [form for form in forms if forms[form].secrets or not with_secrets]
    chosen = name or fitting[0]
    if chosen not in forms:
        raise connectory.CallerError(f"--format takes one of {', '.join(forms)} with --to {to}.")
    if chosen not in fitting:
        raise connectory.CallerError(f"{chosen} never carries secrets: take --format {' or '.join(fitting)}.")
    return forms[chosen]


def _connections(catalog: connectory.Catalog, ids: Sequence[str]) -> tuple[list[Connection], dict[str, Any]]:
    """Those that were named, or all; and those that are known and wrong, with their problems."""
    if ids:
        return [catalog.find(id) for id in dict.fromkeys(ids)], {}
    entries = catalog.entries()
    usable = [entry.connection for entry in entries if entry.connection]
    return usable, {entry.id: entry.problems for entry in entries if not entry.connection}


def _write(output: str, text: str, *, replace: bool) -> None:
    """A file of one's own: nobody else may read it, and it is there as a whole or not at all."""
    from connectory.stores.private_file import new_private_file

    try:
        if os.path.exists(output) and not os.path.isfile(output):  # a pipe, a terminal
            Path(output).write_text(text, encoding="utf-8")
            return
        with new_private_file(Path(os.path.realpath(output)), replace=replace) as file:
            file.write(text.encode())
    except FileExistsError as error:
        raise connectory.CallerError(f"{output} is there already: name another file, or add --replace.") from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise connectory.CallerError(f"{output} cannot be written: {reason}.") from error


def _print_end(made: Export, output: str | None, *, can_have_secrets: bool) -> None:
    where = f" to {output}" if output else ""
    print_note(f"exported {counted(len(made.ids), 'connection')}{where}")
    if made.left_out:
        hint = ": --with-secrets writes all, in clear" if can_have_secrets else ", which this form never carries"
        print_note(f"left out {counted(made.left_out, 'secret')}{hint}")
    for id, problems in made.refused.items():
        for problem in problems:
            print_note(f"refused {id}: {problem}")


def _as_json(made: Export, text: str | None) -> dict[str, Any]:
    refused = [{"id": id, "problems": problems_as_json(problems)} for id, problems in made.refused.items()]
    return {"exported": list(made.ids), "refused": refused, "left_out_secrets": made.left_out, "text": text}

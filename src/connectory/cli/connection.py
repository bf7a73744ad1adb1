"""connectory connection ...: what is known, and whether it works."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from connectory.cli import (
    connection_changes,
    connection_doctor,
    connection_explain,
    connection_export,
    connection_import,
)
from connectory.cli.opening import opened
from connectory.cli.options import Config, DatabaseUrl, Id, Json
from connectory.cli.output import print_json, print_text, table
from connectory.cli.setting_flags import SettingFlags
from connectory.cli.terminal import Colour, shortened, wrapped

if TYPE_CHECKING:
    from connectory.catalog import Entry
    from connectory.dialects.model_table import ModelTable

app = typer.Typer(help="See, change and test connections.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(json: Json = False, config: Config = None, database_url: DatabaseUrl = None) -> None:
    """List every connection that is known here.

    \b
    Examples:
      connectory connection list
      connectory connection list --json | jq -r '.[].id'
    """
    from connectory.cli import connection_view as view

    catalog = opened(config, database_url, as_json=json)
    entries = catalog.entries()
    if json:
        print_json([view.listed_as_json(entry, catalog.models) for entry in entries])
    elif entries:
        _print_entries(entries, catalog.models)
    elif catalog.store_problem is None:
        _print_ways_to_begin(os.path.abspath(catalog.home.config))
    if catalog.store_problem:
        raise catalog.store_problem


@app.command()
def show(id: Id, json: Json = False, config: Config = None, database_url: DatabaseUrl = None) -> None:
    """Show one connection, without its secrets, and where it was found.

    \b
    Examples:
      connectory connection show openai_default
      connectory connection show my-azure --json
    """
    from connectory.cli import connection_view as view

    catalog = opened(config, database_url, as_json=json)
    connection = catalog.find(id)
    record = catalog.record_of(connection)
    if json:
        print_json({**view.as_json(connection, catalog.models), **({"revision": record.revision} if record else {})})
        return
    shown = list(view.lines(connection))
    if record:
        changed = datetime.fromtimestamp(record.updated_at, UTC)
        shown.insert(2, ("revision", f"{record.revision}, by {record.updated_by} at {changed:%Y-%m-%d %H:%M:%S} UTC"))
    width = max(28, *(len(path) for path, _ in shown if len(path) <= 40))
    for path, value in shown:
        print_text(f"{path:<{width}} {value}")
    for warning in view.warnings_of(connection, catalog.models):
        print_text(f"warning: {warning}")


app.command("test")(connection_doctor.doctor)
app.command("add", cls=SettingFlags)(connection_changes.add)
app.command("update", cls=SettingFlags)(connection_changes.update)
app.command("remove")(connection_changes.remove)
app.command("import")(connection_import.import_)
app.command("export")(connection_export.export)
app.command("explain")(connection_explain.explain)


def _print_entries(entries: Sequence[Entry], models: ModelTable) -> None:
    from connectory.cli import connection_view as view

    titles, *rows = table([view.TITLES, *map(view.row, entries)])
    print_text(titles)
    for row, entry in zip(rows, entries, strict=True):
        print_text(row)
        for line in view.below_row(entry):
            print_text(shortened(f"  {line}"))
        for note in view.notes(entry, models):
            for line in wrapped(f"  ! {note}", indent="    "):
                print_text(line, colour=Colour.YELLOW if entry.connection else Colour.RED)


def _print_ways_to_begin(file: str) -> None:
    print_text("No connections. One may stand in")
    print_text("  the variable CONNECTORY_CONNECTION_<ID>, in connectory's own words")
    print_text("  the variable AIRFLOW_CONN_<ID>, in Airflow's")
    print_text(f"  the file {file}, in connectory's own or in Elastic's")
    print_text("  the store: `connectory connection add ID`, or `connectory connection import FILE`")
    print_text("`connectory demo` shows how.")

"""connectory connection ...: what is known, and whether it works."""

from __future__ import annotations

import typer

import connectory
from connectory.cli.exits import DONE, EXIT_OF_STAGE
from connectory.cli.options import Config, Id, Json
from connectory.cli.output import print_json, print_table, print_text

app = typer.Typer(help="See connections, and test them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(json: Json = False, config: Config = None) -> None:
    """List every connection that is known here.

    \b
    Examples:
      connectory connection list
      connectory connection list --json | jq -r '.[].id'
    """
    from connectory.cli import connection_view as view

    entries = connectory.Catalog.open(config=config).entries()
    if json:
        print_json([view.listed_as_json(entry) for entry in entries])
    elif not entries:
        print_text(
            "No connections. Set CONNECTORY_CONNECTION_<ID>, or write connectory.yml; `connectory demo` shows how."
        )
    else:
        print_table(view.TITLES, [(view.row(entry), view.below_row(entry)) for entry in entries])


@app.command()
def show(id: Id, json: Json = False, config: Config = None) -> None:
    """Show one connection, without its secrets, and where it was found.

    \b
    Examples:
      connectory connection show openai_default
      connectory connection show my-azure --json
    """
    from connectory.cli import connection_view as view

    connection = connectory.Catalog.open(config=config).find(id)
    if json:
        print_json(view.as_json(connection))
        return
    for path, value in view.lines(connection):
        print_text(f"{path:<28} {value}")
    for warning in connection.warnings:
        print_text(f"warning: {warning}")


@app.command("test")
def test_(id: Id, json: Json = False, config: Config = None) -> None:
    """Test a connection without spending anything: each stage on the way to the service's list of models.

    \b
    Examples:
      connectory connection test openai_default
      connectory connection test my-azure --json && deploy
    """
    from connectory.engine.diagnosis import State, as_json
    from connectory.engine.doctor import examine

    catalog = connectory.Catalog.open(config=config)
    report = examine(id, lambda: catalog.find(id))
    if json:
        print_json(as_json(report))
    else:
        for stage in report.stages:
            took = "" if stage.ms is None else f"{stage.ms} ms"
            print_text(f"{stage.state:<8} {stage.name:<15} {took:>8}  {stage.seen}".rstrip())
            if stage.fix and stage.state is not State.OK:
                print_text(f"{'':<35}-> {stage.fix}")
    raise typer.Exit(EXIT_OF_STAGE[report.failed.name] if report.failed else DONE)

"""connectory demo: everything at work, with a service of its own."""

from __future__ import annotations

from typing import Annotated

import typer

import connectory
from connectory.cli.exits import DONE, FAILED
from connectory.cli.options import Json
from connectory.cli.output import print_json


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after one round, as with --json or without a terminal.")
    ] = False,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Do without a language model, even if one is installed.")
    ] = False,
    airflow: Annotated[
        bool, typer.Option("--airflow", help="A real Airflow too, which has to be installed; it takes a minute.")
    ] = False,
    json: Json = False,
) -> None:
    """See it at work, with a model of its own.

    Five connections to one service, used from Python and from the shell.
    Nothing leaves this machine, no key is needed, and your own connections are
    left alone.

    \b
    Examples:
      connectory demo
      connectory demo --once | less
      connectory demo --json | jq '.answers[].seconds'
    """
    from connectory.demo.faces.airflow import is_installed
    from connectory.demo.report import report
    from connectory.demo.show import show

    if airflow and not is_installed():
        raise connectory.CallerError("Airflow is not installed here: `pip install 'connectory[airflow]'`.")
    if json:
        made = report(embedded=embedded, airflow=airflow)
        print_json(made)
        answered = made["ok"]
    else:
        answered = show(once=once, embedded=embedded, airflow=airflow)
    raise typer.Exit(DONE if answered else FAILED)

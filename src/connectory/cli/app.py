"""The shell's commands, put together, and the edge where errors become messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.main import get_command

import connectory
from connectory.cli import backup, chat, connection, demo, keys, lint_airflow, run, schema
from connectory.cli.error_output import print_error, print_system_error, print_usage_error
from connectory.cli.exits import FAILED, INTERRUPTED, USAGE, exit_code
from connectory.cli.output import drop_output, make_outputs_total
from connectory.errors import ConnectoryError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
app.add_typer(connection.app, name="connection")
app.add_typer(keys.app, name="keys")
for command in (chat.chat, run.run, backup.backup, backup.restore, schema.schema, demo.demo):
    app.command()(command)
app.command("lint-airflow")(lint_airflow.lint_airflow)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"connectory {connectory.__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Connections to OpenAI, Azure OpenAI and OpenAI-compatible services.

    \b
    Examples:
      connectory connection add openai_default
      connectory connection list
      connectory chat openai_default "Why is the sky blue?" --stream
      connectory run my-open-ai body.json

    \b
    A connection is found in the variables CONNECTORY_CONNECTION_<ID> and
    AIRFLOW_CONN_<ID>, then in connectory.yml, then in the store.

    \b
    Exit codes:
      0 done     3 wrong document or configuration    6 other error of the service
      1 failed   4 credential refused or unreadable   7 not found
      2 usage    5 network, TLS or time-out           130 interrupted
    """


def main() -> None:
    """The program `connectory`."""
    make_outputs_total()
    as_json = "--json" in sys.argv[1:]
    try:
        code = get_command(app)(prog_name="connectory", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code)
    except typer.TyperException as error:
        print_usage_error(error, as_json=as_json)
        sys.exit(USAGE)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except ConnectoryError as error:
        print_error(error, as_json=as_json)
        sys.exit(exit_code(error))
    except BrokenPipeError:  # whoever read our output has seen enough
        drop_output()
        sys.exit(FAILED)
    except OSError as error:  # a full disk, say
        drop_output()
        print_system_error(error, as_json=as_json)
        sys.exit(FAILED)

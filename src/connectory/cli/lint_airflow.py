"""connectory lint-airflow: what is wrong with connections as Airflow has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connectory.cli import reading
from connectory.cli.exits import DONE, WRONG_DOCUMENT
from connectory.cli.options import Json
from connectory.cli.output import counted, print_json, print_text, problems_as_json
from connectory.cli.terminal import Colour, wrapped
from connectory.errors import CallerError, DocumentError, Problem

if TYPE_CHECKING:
    from connectory.dialects.documents import Found, Skipped


@dataclass(frozen=True, slots=True)
class Finding:
    """One connection: where it stands, and what is wrong with it, if anything is.

    What we read is wrong too where Airflow, or Apache's provider, stumbles over it.
    """

    id: str
    place: str
    problems: tuple[Problem, ...]


def lint_airflow(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="What `airflow connections export` writes; - reads it.")
    ] = None,
    from_env: Annotated[bool, typer.Option("--from-env", help="The variables AIRFLOW_CONN_<ID>.")] = False,
    json: Json = False,
) -> None:
    """Say what is wrong with connections as Airflow has them.

    Airflow takes much without a word and fails later, or says that the connection
    "isn't defined": a URI without its @, a bare key, a host without a scheme, a
    time-out that is text, an extra that is no JSON. No secret is ever printed.
    Connections of other types are skipped, and said to be. The exit code is 3 if
    anything is wrong.

    \b
    Examples:
      connectory lint-airflow --from-env
      airflow connections export - | connectory lint-airflow -
      connectory lint-airflow connections.json --json
    """
    found, skipped = _brought(file, from_env=from_env)
    if json:
        print_json(_as_json(found, skipped))
    else:
        _print(found, skipped)
    raise typer.Exit(WRONG_DOCUMENT if any(finding.problems for finding in found) else DONE)


def _brought(file: str | None, *, from_env: bool) -> tuple[list[Finding], list[Skipped]]:
    from connectory.dialects.documents import Found, Skipped
    from connectory.keeping.airflow_variables import airflow_variables

    if from_env == (file is not None):
        raise CallerError("Say what to look at: a FILE, - for standard input, or --from-env.")
    everything = list(airflow_variables(os.environ) if file is None else _in_file(file))
    found = [_judged(one) for one in everything if isinstance(one, Found)]
    return found, [one for one in everything if isinstance(one, Skipped)]


def _in_file(file: str) -> Iterator[Found | Skipped]:
    from connectory.dialects.documents import Source, found_in

    yield from found_in(reading.text(file), Source(name=reading.name_of(file), unnamed="connection"))


def _judged(found: Found) -> Finding:
    try:
        connection = found.read("default")
    except DocumentError as error:
        return Finding(found.id, found.place, error.problems)
    return Finding(found.id, found.place, (*connection.warnings, *found.stumbles()))


def _print(found: list[Finding], skipped: list[Skipped]) -> None:
    for finding in found:
        print_text(f"{finding.id} ({finding.place}): {'wrong' if finding.problems else 'good'}")
        for problem in finding.problems:
            for line in wrapped(f"  ! {problem}", indent="    "):
                print_text(line, colour=Colour.RED)
    for one in skipped:
        print_text(f"skipped {one.place}: {one.what}", colour=Colour.GREY)
    wrong = sum(bool(finding.problems) for finding in found)
    looked_at = counted(len(found), "connection") if found else "No connections to OpenAI"
    print_text(f"{looked_at}, {wrong} wrong" if found else f"{looked_at} in there.")


def _as_json(found: list[Finding], skipped: list[Skipped]) -> dict[str, Any]:
    judged = [
        {"id": finding.id, "place": finding.place, "problems": problems_as_json(finding.problems)} for finding in found
    ]
    return {"connections": judged, "skipped": [{"place": one.place, "what": one.what} for one in skipped]}

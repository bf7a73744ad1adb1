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
    "isn't defined": a URI without its @, a host without a scheme, a time-out that
    is text, an extra that is no JSON. No secret is ever printed. The exit code is
    3 if anything is wrong.

    \b
    Examples:
      connectory lint-airflow --from-env
      airflow connections export - | connectory lint-airflow -
      connectory lint-airflow connections.json --json
    """
    found = [_judged(one) for one in _brought(file, from_env=from_env)]
    wrong = [finding for finding in found if finding.problems]
    if json:
        print_json([_as_json(finding) for finding in found])
    else:
        _print(found, wrong)
    raise typer.Exit(WRONG_DOCUMENT if wrong else DONE)


def _brought(file: str | None, *, from_env: bool) -> Iterator[Found]:
    from connectory.dialects.documents import Found

    if from_env == (file is not None):
        raise CallerError("Say what to look at: a FILE, - for standard input, or --from-env.")
    everything = _in_environment() if file is None else _in_file(file)
    yield from (one for one in everything if isinstance(one, Found))


def _in_file(file: str) -> Iterator[Found | Skipped]:
    from connectory.dialects.documents import Source, found_in

    yield from found_in(reading.text(file), Source(name=reading.name_of(file), unnamed="connection"))


def _in_environment() -> Iterator[Found | Skipped]:
    from connectory.dialects.airflow_env import PREFIX
    from connectory.keeping.environment import found_in_environment
    from connectory.variables import Variables

    airflows = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    yield from found_in_environment(Variables(airflows), ())


def _judged(found: Found) -> Finding:
    try:
        connection = found.read("default")
    except DocumentError as error:
        return Finding(found.id, found.place, error.problems)
    return Finding(found.id, found.place, (*connection.warnings, *found.stumbles()))


def _print(found: list[Finding], wrong: list[Finding]) -> None:
    for finding in found:
        print_text(f"{finding.id} ({finding.place}): {'wrong' if finding.problems else 'good'}")
        for problem in finding.problems:
            for line in wrapped(f"  ! {problem}", indent="    "):
                print_text(line, colour=Colour.RED)
    looked_at = counted(len(found), "connection") if found else "No connections to OpenAI"
    print_text(f"{looked_at}, {len(wrong)} wrong" if found else f"{looked_at} in there.")


def _as_json(finding: Finding) -> dict[str, Any]:
    return {"id": finding.id, "place": finding.place, "problems": problems_as_json(finding.problems)}

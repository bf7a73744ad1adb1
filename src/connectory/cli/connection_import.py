"""connectory connection import: connections in anybody's words into the store."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

import connectory
from connectory.cli import reading
from connectory.cli.error_output import print_note
from connectory.cli.exits import DONE, WRONG_DOCUMENT
from connectory.cli.options import Config, DatabaseUrl, Json
from connectory.cli.output import print_json, print_text, problems_as_json, table
from connectory.cli.progress import Bar
from connectory.cli.terminal import Colour, can_ask, wrapped
from connectory.cli.who import whoami

if TYPE_CHECKING:
    from connectory.dialects.documents import Found, Skipped
    from connectory.keeping.imports import Step

_KIBANA_YML = ("/etc/kibana/kibana.yml", "/usr/share/kibana/config/kibana.yml")


def import_(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="The file; - reads standard input.")] = None,
    from_env: Annotated[
        bool, typer.Option("--from-env", help="From AIRFLOW_CONN_<ID> and CONNECTORY_CONNECTION_<ID>.")
    ] = False,
    from_kibana_yml: Annotated[
        bool,
        typer.Option("--from-kibana-yml", help="FILE is a kibana.yml; without FILE the one where Kibana keeps it."),
    ] = False,
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="For a file that is one connection without an id.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what was understood, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Bring connections into the store, in anybody's words.

    It takes what `airflow connections export` writes (json, yaml, env), a
    kibana.yml, an export of Kibana's saved objects (ndjson), bodies of its API, a
    connectory.yml, and documents by their ids. What was understood is shown first.
    To repeat an import changes nothing.

    \b
    Examples:
      connectory connection import connections.json --dry-run
      airflow connections export - | connectory connection import -
      connectory connection import --from-env
      connectory connection import --from-kibana-yml /etc/kibana/kibana.yml
      ssh old-host cat export.ndjson | connectory connection import - --yes
    """
    from connectory.keeping.imports import State, carried_out, planned

    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    found, skipped = _brought(catalog, file, id, from_env=from_env, from_kibana_yml=from_kibana_yml)
    with Bar("reading", shown=not json) as bar:
        steps = list(planned(bar.over(found), catalog.store))
    if not json:
        _print_steps(steps, skipped)
        if can_ask() and not yes and not dry_run:
            _print_reasons(steps)
    if not dry_run and any(step.state in (State.ADDED, State.CHANGED) for step in steps):
        _ask(steps, yes=yes or json)
        store, who = catalog.writable_store(), whoami()
        with Bar("writing", shown=not json) as bar:
            steps = [carried_out(step, store, by=who) for step in bar.over(steps)]
    if json:
        print_json(_as_json(steps, skipped))
    else:
        _print_end(steps, skipped, dry_run=dry_run)
    raise typer.Exit(WRONG_DOCUMENT if any(step.state is State.REFUSED for step in steps) else DONE)


def _brought(
    catalog: connectory.Catalog, file: str | None, id: str | None, *, from_env: bool, from_kibana_yml: bool
) -> tuple[list[Found], list[Skipped]]:
    from connectory.dialects.documents import Found, Skipped, Source, found_in
    from connectory.keeping.environment import found_in_environment

    if from_env:
        if file or from_kibana_yml or id:
            raise connectory.CallerError("--from-env stands alone: the variables say everything.")
        known = [entry.id for entry in catalog.entries()]
        all_of_them = list(found_in_environment(catalog.variables, known))
    else:
        name = file or (_kibana_yml() if from_kibana_yml else None)
        if name is None:
            raise connectory.CallerError("Say what to import: a FILE, - for standard input, or --from-env.")
        source = Source(name=reading.name_of(name), id=id, default_model=catalog.file.operator.default_model)
        all_of_them = list(found_in(reading.text(name), source))
    return (
        [one for one in all_of_them if isinstance(one, Found)],
        [one for one in all_of_them if isinstance(one, Skipped)],
    )


def _kibana_yml() -> str:
    folder = os.environ.get("KBN_PATH_CONF")
    places = [os.path.join(folder, "kibana.yml")] if folder else _KIBANA_YML
    if found := next((place for place in places if os.path.isfile(place)), None):
        return found
    raise connectory.CallerError(f"There is no kibana.yml at {' or '.join(places)}: say which FILE it is.")


def _print_steps(steps: Sequence[Step], skipped: Sequence[Skipped]) -> None:
    """What was understood."""
    rows = [("ID", "WORDS", "PROVIDER", "MODEL", "SECRETS", "STATE")]
    rows += [(step.id, step.words, *_understood(step), step.state) for step in steps]
    lines = table(rows) if steps else ["No connections to OpenAI in there."]
    for line in lines:
        print_text(line)
    for step in steps:
        for warning in step.connection.warnings if step.connection else ():
            for line in wrapped(f"  ! {step.id}: {warning}", indent="    "):
                print_text(line, colour=Colour.YELLOW)
    for one in skipped:
        print_text(f"skipped {one.place}: {one.what}", colour=Colour.GREY)


def _understood(step: Step) -> tuple[str, str, str]:
    from connectory.connection import secrets_of

    connection = step.connection
    if connection is None:
        return "-", "-", "-"
    missing, known = len(step.missing), len(list(secrets_of(connection)))
    secrets = f"{known - missing} of {known}" if missing else str(known)
    return connection.provider.label.partition(" (")[0], connection.model or "-", secrets


def _ask(steps: Sequence[Step], *, yes: bool) -> None:
    from connectory.keeping.imports import State

    if can_ask() and not yes:
        counts = Counter(step.state for step in steps)
        typer.confirm(f"Write them ({counts[State.ADDED]} new, {counts[State.CHANGED]} changed)?", abort=True, err=True)


def _print_reasons(steps: Sequence[Step]) -> None:
    for step in steps:
        for problem in step.problems:
            for line in wrapped(f"  ! {step.id}: {problem}", indent="    "):
                print_text(line, colour=Colour.RED)


def _print_end(steps: Sequence[Step], skipped: Sequence[Skipped], *, dry_run: bool) -> None:
    """What became of them, and what has to be done now."""
    from connectory.keeping.imports import State

    print_text("")
    ids = {state: [step.id for step in steps if step.state is state] for state in State}
    for line in table([(state, str(len(ids[state])), ", ".join(ids[state])) for state in State]):
        print_text(line)
    _print_reasons(steps)
    if missing := [step.id for step in steps if step.missing]:
        print_note(f"secrets are missing in {', '.join(missing)}: give them with `connectory connection update ID`")
    for step in steps:
        if step.dropped and step.state is State.CHANGED:
            done = "would be" if dry_run else "are"
            print_note(f"{step.id}: {', '.join(step.dropped)} {done} dropped: the document has no such secret")
    noted = [step.notes for step in steps if step.notes]
    for note in noted[-1] if noted else ():
        print_note(note)
    if dry_run:
        print_note("nothing was written: this was a dry run")


def _as_json(steps: Sequence[Step], skipped: Sequence[Skipped]) -> dict[str, Any]:
    from connectory.keeping.imports import State

    refused = [
        {"id": step.id, "problems": problems_as_json(step.problems)} for step in steps if step.state is State.REFUSED
    ]
    states = {state: [step.id for step in steps if step.state is state] for state in State}
    return {
        **{state: states[state] for state in (State.ADDED, State.CHANGED, State.UNCHANGED)},
        "refused": refused,
        "skipped": [{"place": one.place, "what": one.what} for one in skipped],
        "dropped_secrets": {step.id: list(step.dropped) for step in steps if step.dropped},
        "missing_secrets": {step.id: step.missing for step in steps if step.missing},
    }

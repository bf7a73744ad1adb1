"""connectory connection test: the doctor, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

import connectory
from connectory.cli import reading
from connectory.cli.exits import DONE, EXIT_OF_STAGE
from connectory.cli.options import Config, DatabaseUrl, Id, Json
from connectory.cli.output import print_json, print_text
from connectory.cli.terminal import Colour, wrapped
from connectory.errors import CallerError

if TYPE_CHECKING:
    from connectory.catalog import Catalog
    from connectory.connection import Connection
    from connectory.engine.diagnosis import Stage

_BELOW = " " * 35
"""Where a report says what was seen of a stage."""

_DRAFT = "draft"
"""The id of a document that says none."""

_Id = Annotated[str | None, Id.__metadata__[0]]


def doctor(
    id: _Id = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="DOC", help="Test a draft, which is kept nowhere; - reads it.")
    ] = None,
    without_proxy: Annotated[
        bool, typer.Option("--without-proxy", help="Go directly, whatever the rules say.")
    ] = False,
    spend: Annotated[bool, typer.Option("--spend", help="Ask for an answer too, which costs a few tokens.")] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Ask for a streamed answer too, which costs a few tokens.")
    ] = False,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Test a connection stage by stage, without spending anything.

    Each stage says what was seen, which rule applied, and how to mend what is
    wrong. The first that fails ends the test. It asks the service for its list of
    models; --spend and --stream ask for answers.

    \b
    Examples:
      connectory connection test openai_default
      connectory connection test prod --stream --without-proxy
      connectory connection test --file draft.yml --spend
      connectory connection test my-azure --json && deploy
    """
    from connectory.engine.diagnosis import Asked, as_json
    from connectory.engine.doctor import examine
    from connectory.engine.stages.rules import Rules
    from connectory.explaining import who_said

    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    report = examine(
        id or _DRAFT,
        _finder(catalog, id, file),
        models=catalog.models,
        warnings=catalog.file.warnings,
        asked=Asked(spend=spend, stream=stream, without_proxy=without_proxy),
        rules_for=lambda connection: Rules(who_said(catalog, connection, is_draft=file is not None)),
        told=None if json else _print_stage,
    )
    if json:
        print_json(as_json(report))
    raise typer.Exit(EXIT_OF_STAGE[report.failed.name] if report.failed else DONE)


def _finder(catalog: Catalog, id: str | None, file: str | None) -> Callable[[], Connection]:
    if file is not None:
        return lambda: catalog.completed(_draft(catalog, id, file))
    if id is None:
        raise CallerError("Say which connection to test: its ID, or --file DOC for a draft.")
    return lambda: catalog.find(id)


def _draft(catalog: Catalog, id: str | None, file: str) -> Connection:
    """The one connection in a file, in anybody's words; with an id the one that has it."""
    from connectory.dialects.documents import Found, Source, found_in

    name = reading.name_of(file)
    source = Source(name=name, unnamed=id or _DRAFT, default_model=catalog.file.operator.default_model)
    found = [one for one in found_in(reading.text(file), source) if isinstance(one, Found)]
    chosen = [one for one in found if id in (None, one.id)]
    if len(chosen) != 1:
        ids = ", ".join(one.id for one in found)
        held = f"holds {len(found)} connections ({ids})" if found else "holds no connection to OpenAI"
        ask = f"none of them is {id!r}" if id else "say which one by its ID"
        raise CallerError(f"{name} {held}: {ask if found else 'give one that does'}.")
    return chosen[0].read("default")


def _print_stage(stage: Stage) -> None:
    from connectory.engine.diagnosis import State

    colours = {
        State.OK: Colour.GREEN,
        State.WARNING: Colour.YELLOW,
        State.FAILED: Colour.RED,
        State.SKIPPED: Colour.GREY,
    }
    took = "" if stage.ms is None else f"{stage.ms} ms"
    line = f"{stage.state:<8} {stage.name:<15} {took:>8}  {stage.seen}".rstrip()
    first, *rest = wrapped(line, indent=_BELOW)
    print_text(first[:8], end="", colour=colours[stage.state])
    print_text(first[8:])
    for line in rest:
        print_text(line)
    if stage.rule:
        for line in wrapped(f"{_BELOW}by {stage.rule}", indent=f"{_BELOW}   "):
            print_text(line, colour=Colour.GREY)
    if stage.fix and stage.state is not State.OK:
        for line in wrapped(f"{_BELOW}-> {stage.fix}", indent=f"{_BELOW}   "):
            print_text(line)

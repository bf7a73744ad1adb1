"""connectory connection explain: where a connection was found, and who said each of its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connectory.cli.opening import opened
from connectory.cli.options import Config, DatabaseUrl, Id, Json
from connectory.cli.output import print_json, print_text
from connectory.cli.terminal import Colour

if TYPE_CHECKING:
    from connectory.explaining import Explanation, Value


Url = Annotated[
    str | None, typer.Option("--url", help="Explain the way to this URL; the connection's own if left out.")
]


def explain(
    id: Id, url: Url = None, json: Json = False, config: Config = None, database_url: DatabaseUrl = None
) -> None:
    """Say where a connection was found, and who said what in it.

    Every place that was looked in is named, and every value has its source: file
    and line, variable, store, or default. Of a secret only its mark is shown.

    Then follows the way that its requests take: proxy, certificates, limits, each
    with the rule that decides it.

    \b
    Examples:
      connectory connection explain openai_default
      connectory connection explain prod --url https://auth.openai.com
      connectory connection explain prod --json | jq -r '.values[].source'
    """
    from connectory.explaining import explained

    catalog = opened(config, database_url, as_json=json)
    explanation = explained(catalog, id, url=url)
    if json:
        print_json({**_as_json(explanation), "warnings": [str(warning) for warning in catalog.file.warnings]})
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    print_text(f"{explanation.connection.id} is what {explanation.connection.source} says, in {_whose(explanation)}.\n")
    print_text("Looked for, the first that has it counts:")
    for look in explanation.looks:
        print_text(f"  {'found' if look.found else '-':<6} {look.place}")
    print_text("\nValues:")
    _print_values(explanation.values)
    print_text(f"\nThe way to {explanation.origin}:")
    _print_values(explanation.way)


def _print_values(values: Sequence[Value]) -> None:
    width = max(len(value.path) for value in values)
    for value in values:
        is_default = value.source == "default"
        print_text(f"  {value.path:<{width}}  {value.value}{'  (default)' if is_default else ''}")
        if not is_default:
            print_text(f"  {'':<{width}}  from {value.source}", colour=Colour.GREY)


def _whose(explanation: Explanation) -> str:
    return f"{explanation.words}'s words"


def _as_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "id": explanation.connection.id,
        "source": explanation.connection.source,
        "words": explanation.words,
        "looked": [{"place": look.place, "found": look.found} for look in explanation.looks],
        "values": [_value_as_json(value) for value in explanation.values],
        "way": {"to": explanation.origin, "values": [_value_as_json(value) for value in explanation.way]},
    }


def _value_as_json(value: Value) -> dict[str, Any]:
    return {"path": value.path, "value": value.value, "source": value.source}

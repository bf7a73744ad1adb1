"""Verification modes by the names that they had before Kibana 8: true and false, in place of `full` and `none`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectory.errors import Problem
from connectory.tls import FULL, NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A verification mode, None if nobody said, and what people are told of it.

    `places` says where it stands, by today's key, if that is not where.
    """

    mode: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def mode_of(key: str, today: str | None, olds: Iterable[tuple[str, bool | None]]) -> Mode:
    """The mode that `today` says, which stands at `key`; else the first of the old settings that is given."""
    mode, places, warnings = today, {}, []
    for place, verifies in olds:
        if verifies is None:
            continue
        if mode is None:
            mode, places = (FULL if verifies else NONE), {key: place}
            warnings.append(Problem(place, f"is an old name: write `{key}: {mode}`"))
        else:
            warnings.append(Problem(place, f"is an old name, and left alone: `{places.get(key, key)}` says it already"))
    return Mode(mode=mode, places=places, warnings=tuple(warnings))

"""The connections in environment variables, to be brought into a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NoReturn

from connectory.dialects.airflow_env import PREFIX as AIRFLOW_PREFIX
from connectory.dialects.documents import AIRFLOW, OURS, Found, Skipped
from connectory.errors import AmbiguousVariable, DocumentError, Problem
from connectory.variables import Variables, names_for, rest_of


def found_in_environment(variables: Variables, known: Iterable[str]) -> Iterator[Found | Skipped]:
    """Each, under the id that is `known` already for its variable, else under the rest of its name in lower case."""
    ids: dict[str, list[str]] = {}
    for id in known:
        for name in names_for(id):
            ids.setdefault(name, []).append(id)
    spoken: set[str] = set()
    for name in sorted(variables.set_names(), key=lambda name: (name.startswith(AIRFLOW_PREFIX), name)):
        sharing = ids.get(name, [rest_of(name).lower()])
        if len(sharing) > 1:
            yield _ambiguous(name, sharing)
        elif not variables.is_ours(sharing[0], name):
            yield Skipped(place=f"variable {name}", what="a connection of another type")
        elif sharing[0] in spoken:
            yield Skipped(place=f"variable {name}", what=f"{variables.name_for(sharing[0])} comes first")
        else:
            spoken.add(sharing[0])
            yield _found(variables, sharing[0], name)


def _ambiguous(name: str, ids: list[str]) -> Found:
    def read(space: str) -> NoReturn:
        error = AmbiguousVariable(name, sorted(ids))
        raise DocumentError(f"variable {name}", [Problem("", str(error))])

    return Found(id=rest_of(name).lower(), words=OURS, place=f"variable {name}", read=read)


def _found(variables: Variables, id: str, name: str) -> Found:
    return Found(
        id=id,
        words=AIRFLOW if name.startswith(AIRFLOW_PREFIX) else OURS,
        place=f"variable {name}",
        read=lambda space: variables.read(id, name, space=space),
    )

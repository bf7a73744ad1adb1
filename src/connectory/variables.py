"""Connections in environment variables: `CONNECTORY_CONNECTION_<ID>` and `AIRFLOW_CONN_<ID>`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from connectory.connection import Connection
from connectory.dialects import airflow, own, variable
from connectory.dialects.airflow_env import PREFIX as AIRFLOW_PREFIX
from connectory.dialects.variable import PREFIX as OUR_PREFIX


class Variables:
    """The connections in an environment, which is looked into at every call."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def name_for(self, id: str) -> str | None:
        """The variable that speaks for an id, if one does: the first that holds something."""
        return next((name for name in names_for(id) if self._environ.get(name)), None)

    def read(self, id: str, name: str, *, space: str = "default") -> Connection:
        """The connection that a variable describes. Raises DocumentError."""
        read = airflow.read if name.startswith(AIRFLOW_PREFIX) else variable.read
        return read(id, self._environ[name], space=space, source=f"variable {name}")

    def set_names(self) -> Iterator[str]:
        """Every variable of one of the two forms that holds something, of whatever type of connection."""
        return (name for name in self._environ if name.startswith((OUR_PREFIX, AIRFLOW_PREFIX)) and self._environ[name])

    def ids(self, known: Iterable[str], like: str | None = None) -> Iterator[str]:
        """Ids that are not `known` and that only variables know: the rest of the name in lower case.

        With `like` those that have it in the names of their variables.
        """
        taken = {name for id in known for name in names_for(id)}
        for name in self.set_names():
            id = rest_of(name).lower()
            if name not in taken and name in names_for(id) and like in (None, plain(id)) and self.is_ours(id, name):
                yield id

    def is_airflows(self, name: str) -> bool:
        """Whether a variable speaks Airflow's words."""
        return name.startswith(AIRFLOW_PREFIX) or variable.is_airflows(self._environ[name])

    def is_ours(self, id: str, name: str) -> bool:
        """Whether a variable that holds something holds what is meant for us."""
        return name.startswith(OUR_PREFIX) or (own.is_id(id) and not airflow.is_other_type(self._environ[name]))


def names_for(id: str) -> list[str]:
    """The variables that an id is looked for in, in this order."""
    names = dict.fromkeys([OUR_PREFIX + plain(id), AIRFLOW_PREFIX + id.upper(), AIRFLOW_PREFIX + plain(id)])
    return [name for name in names if name.isascii()]


def rest_of(name: str) -> str:
    """The part of a variable's name that says which connection it holds."""
    return name.removeprefix(OUR_PREFIX if name.startswith(OUR_PREFIX) else AIRFLOW_PREFIX)


def plain(id: str) -> str:
    """An id as any system can have it in the name of a variable."""
    return re.sub(r"[^A-Z0-9]", "_", id.upper())

"""Where a connection comes from: variables, then the configuration file, then the store in the home (planned)."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectory.connection import Connection
from connectory.dialects import airflow, configuration, own
from connectory.dialects.airflow_value import parse
from connectory.dialects.configuration import Configuration
from connectory.dialects.plain_values import Wrong, from_json
from connectory.errors import AmbiguousVariable, ConnectionNotFound, DocumentError, Problem

OUR_PREFIX = "CONNECTORY_CONNECTION_"
AIRFLOW_PREFIX = "AIRFLOW_CONN_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a listing. `connection` is None where the document is wrong; `problems` says what is."""

    id: str
    source: str
    connection: Connection | None = None
    problems: tuple[Problem, ...] = ()


class Catalog:
    """Finds connections by id. The first place that has one wins, and a wrong document there is an error.

    `environ` is looked into at every call; the configuration file is read once.
    """

    def __init__(self, environ: Mapping[str, str], file: Configuration, *, looked_for: Path) -> None:
        self._environ = environ
        self._file = file
        self._looked_for = looked_for

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ, *, config: str | Path | None = None) -> Catalog:
        """The catalog that the environment names; `config` is a configuration file to read instead of its own.

        A file that was named must be there; `connectory.yml` in the home is read if it is. Raises DocumentError.
        """
        named = config or environ.get("CONNECTORY_CONFIG")
        path = named or os.path.join(environ.get("CONNECTORY_HOME") or "~/.connectory", "connectory.yml")
        # Not pathlib's: these two say nothing where there is no home, or where it may not be looked into.
        path = Path(os.path.expanduser(path))
        file = configuration.read(path) if named or os.path.isfile(path) else Configuration()
        return cls(environ, file, looked_for=path)

    def find(self, id: str, *, space: str = "default") -> Connection:
        """The connection `id`. Raises ConnectionNotFound, AmbiguousVariable, or DocumentError with every problem."""
        for variable in self._variables(id):
            if self._environ.get(variable):
                self._refuse_ambiguous(id, variable)
                return self._from_variable(id, variable, space)
        if id in self._file:
            return self._file.connection(id, space=space)
        raise ConnectionNotFound(
            id,
            looked_in=[*(f"variable {variable}" for variable in self._variables(id)), f"file {self._looked_for}"],
            nearest=difflib.get_close_matches(id, self._ids(), n=3, cutoff=0.5),
        )

    def entries(self) -> list[Entry]:
        """Every connection that is known, by id; a wrong document is listed with its problems."""
        return [self._entry(id) for id in sorted(self._ids())]

    def _ids(self) -> list[str]:
        return list(dict.fromkeys([*self._file.ids(), *self._ids_of_variables()]))

    def _entry(self, id: str) -> Entry:
        variable = next((name for name in self._variables(id) if self._environ.get(name)), None)
        source = f"variable {variable}" if variable else self._file.source_of(id)
        try:
            connection = self.find(id)
        except DocumentError as error:
            return Entry(id=id, source=source, problems=error.problems)
        except AmbiguousVariable as error:
            return Entry(id=id, source=source, problems=(Problem("", str(error)),))
        return Entry(id=id, source=source, connection=connection)

    def _ids_of_variables(self) -> Iterator[str]:
        """Ids that only variables know: the rest of the name in lower case."""
        in_file = {variable for id in self._file.ids() for variable in self._variables(id)}
        for name, value in self._environ.items():
            prefix = next((prefix for prefix in (OUR_PREFIX, AIRFLOW_PREFIX) if name.startswith(prefix)), None)
            if prefix is None or not value or name in in_file:
                continue
            id = name.removeprefix(prefix).lower()
            if name in self._variables(id) and (prefix == OUR_PREFIX or (own.is_id(id) and _may_be_ours(value))):
                yield id

    @staticmethod
    def _variables(id: str) -> list[str]:
        """The variables that an id is looked for in, in this order."""
        upper, plain = id.upper(), re.sub(r"[^A-Z0-9]", "_", id.upper())
        names = dict.fromkeys([OUR_PREFIX + plain, AIRFLOW_PREFIX + upper, AIRFLOW_PREFIX + plain])
        return [name for name in names if name.isascii()]

    def _refuse_ambiguous(self, id: str, variable: str) -> None:
        sharing = {id, *(known for known in self._file.ids() if variable in self._variables(known))}
        if id in self._file and len(sharing) > 1:
            raise AmbiguousVariable(variable, sorted(sharing))

    def _from_variable(self, id: str, variable: str, space: str) -> Connection:
        value, source = self._environ[variable], f"variable {variable}"
        if variable.startswith(AIRFLOW_PREFIX):
            return airflow.read(id, value, space=space, source=source)
        try:
            document = from_json(value)
        except Wrong as wrong:
            if value.lstrip().startswith(("{", "[")):
                raise DocumentError(own.subject(id, source), wrong.problems) from None
            return airflow.read(id, value, space=space, source=source)
        if isinstance(document, dict) and document.keys() & {"conn_type", "uri"}:
            return airflow.read(id, document, space=space, source=source)
        return own.read(id, document, space=space, source=source)


def _may_be_ours(value: str) -> bool:
    """Whether an Airflow value is of a type that speaks to OpenAI; one that cannot be read may be."""
    try:
        return parse(value).conn_type in airflow.CONNECTION_TYPES
    except Wrong:
        return value.lstrip().startswith(("{", *airflow.CONNECTION_TYPES))


def found(id: str | Connection, *, space: str = "default") -> Connection:
    """The connection that a caller means: the one in hand, or the one that the environment's catalog finds."""
    return id if isinstance(id, Connection) else Catalog.open().find(id, space=space)

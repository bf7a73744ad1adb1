"""Where a connection comes from: variables, then the configuration file, then the store in the home (planned)."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectory.connection import Connection
from connectory.dialects import airflow, configuration, own, variable
from connectory.dialects.configuration import Configuration
from connectory.errors import AmbiguousVariable, CallerError, ConnectionNotFound, DocumentError, Problem

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

    `environ` is looked into at every call; the configuration file, which is or would be at `looked_for`, is read once.
    """

    def __init__(self, environ: Mapping[str, str], file: Configuration, *, looked_for: Path) -> None:
        self._environ = environ
        self._file = file
        self.looked_for = looked_for

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ, *, config: str | Path | None = None) -> Catalog:
        """The catalog that the environment names; `config` is a configuration file to read instead of its own.

        A file that was named must be there; `connectory.yml` in the home is read if it is.
        Raises DocumentError, CallerError.
        """
        if config is not None and not str(config):
            raise CallerError("The configuration file that was asked for has an empty name: name one, or ask for none.")
        path, named_by = _place(environ, config)
        subject = f"{path}, which {named_by} names," if named_by else str(path)
        # Not pathlib's `is_file`, which fails where it may not look.
        file = _file_at(path, subject=subject) if named_by or os.path.isfile(path) else Configuration()
        return cls(environ, file, looked_for=path)

    def find(self, id: str, *, space: str = "default") -> Connection:
        """The connection `id`, which knows what the operator says of identities, wherever it was found.

        Raises ConnectionNotFound, AmbiguousVariable, or DocumentError with every problem.
        """
        endpoints = self._file.operator.workload_identity.endpoints
        return dataclasses.replace(self._found(id, space=space), identity_endpoints=endpoints)

    def _found(self, id: str, *, space: str) -> Connection:
        if name := self._variable_of(id):
            self._refuse_ambiguous(name)
            read = airflow.read if name.startswith(AIRFLOW_PREFIX) else variable.read
            return read(id, self._environ[name], space=space, source=f"variable {name}")
        if id in self._file:
            return self._file.connection(id, space=space)
        raise ConnectionNotFound(
            id,
            looked_in=[*(f"variable {name}" for name in _variables(id)), f"file {self.looked_for}"],
            nearest=difflib.get_close_matches(id, self._ids(), n=3, cutoff=0.5),
        )

    def entries(self) -> list[Entry]:
        """Every connection that is known, by id; a wrong document is listed with its problems."""
        return [self._entry(id) for id in sorted(self._ids())]

    def _ids(self, plain: str | None = None) -> list[str]:
        """Every known id, or those that have `plain` in the names of their variables."""
        ids = [id for id in self._file.ids() if plain in (None, _plain(id))]
        return list(dict.fromkeys([*ids, *self._ids_of_variables(ids, plain)]))

    def _entry(self, id: str) -> Entry:
        name = self._variable_of(id)
        source = f"variable {name}" if name else self._file.source_of(id)
        try:
            connection = self.find(id)
        except DocumentError as error:
            return Entry(id=id, source=source, problems=error.problems)
        except AmbiguousVariable as error:
            return Entry(id=id, source=source, problems=(Problem("", str(error)),))
        return Entry(id=id, source=source, connection=connection)

    def _ids_of_variables(self, known: Iterable[str], plain: str | None) -> Iterator[str]:
        """Ids that only variables know: the rest of the name in lower case."""
        taken = {name for id in known for name in _variables(id)}
        for name in self._environ:
            if not name.startswith((OUR_PREFIX, AIRFLOW_PREFIX)) or name in taken:
                continue
            id = _rest(name).lower()
            if name in _variables(id) and plain in (None, _plain(id)) and self._is_ours(id, name):
                yield id

    def _is_ours(self, id: str, name: str) -> bool:
        """Whether a variable holds something that is meant for us."""
        value = self._environ.get(name)
        if not value or name.startswith(OUR_PREFIX):
            return bool(value)
        return own.is_id(id) and not airflow.is_other_type(value)

    def _variable_of(self, id: str) -> str | None:
        """The variable that speaks for an id, if one does: the first that holds something."""
        return next((name for name in _variables(id) if self._environ.get(name)), None)

    def _refuse_ambiguous(self, name: str) -> None:
        """Raises AmbiguousVariable if a variable speaks for two known ids."""
        sharing = [id for id in self._ids(_plain(_rest(name))) if self._variable_of(id) == name]
        if len(sharing) > 1:
            raise AmbiguousVariable(name, sorted(sharing))


def _variables(id: str) -> list[str]:
    """The variables that an id is looked for in, in this order."""
    names = dict.fromkeys([OUR_PREFIX + _plain(id), AIRFLOW_PREFIX + id.upper(), AIRFLOW_PREFIX + _plain(id)])
    return [name for name in names if name.isascii()]


def _rest(name: str) -> str:
    """The part of a variable's name that says which connection it holds."""
    return name.removeprefix(OUR_PREFIX if name.startswith(OUR_PREFIX) else AIRFLOW_PREFIX)


def _plain(id: str) -> str:
    """An id as any system can have it in the name of a variable."""
    return re.sub(r"[^A-Z0-9]", "_", id.upper())


def _place(environ: Mapping[str, str], config: str | Path | None) -> tuple[Path, str | None]:
    """Where the configuration file is, and who says so, if anybody does."""
    home = environ.get("CONNECTORY_HOME") or "~/.connectory"
    places = (
        (config, "the argument config"),
        (environ.get("CONNECTORY_CONFIG"), "CONNECTORY_CONFIG"),
        (os.path.join(home, "connectory.yml"), None),
    )
    path, named_by = next((path, named_by) for path, named_by in places if path)
    return Path(os.path.expanduser(path)), named_by  # not pathlib's, which fails where there is no home


def _file_at(path: Path, *, subject: str) -> Configuration:
    """The configuration in a file, which is parsed again only if the file has changed."""
    state = _state_of(path)
    return _parsed(path, subject, state) if state else configuration.read(path, subject=subject)


@functools.lru_cache(maxsize=4)
def _parsed(path: Path, subject: str, state: tuple[int, ...]) -> Configuration:
    return configuration.read(path, subject=subject)


def _state_of(path: Path) -> tuple[int, ...] | None:
    """What is different of a file that has changed; None while a change might not show in it, or if it is not there."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    settled = time.time_ns() - found.st_mtime_ns > _CLOCK_STEP
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev) if settled else None


_CLOCK_STEP = 100_000_000
"""Nanoseconds in which a file system's clock is sure to move: Linux stamps files with that of its scheduler."""


def found(id: str | Connection, *, space: str = "default") -> Connection:
    """The connection that a caller means: the one in hand, or the one that the environment's catalog finds."""
    return id if isinstance(id, Connection) else Catalog.open().find(id, space=space)

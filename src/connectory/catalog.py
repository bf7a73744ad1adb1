"""Where a connection comes from: variables, then the configuration file, then the store."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectory.connection import Connection
from connectory.dialects import configuration, model_table
from connectory.dialects.configuration import Configuration
from connectory.dialects.model_table import ModelTable, shipped_table
from connectory.errors import (
    AmbiguousVariable,
    ConnectionExists,
    ConnectionNotFound,
    DocumentError,
    Problem,
    ReadOnly,
    StoreUnavailable,
)
from connectory.home import Home
from connectory.home_store import keys_of, opened
from connectory.stores.connections import connection_of
from connectory.stores.protocol import Query, Record, Store
from connectory.variables import Variables, names_for, plain, rest_of

if TYPE_CHECKING:
    from connectory.stores.master_keys import KeyRing
    from connectory.stores.sql.store import SQLStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a listing. `connection` is None where the document is wrong; `problems` says what is."""

    id: str
    source: str
    connection: Connection | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One place that an id is looked for in, and whether it is there."""

    place: str
    found: bool


_NO_FILE = Configuration()
"""One for all, so that what is worked out of it (the rules of the environment, say) is worked out once."""


class Catalog:
    """Finds connections by id. The first place that has one wins, and a wrong document there is an error.

    `environ` is looked into at every call, and the store is; the configuration file is read once. On a `server`, where
    many people's connections are used, the rules for the network are stricter.
    """

    def __init__(self, environ: Mapping[str, str], home: Home, file: Configuration, *, server: bool = False) -> None:
        self.home = home
        self.file = file
        self.variables = Variables(environ)
        self.store_problem: StoreUnavailable | None = None
        self._environ = environ
        self._server = server

    @classmethod
    def open(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        config: str | Path | None = None,
        database_url: str | None = None,
        server: bool = False,
    ) -> Catalog:
        """The catalog that the environment names; `config` and `database_url` take the place of what it says.

        A configuration file that was named must be there; `connectory.yml` in the home is read if it is.
        Raises DocumentError, CallerError.
        """
        home = Home.of(environ, config=config, database_url=database_url)
        file = _file_at(home.config, subject=home.config_subject) if home.has_config else _NO_FILE
        return cls(environ, home, file, server=server)

    @property
    def store(self) -> SQLStore | None:
        """The store, if there is one; it is opened when it is first asked for. Raises StoreUnavailable."""
        return opened(self.home, self._environ) if self.home.has_store else None

    @functools.cached_property
    def models(self) -> ModelTable:
        """The table of models that counts here: the operator's, or the shipped one. Raises DocumentError."""
        named = self.file.operator.usage.models
        # Beside the configuration file, wherever the program was started.
        place = named and Path(self.file.path).parent / os.path.expanduser(named)
        return model_table.read(place) if place else shipped_table()

    @property
    def key_ring(self) -> KeyRing:
        """The master keys of the store. Raises StoreUnavailable."""
        return keys_of(self.home, self._environ)

    def writable_store(self) -> SQLStore:
        """The store, which is made if there is none. Raises StoreUnavailable."""
        return opened(self.home, self._environ)

    def refuse_taken(self, id: str, *, space: str = "default") -> None:
        """Raises ConnectionExists if the store has a connection of this id."""
        store = self.store
        if store and store.get(id, space=space):
            raise ConnectionExists(id, space=space)

    def existing_store(self) -> SQLStore:
        """The store, which must be there. Raises StoreUnavailable."""
        store = self.store
        if store is None:
            raise StoreUnavailable(f"There is no store at {self.home.database}: `connectory connection add` makes one.")
        return store

    def store_with(self, id: str, *, space: str = "default") -> Store:
        """The store, for a change of the connection `id`, which must be in it.

        Raises ReadOnly for one that stands elsewhere, ConnectionNotFound, StoreUnavailable.
        """
        store = self.store
        if store and store.get(id, space=space):
            return store
        if place := next((look.place for look in self.looks(id, space=space) if look.found), None):
            raise ReadOnly(id, place=place)
        raise self._not_found(id, space)

    def find(self, id: str, *, space: str = "default") -> Connection:
        """The connection `id`, which knows the operator's word on identities and the network, wherever it was found.

        Raises ConnectionNotFound, AmbiguousVariable, StoreUnavailable, or DocumentError with every problem.
        """
        return self.completed(self._found(id, space=space))

    def record_of(self, connection: Connection) -> Record | None:
        """What the store keeps of a connection that was found there."""
        if self.variables.name_for(connection.id) or connection.id in self.file:
            return None
        store = self.store
        return store.get(connection.id, space=connection.space) if store else None

    def entries(self, *, space: str = "default") -> list[Entry]:
        """Every connection that is known, by id; a wrong document is listed with its problems.

        Those of a store that is of no use are left out, and `store_problem` says why.
        """
        before = self._ids_before_store(space)
        listed = {id: self._entry(id, space) for id in before}
        listed |= {entry.id: entry for entry in self._stored_entries(space) if entry.id not in listed}
        return [listed[id] for id in sorted(listed)]

    def looks(self, id: str, *, space: str = "default") -> list[Look]:
        """Every place that an id is looked for in, in this order; the first that has it wins."""
        spoken = self.variables.name_for(id)
        looks = [Look(place=f"variable {name}", found=name == spoken) for name in names_for(id)]
        return [*looks, self._look_into_file(id), self._look_into_store(id, space)]

    def _look_into_file(self, id: str) -> Look:
        if id in self.file:
            return Look(place=self.file.source_of(id), found=True)
        return Look(place=f"file {self.home.config}{'' if self.file.path else ', which is not there'}", found=False)

    def _look_into_store(self, id: str, space: str) -> Look:
        try:
            if store := self.store:
                return Look(place=store.place, found=store.get(id, space=space) is not None)
        except StoreUnavailable as error:
            return Look(place=f"the store, which is of no use: {error}", found=False)
        return Look(place=f"store {self.home.database}, which is not there", found=False)

    def _found(self, id: str, *, space: str) -> Connection:
        if name := self.variables.name_for(id):
            self._refuse_ambiguous(name, space)
            return self.variables.read(id, name, space=space)
        if id in self.file:
            return self.file.connection(id, space=space)
        store = self.store
        if store and (record := store.get(id, space=space)):
            return connection_of(record, place=store.place)
        raise self._not_found(id, space)

    def _not_found(self, id: str, space: str) -> ConnectionNotFound:
        return ConnectionNotFound(
            id,
            looked_in=[look.place for look in self.looks(id, space=space)],
            nearest=difflib.get_close_matches(id, self._ids(space), n=3, cutoff=0.5),
        )

    def completed(self, connection: Connection) -> Connection:
        """The same connection, one that is kept nowhere say, with the operator's word on identities and the network."""
        return dataclasses.replace(
            connection,
            identity_endpoints=self.file.operator.workload_identity.endpoints,
            network_policy=self.file.network_policy(server=self._server, environ=self._environ),
        )

    def _ids(self, space: str, like: str | None = None) -> list[str]:
        """Every known id, or those that have `like` in the names of their variables."""
        ids = [id for id in [*self.file.ids(), *self._stored_ids(space)] if like in (None, plain(id))]
        return list(dict.fromkeys([*ids, *self.variables.ids(ids, like)]))

    def _ids_before_store(self, space: str) -> list[str]:
        """The ids whose connections come from a variable or from the configuration file."""
        stored = self._stored_ids(space)
        spoken = [id for id in stored if self.variables.name_for(id)]
        files = self.file.ids()
        return list(dict.fromkeys([*files, *spoken, *self.variables.ids([*files, *stored])]))

    def _stored_ids(self, space: str) -> Sequence[str]:
        """None where the store is of no use: whoever asks for a connection in it hears why."""
        try:
            store = self.store
            return store.ids(space=space) if store else ()
        except StoreUnavailable:
            return ()

    def _entry(self, id: str, space: str) -> Entry:
        name = self.variables.name_for(id)
        source = f"variable {name}" if name else self.file.source_of(id)
        try:
            connection = self.find(id, space=space)
        except DocumentError as error:
            return Entry(id=id, source=source, problems=error.problems)
        except AmbiguousVariable as error:
            return Entry(id=id, source=source, problems=(Problem("", str(error)),))
        return Entry(id=id, source=source, connection=connection)

    def _stored_entries(self, space: str) -> list[Entry]:
        try:
            store = self.store
            return [self._stored_entry(record, store.place) for record in _records(store, space)] if store else []
        except StoreUnavailable as error:
            self.store_problem = error
            return []

    def _stored_entry(self, record: Record, place: str) -> Entry:
        try:
            connection = self.completed(connection_of(record, place=place))
        except DocumentError as error:
            return Entry(id=record.id, source=place, problems=error.problems)
        return Entry(id=record.id, source=place, connection=connection)

    def _refuse_ambiguous(self, name: str, space: str) -> None:
        """Raises AmbiguousVariable if a variable speaks for two known ids."""
        sharing = [id for id in self._ids(space, plain(rest_of(name))) if self.variables.name_for(id) == name]
        if len(sharing) > 1:
            raise AmbiguousVariable(name, sorted(sharing))


_PAGE = 500


def _records(store: Store, space: str) -> Iterator[Record]:
    """All of a space."""
    after: str | None = None
    while True:
        page = store.page(Query(space=space, after=after, size=_PAGE))
        yield from page.records
        if page.next is None:
            return
        after = page.next


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

"""Backups: everything in a store in one file, from which a store of either kind of database can be filled again.

Sealed secrets stay sealed, and no master key is in it: keep those elsewhere, for without them a backup has no secrets.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from connectory.errors import StoreRefused, StoreUnavailable
from connectory.stores import archive
from connectory.stores.contents import Archivable
from connectory.stores.private_file import new_private_file
from connectory.stores.sealed_rows import SealedRows, Unopened, all_unopened
from connectory.stores.sealing import Sealer


class Backed(Protocol):
    """A store that can be carried away and filled again."""

    @property
    def contents(self) -> Archivable: ...

    @property
    def sealed_rows(self) -> SealedRows: ...

    @property
    def sealer(self) -> Sealer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What is in a backup: when it was made (seconds since 1970), the ids of the master keys that its secrets take, and
    how many rows of each table.
    """

    path: Path
    created_at: float
    key_ids: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored, and the secrets in it that the master keys at hand do not open."""

    backup: Backup
    unopenable: tuple[Unopened, ...]

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Ids of the master keys that these secrets want."""
        return tuple(sorted({secret.key_id for secret in self.unopenable}))


def backup(store: Backed, path: Path, *, replace: bool = False) -> Backup:
    """Writes one state of a store into a file of mode 0600, which is there when it is whole.

    Raises StoreRefused if there is a file that is not to be replaced, StoreUnavailable.
    """
    if not replace and os.path.lexists(path):
        _refuse_overwriting(path)
    created_at = time.time()
    with _told(path), store.contents.read() as contents, new_private_file(path, replace=replace) as file:
        header = archive.Header(
            schema=store.contents.schema, created_at=created_at, key_ids=contents.key_ids, counts=contents.counts
        )
        archive.write(file, header, contents.rows)
    return _summary(path, header)


def restore(store: Backed, path: Path, *, replace: bool = False) -> Restored:
    """Fills an empty store from a backup, or with `replace` any store, whose connections and history are then gone.

    It is done whole or not at all. Raises StoreRefused for a store that is not empty, StoreUnavailable for a backup
    that is newer, damaged or changed.
    """
    with _told(path), open(path, "rb") as file:
        read = archive.read(file, path=path, schema=store.contents.schema)
        store.contents.refill(read.rows, replace=replace)
    return Restored(backup=_summary(path, read.header), unopenable=tuple(all_unopened(store.sealed_rows, store.sealer)))


def _summary(path: Path, header: archive.Header) -> Backup:
    return Backup(path=path, created_at=header.created_at, key_ids=header.key_ids, counts=header.counts)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        _refuse_overwriting(path)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise StoreUnavailable(f"The backup {path} cannot be used: {reason}.") from error


def _refuse_overwriting(path: Path) -> None:
    raise StoreRefused(f"There is a file {path} already: name another, or add --replace.")

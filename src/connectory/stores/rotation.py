"""Rotation: everything that is not sealed with the newest master key is sealed anew with it.

It may be stopped at any moment and begun again; each secret can be opened all the while, with the keys that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectory.stores.master_keys import KeyRing
from connectory.stores.sealed_rows import SealedRow, SealedRows, Unopened, batches, unopened
from connectory.stores.sealing import SealedValue, Sealer, Unopenable

BATCH = 200
"""Secrets that are sealed anew in one transaction: for so long others wait to write."""


class Rotatable(Protocol):
    """A store whose secrets are sealed."""

    @property
    def sealed_rows(self) -> SealedRows: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """How many secrets are sealed with which key, by its id; `newest` is None where there is no key at all."""

    newest: str | None
    counts: Mapping[str, int]
    known: frozenset[str]

    @property
    def left(self) -> int:
        """How many are not sealed with the newest."""
        return sum(count for key_id, count in self.counts.items() if key_id != self.newest)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Ids of the keys that some are sealed with and that are not here."""
        return tuple(sorted(self.counts.keys() - self.known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What was done. `before` says how many were sealed with which key, `left` how many are still to be sealed anew
    (those in `unopenable` aside). After a dry run `resealed` is how many would have been.
    """

    newest: str | None
    before: Mapping[str, int]
    resealed: int
    left: int
    unopenable: tuple[Unopened, ...]
    dry_run: bool


def pending(store: Rotatable, keys: KeyRing) -> Pending:
    """What there is to rotate. Raises StoreUnavailable."""
    known = keys.all()
    return Pending(
        newest=known[0].id if known else None,
        counts=store.sealed_rows.counts(),
        known=frozenset(key.id for key in known),
    )


def rotate(
    store: Rotatable,
    keys: KeyRing,
    *,
    dry_run: bool = False,
    batch_size: int = BATCH,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Rotation:
    """Seals anew, with the newest key of the ring, what is sealed with another.

    A secret that somebody saves in the meantime is theirs. `progress` is called with how many are done, and of how
    many. Raises StoreUnavailable.
    """
    before = pending(store, keys)
    sealer, rows = Sealer(keys), store.sealed_rows
    failed: list[Unopened] = []
    done = resealed = 0
    for batch in batches(rows, but=before.newest, size=batch_size):
        pairs = _resealed(batch, sealer, failed)
        resealed += len(pairs) if dry_run else rows.swap(pairs)
        done += len(batch)
        progress(done, max(before.left, done))
    return Rotation(
        newest=before.newest,
        before=before.counts,
        resealed=resealed,
        left=max(pending(store, keys).left - len(failed), 0),
        unopenable=tuple(failed),
        dry_run=dry_run,
    )


def _resealed(
    batch: Sequence[SealedRow], sealer: Sealer, failed: list[Unopened]
) -> list[tuple[SealedRow, SealedValue]]:
    """Each value with a new one of the same text; those that cannot be opened go to `failed`."""
    pairs = []
    for row in batch:
        text = sealer.open(row.value, row.place)
        if isinstance(text, Unopenable):
            failed.append(unopened(row, text))
        else:
            pairs.append((row, sealer.seal(text, row.place)))
    return pairs

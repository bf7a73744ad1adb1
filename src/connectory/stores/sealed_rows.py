"""Every sealed value of a store, one after the other, and which of them cannot be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectory.stores.sealing import SEALED_COLUMNS, SealedPlace, SealedValue, Sealer, Unopenable


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A sealed value and where it stands."""

    place: SealedPlace
    value: SealedValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A secret that cannot be opened: whose it is, its path as a JSON pointer, the key that it wants, and why."""

    space: str
    id: str
    field: str
    key_id: str
    reason: Unopenable


class SealedRows(Protocol):
    """The sealed values of a store. Every method raises StoreUnavailable where the store cannot be used."""

    def counts(self) -> Mapping[str, int]:
        """How many there are, by the id of the master key."""
        ...

    def batch(
        self, table: str, column: str, *, after: SealedPlace | None, but: str | None, size: int
    ) -> Sequence[SealedRow]:
        """The next `size` of a column, in the order of their places; none that is sealed with the key `but`."""
        ...

    def swap(self, pairs: Sequence[tuple[SealedRow, SealedValue]]) -> int:
        """Puts new values in the place of those that are still as they were, all at once, and says how many were."""
        ...


def batches(rows: SealedRows, *, but: str | None = None, size: int) -> Iterator[Sequence[SealedRow]]:
    """All sealed values, up to `size` at a time; none that is sealed with the key `but`."""
    for table, column in SEALED_COLUMNS:
        after = None
        while batch := rows.batch(table, column, after=after, but=but, size=size):
            yield batch
            after = batch[-1].place


def unopened(row: SealedRow, reason: Unopenable) -> Unopened:
    """A sealed value that could not be opened."""
    place = row.place
    return Unopened(space=place.space, id=place.id, field=place.field, key_id=row.value.key_id, reason=reason)


def all_unopened(rows: SealedRows, sealer: Sealer) -> list[Unopened]:
    """Every secret of a store that these keys do not open."""
    found = []
    for batch in batches(rows, size=500):
        for row in batch:
            text = sealer.open(row.value, row.place)
            if isinstance(text, Unopenable):
                found.append(unopened(row, text))
    return found

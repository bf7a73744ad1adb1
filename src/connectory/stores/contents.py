"""All that a store holds, row by row, as backups carry it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from connectory.dialects import own
from connectory.stores.protocol import ChangeKind
from connectory.stores.searching import storable

Row = tuple[str, dict[str, Any]]
"""The name of a table, and values by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Contents:
    """One state of a store: the rows, those that others hang on first; how many of each table; and the ids of the
    master keys that its secrets are sealed with.
    """

    counts: Mapping[str, int]
    key_ids: tuple[str, ...]
    rows: Iterable[Row]


class Archivable(Protocol):
    """Gives its contents, and takes others. Raises StoreUnavailable where the store cannot be used."""

    @property
    def schema(self) -> str:
        """The revision of the schema; a later one compares as greater."""
        ...

    def read(self) -> AbstractContextManager[Contents]:
        """One state of the store, as long as the context lasts."""
        ...

    def refill(self, rows: Iterable[Row], *, replace: bool) -> None:
        """Takes rows that `checked` has seen, all or none. Raises StoreRefused if there is something in it already and
        `replace` does not say that it may go, and StoreUnavailable for rows that do not fit together.
        """
        ...


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it: bytes are base64."""
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in row.items()
    }


def checked(table: object, row: object) -> Row:
    """A row as it was before `written`. Raises ValueError, which says nothing of what is in it, for any other."""
    columns = _COLUMNS.get(table) if isinstance(table, str) else None
    if columns is None or not isinstance(row, dict) or row.keys() != columns.keys():
        raise ValueError("it names other tables or columns than a store has")
    return str(table), {name: check(row[name]) for name, check in columns.items()}


def _text(value: object) -> str:
    if isinstance(value, str) and storable(value) == value:
        return value
    raise ValueError("there is something else where a text belongs")


def _name(value: object) -> str:
    if 0 < len(text := _text(value)) <= 500:
        return text
    raise ValueError("there is a name that is empty or too long")


def _id(value: object) -> str:
    if own.is_id(text := _text(value)):
        return text
    raise ValueError("there is an id that no connection can have")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return value
    raise ValueError("there is something else where a revision belongs")


def _time(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError("there is something else where a time belongs")


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except binascii.Error:
        raise ValueError("there is something else where a sealed value belongs") from None


def _matching(pattern: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if re.fullmatch(pattern, text := _text(value)):
            return text
        raise ValueError("there is a word that a store does not use")

    return check


def _document(value: object) -> str:
    if isinstance(_from_json(text := _text(value)), dict):
        return text
    raise ValueError("there is something else where a document belongs")


def _paths(value: object) -> str:
    paths = _from_json(text := _text(value))
    if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
        return text
    raise ValueError("there is something else where the paths of a change belong")


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_COLUMNS: Mapping[str, Mapping[str, Callable[[object], Any]]] = {
    "connections": {
        "space": _name,
        "id": _id,
        "revision": _count,
        "document": _document,
        "created_at": _time,
        "updated_at": _time,
        "updated_by": _text,
    },
    "connection_secrets": {
        "space": _name,
        "id": _id,
        "field": _name,
        "sealed": _bytes,
        "key_id": _matching("[0-9a-f]{8}"),
    },
    "connection_changes": {
        "space": _name,
        "id": _id,
        "revision": _count,
        "at": _time,
        "by": _text,
        "kind": _matching("|".join(ChangeKind)),
        "changed": _paths,
    },
}
"""What is carried, in an order in which it can be put back. The rest of a store is made of these."""

TABLES = tuple(_COLUMNS)


def columns_of(table: str) -> tuple[str, ...]:
    """The columns that are carried of a table."""
    return tuple(_COLUMNS[table])

"""The file of a backup: JSON lines in gzip.

A header, then every row, then a line that says how many they are and what their digest is.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from connectory.errors import StoreUnavailable
from connectory.stores.contents import Row, checked, written

FORMAT = 1
"""The newest format, which this version writes."""

_LONGEST_LINE = 16 * 1024 * 1024
"""Bytes: what JSON makes of the largest document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a backup says of itself: the schema that its rows have, when it was made (seconds since 1970), the ids of
    the master keys that its secrets take, and how many rows of each table there are.
    """

    schema: str
    created_at: float
    key_ids: tuple[str, ...]
    counts: Mapping[str, int]


def write(file: BinaryIO, header: Header, rows: Iterable[Row]) -> None:
    """Writes a whole archive. Raises OSError."""
    digest, count = hashlib.sha256(), 0
    with gzip.GzipFile(filename="", mode="wb", fileobj=file) as packed:

        def put(value: Mapping[str, Any]) -> None:
            line = json.dumps(value).encode() + b"\n"
            digest.update(line)
            packed.write(line)

        put({"connectory_backup": FORMAT, **_said(header)})
        for table, row in rows:
            put({"table": table, "row": written(row)})
            count += 1
        put({"rows": count, "sha256": digest.hexdigest()})


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is being read. `rows` is read once, and to its end: only there it shows whether all is whole."""

    header: Header
    rows: Iterator[Row]


def read(file: BinaryIO, *, path: Path, schema: str) -> Archive:
    """An archive of this format or an older one, whose rows have this schema or an older one.

    Raises StoreUnavailable, now or while the rows are read, for what is newer, truncated, or was changed.
    """
    lines = _Lines(file, path)
    header = _header(lines.next(), path, schema)
    return Archive(header, _rows(lines, path))


class _Lines:
    """The lines of an archive, and the digest of those that were read."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._packed = gzip.GzipFile(fileobj=file, mode="rb")
        self._path = path
        self._digest = hashlib.sha256()
        self.digest = ""

    def next(self) -> Mapping[str, Any]:
        """The next line; `digest` is then that of the lines before it."""
        try:
            line = self._packed.readline(_LONGEST_LINE)
            value = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, EOFError, zlib.error, ValueError, RecursionError):  # bad gzip is an OSError
            value = None
        if not isinstance(value, dict):
            _refuse(self._path, "it is no backup, or it was cut off or damaged")
        self.digest = self._digest.hexdigest()
        self._digest.update(line)
        return value

    def end(self) -> bool:
        """Whether there is nothing more."""
        try:
            return self._packed.read(1) == b""
        except (OSError, EOFError, zlib.error):
            return False


def _rows(lines: _Lines, path: Path) -> Iterator[Row]:
    count = 0
    while "table" in (line := lines.next()):
        try:
            row = checked(line["table"], line.get("row"))
        except ValueError as error:
            reason = str(error)
        else:
            yield row
            count += 1
            continue
        _refuse(path, f"row {count + 1} is none that a store has written: {reason}")
    if line != {"rows": count, "sha256": lines.digest} or not lines.end():
        _refuse(path, "it was cut off or changed since it was made")


def _said(header: Header) -> dict[str, Any]:
    return {
        "schema": header.schema,
        "created_at": header.created_at,
        "key_ids": list(header.key_ids),
        "counts": dict(header.counts),
    }


def _header(line: Mapping[str, Any], path: Path, schema: str) -> Header:
    match line:
        case {"connectory_backup": int(format)} if format > FORMAT:
            _refuse(path, f"a newer connectory made it, in format {format}: restore it with that version")
        case {"connectory_backup": int(), "schema": str(its)} if its > schema:
            _refuse(path, "a newer connectory made it, with another schema: restore it with that version")
        case {
            "connectory_backup": int(),
            "schema": str(its),
            "created_at": int() | float() as created_at,
            "key_ids": list(key_ids),
            "counts": dict(counts),
        } if math.isfinite(created_at) and all(isinstance(count, int) for count in counts.values()):
            return Header(
                schema=its, created_at=float(created_at), key_ids=tuple(str(id)[:8] for id in key_ids), counts=counts
            )
    _refuse(path, "it is no backup of connectory")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise StoreUnavailable(f"The backup {path} cannot be used: {reason}.")

"""All cautions of one connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectory.cautions.certificates import certificate_cautions
from connectory.cautions.lines import plain_cautions, unchecked_cautions
from connectory.cautions.models import model_cautions
from connectory.connection import Connection
from connectory.dialects.model_table import ModelTable, shipped_table
from connectory.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Cautions:
    """`of_document` can be seen by reading it; `of_tls` are about certificates, its own and those that it trusts."""

    of_document: tuple[Problem, ...]
    of_tls: tuple[Problem, ...]

    def __iter__(self) -> Iterator[Problem]:
        yield from self.of_document
        yield from self.of_tls


def cautions_of(connection: Connection, now: datetime, table: ModelTable | None = None) -> Cautions:
    """What the reading warned of, and what holds at the moment `now`; `table` is the operator's, if there is one."""
    models = model_cautions(connection, now, table or shipped_table())
    return Cautions(
        of_document=(*connection.warnings, *plain_cautions(connection), *models),
        of_tls=(*certificate_cautions(connection, now), *unchecked_cautions(connection)),
    )

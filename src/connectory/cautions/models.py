"""Default models that are gone, or will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from connectory.connection import Connection
from connectory.dialects.model_table import ModelTable
from connectory.errors import Problem
from connectory.provider import OPENAI


def model_cautions(connection: Connection, now: datetime, table: ModelTable) -> Iterator[Problem]:
    """Only of OpenAI's own models: elsewhere a name says nothing of what stands behind it."""
    end = table.shutdowns.get(connection.model or "") if connection.provider is OPENAI else None
    if end is None:
        return
    was = "was" if end <= now.astimezone(UTC).date() else "is"
    other = f": take another, `{table.default}` say" if table.default else ""
    yield Problem("model", f"`{connection.model}` {was} shut down on {end.isoformat()}{other}")

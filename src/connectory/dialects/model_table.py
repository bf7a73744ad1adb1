"""The shipped table of models."""

from __future__ import annotations

import json
from pathlib import Path

_TABLE = Path(__file__).parents[1] / "models.json"


def shipped_default_model() -> str:
    """The model that the table marks as the default; never one that is being shut down."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return next(str(model["id"]) for model in table["models"] if model.get("default") and not model.get("shutdown"))

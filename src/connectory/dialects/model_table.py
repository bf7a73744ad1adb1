"""The table of models: which there are, which is the default, and when others are shut down.

One is shipped; an operator names one of their own in `connectory.usage.models`, which then counts in its place.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from connectory.dialects import yaml_file
from connectory.dialects.words import a_kind_of, below, choose, key_of
from connectory.errors import DocumentError, Problem

_SHIPPED = Path(__file__).parents[1] / "models.json"
_TOP, _ENTRY = ("source", "date", "models"), ("id", "default", "shutdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTable:
    """`source` and `dated` say where and when it was read. `shutdowns`: the first day on which a model is gone."""

    source: str = ""
    dated: str = ""
    default: str | None = None
    shutdowns: Mapping[str, date]


def shipped_default_model() -> str:
    """The model that the shipped table marks as the default; never one that is being shut down."""
    return shipped_table().default or ""


@functools.cache
def shipped_table() -> ModelTable:
    return _made(json.loads(_SHIPPED.read_text(encoding="utf-8")))


def read(path: Path) -> ModelTable:
    """An operator's table, in YAML or JSON. Raises DocumentError with every problem of it."""
    document = yaml_file.load(path)
    if problems := list(_problems(document)):
        raise DocumentError(str(path), problems)
    return _made(document)


def _made(document: Mapping[str, Any]) -> ModelTable:
    models = document["models"]
    return ModelTable(
        source=document.get("source") or "",
        dated=document.get("date") or "",
        default=next((model["id"] for model in models if model.get("default")), None),
        shutdowns={model["id"]: date.fromisoformat(model["shutdown"]) for model in models if model.get("shutdown")},
    )


def _problems(document: object) -> Iterator[Problem]:
    if not isinstance(document, Mapping):
        yield Problem("", f"must hold an object with `models`, not {a_kind_of(document)}")
        return
    yield from _strangers(document, _TOP, "")
    for name in ("source", "date"):
        if not isinstance(document.get(name) or "", str):
            yield Problem(name, f"must be text, not {a_kind_of(document[name])}")
    models = document.get("models")
    if not isinstance(models, list):
        yield Problem("models", f"must be a list of objects with `id`, not {a_kind_of(models)}")
        return
    for place, model in enumerate(models):
        yield from _problems_of_model(model, f"models.{place}")
    yield from _problems_together([model if isinstance(model, Mapping) else {} for model in models])


def _problems_of_model(model: object, path: str) -> Iterator[Problem]:
    if not isinstance(model, Mapping):
        yield Problem(path, f"must be an object with `id`, not {a_kind_of(model)}")
        return
    yield from _strangers(model, _ENTRY, path)
    if not isinstance(model.get("id"), str) or not model["id"]:
        yield Problem(below(path, "id"), "is required: the name of a model, as text")
    if model.get("default") not in (None, True, False):
        yield Problem(below(path, "default"), "must be true or false")
    if model.get("shutdown") is not None and not _is_date(model["shutdown"]):
        yield Problem(below(path, "shutdown"), "must be a day, as `2027-01-14`")
    elif model.get("default") and model.get("shutdown"):
        yield Problem(below(path, "default"), "must not be a model that is shut down")


def _problems_together(models: list[Mapping[Any, Any]]) -> Iterator[Problem]:
    seen: dict[object, int] = {}
    for place, model in enumerate(models):
        id = model.get("id")
        if isinstance(id, str) and seen.setdefault(id, place) != place:
            yield Problem(f"models.{place}.id", f"stands in `models.{seen[id]}` already")
    first, *others = [place for place, model in enumerate(models) if model.get("default") is True] or [0]
    for place in others:
        yield Problem(f"models.{place}.default", f"is true in `models.{first}` already, and one is the default")


def _strangers(document: Mapping[Any, Any], known: tuple[str, ...], path: str) -> Iterator[Problem]:
    for key in document:
        if key not in known:
            yield Problem(below(path, key_of(key)), f"is no key that is known here{choose(key, known)}")


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False

"""A family: kinds that stand in a folder, one file each, named as documents name them."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Family(Generic[T]):
    """The kinds derived from `base` in the files of a package. They are imported when they are first asked for."""

    def __init__(self, package: str, folders: Iterable[str], base: type[T], *, default: str | None = None) -> None:
        self.names = tuple(sorted(file.stem for folder in folders for file in Path(folder).glob("[a-z]*.py")))
        self.base = base
        self.default = default
        self._package = package
        self.kind = functools.cache(self._kind)

    def _kind(self, name: str) -> type[T]:
        """The kind that documents call `name`; KeyError when there is none."""
        if name not in self.names:
            raise KeyError(name)
        module = importlib.import_module(f"{self._package}.{name}")
        return next(
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, self.base) and getattr(value, "kind", None) == name
        )

"""Every kind of credential: one file each, named as the kind is in documents.

A file holds a frozen dataclass derived from `Credential`; putting the file here is all it takes. Kinds are imported
when they are first asked for.
"""

from __future__ import annotations

import functools
import importlib
from pathlib import Path

from connectory.credential import Credential

DEFAULT_KIND = "api_key"

KINDS = tuple(sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py")))
"""The names of all kinds."""


@functools.cache
def credential_kind(name: str) -> type[Credential]:
    """The kind that documents call `name`; KeyError when there is none."""
    if name not in KINDS:
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Credential) and getattr(value, "kind", None) == name
    )

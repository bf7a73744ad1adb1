"""Settings: what a kind says of its own fields, once, for every form, schema, flag and table that needs it."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KEY = "connectory.setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What `setting()` was told of a field."""

    help: str
    label: str | None
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    in_header: bool
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One declared field of a kind, with the type to read it as (`None` taken out of a union).

    `key` is what documents call it.
    """

    name: str
    key: str
    type: Any
    required: bool
    default: Any
    help: str
    label: str
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    in_header: bool


def setting(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    label: str | None = None,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    in_header: bool = False,
    key: str | None = None,
) -> Any:
    """Declare a field of a frozen dataclass; one without a default is required.

    The annotation is the type that documents are read as. A field of type `Secret` is kept, shown and stored as one.
    `in_header`: it goes out in a header, so text that no header can carry is refused. `key` is for documents in foreign
    words, which call it otherwise.
    """
    declared = Declaration(
        help=help, label=label, choices=choices, minimum=minimum, maximum=maximum, in_header=in_header, key=key
    )
    metadata = {_KEY: declared}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def settings_of(kind: type) -> Mapping[str, Setting]:
    """The declared settings of a dataclass by name, in their order; fields that are not settings are left out."""
    hints = typing.get_type_hints(kind)
    return {
        field.name: _setting(field, hints[field.name], field.metadata[_KEY])
        for field in dataclasses.fields(kind)
        if _KEY in field.metadata
    }


def _setting(field: dataclasses.Field[Any], hint: Any, declared: Declaration) -> Setting:
    has_factory = field.default_factory is not dataclasses.MISSING
    required = field.default is dataclasses.MISSING and not has_factory
    return Setting(
        name=field.name,
        key=declared.key or field.name,
        type=_without_none(hint),
        required=required,
        default=None if required or has_factory else field.default,
        help=declared.help,
        label=declared.label or field.name.replace("_", " ").capitalize(),
        choices=declared.choices,
        minimum=declared.minimum,
        maximum=declared.maximum,
        in_header=declared.in_header,
    )


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):  # the second is that of a NewType
        return hint
    members = [member for member in typing.get_args(hint) if member is not types.NoneType]
    return functools.reduce(lambda left, right: left | right, members)

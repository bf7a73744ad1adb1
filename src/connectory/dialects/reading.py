"""Reading declared settings out of a document: every problem at once, each with its path."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from connectory.credential import Credential
from connectory.dialects.families import FAMILIES
from connectory.dialects.plain_values import Gathering, is_given
from connectory.dialects.values import VALUE_TYPES
from connectory.dialects.words import a_kind_of, below, choose, key_of, listed, refused
from connectory.errors import Problem
from connectory.setting import Setting, settings_of

Document = Mapping[str, Any]


class Reader(Gathering):
    """Reads documents by the settings that kinds declare."""

    def judged(self, problems: Iterable[Problem]) -> None:
        """Keep what a rule has against settings that could be read; the others have had their problem."""
        unread = {problem.path for problem in self.problems}
        around = {part for path in unread for part in _parts(path)}
        self.problems += [
            found for found in problems if found.path not in around and unread.isdisjoint(_parts(found.path))
        ]

    def settings(self, kind: type, document: object, path: str, *, also: Iterable[str] = ()) -> dict[str, Any]:
        """The settings of `kind` that `document` gives and that can be read. `also` are keys that others read."""
        if not isinstance(document, Mapping):
            self.problem(path, f"must be an object, not {a_kind_of(document)}")
            return {}
        declared = settings_of(kind)
        self.only(document, [*(setting.key for setting in declared.values()), *also], path)
        values = {}
        for name, setting in declared.items():
            at = below(path, setting.key)
            if _gives(document, setting):
                values[name] = self._value(setting, document[setting.key], at)
            elif may_be_empty(setting):
                values[name] = self._value(setting, {}, at)
            elif setting.required:
                self.problem(at, f"is required: {setting.help.removesuffix('.')}")
        return {name: value for name, value in values.items() if value is not None}

    def only(self, document: Document, known: Iterable[str], path: str) -> None:
        """Keep a problem for every key of `document` that is not `known`."""
        names = tuple(known)
        for key in document:
            if key not in names:
                self.problem(below(path, key_of(key)), f"is no key that is known here{choose(key, names)}")

    def _value(self, setting: Setting, value: object, path: str) -> Any:
        if setting.type in FAMILIES:
            return self._member(setting, value, path)
        if setting.type in VALUE_TYPES:
            return self.read(path, partial(VALUE_TYPES[setting.type].read, setting), value)
        if kind := kind_in_list(setting.type):
            return self._list_of(kind, value, path)
        if kind := kind_in_map(setting.type):
            return self._map_of(kind, value, path)
        return self._made(setting.type, value, path)

    def _list_of(self, kind: type, value: object, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            self.problem(path, f"must be a list, not {a_kind_of(value)}")
            return ()
        return tuple(self._made(kind, item, below(path, str(index))) for index, item in enumerate(value))

    def _map_of(self, kind: type, value: object, path: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self.problem(path, f"must be an object, not {a_kind_of(value)}")
            return {}
        return {str(name): self._made(kind, item, below(path, key_of(name))) for name, item in value.items()}

    def _member(self, setting: Setting, document: object, path: str) -> Any:
        """One of a family: what `kind` names; None, and problems kept, where it cannot be read."""
        family = FAMILIES[setting.type]
        if not isinstance(document, Mapping):
            self.problem(path, f"must be an object with `kind`, not {a_kind_of(document)}")
            return None
        name = document["kind"] if is_given(document.get("kind")) else family.default
        if name is None:
            self.problem(below(path, "kind"), f"is required; known: {listed(family.names)}")
            return None
        if name not in family.names:
            what = f"no kind of {setting.name} that is known here"
            self.problem(below(path, "kind"), refused(name, what, family.names))
            return None
        made = self._made(family.kind(name), document, path, also=["kind"])
        if isinstance(made, Credential):
            self.judged(Problem(below(path, found.path), found.message) for found in made.problems())
        return made

    def _made(self, kind: type, document: object, path: str, *, also: Iterable[str] = ()) -> Any:
        """What can be read of it, so that the rules judge the rest; None where a required setting is missing."""
        values = self.settings(kind, document, path, also=also)
        missing = [name for name, setting in settings_of(kind).items() if setting.required and name not in values]
        return None if missing else kind(**values)


def kind_in_list(type: Any) -> Any:
    """The kind of `tuple[KIND, ...]`; None for another type."""
    return typing.get_args(type)[0] if typing.get_origin(type) is tuple else None


def kind_in_map(type: Any) -> Any:
    """The kind of `Mapping[str, KIND]`; None for another type."""
    return typing.get_args(type)[1] if typing.get_origin(type) is Mapping else None


def may_be_empty(setting: Setting) -> bool:
    """Whether a setting that is left out is one with nothing in it: its family has a kind that is meant then."""
    return setting.type in FAMILIES and FAMILIES[setting.type].default is not None


def _gives(document: Document, setting: Setting) -> bool:
    """Whether a document gives a setting: null does only where it has a meaning of its own."""
    value_type = VALUE_TYPES.get(setting.type)
    takes_null = value_type is not None and value_type.takes_null
    return setting.key in document and (
        is_given(document[setting.key]) or (takes_null and document[setting.key] is None)
    )


def _parts(path: str) -> list[str]:
    """The path of a value, and those of all that it is a part of; "" is the whole document, and a part of nothing."""
    keys = path.split(".")
    return [".".join(keys[:length]) for length in range(1, len(keys) + 1)]

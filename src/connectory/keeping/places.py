"""The parts of a document by their paths: `client.timeout`, `headers.X-Team`, `credential.source.audience`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectory.connection import Connection, Headers, Query
from connectory.dialects.client_arguments import LIFTED
from connectory.dialects.families import FAMILIES
from connectory.dialects.kept import Place
from connectory.dialects.values import VALUE_TYPES
from connectory.dialects.words import key_of, nearest
from connectory.errors import CallerError
from connectory.secret import Secret, is_credential_parameter
from connectory.setting import Setting, settings_of

_MAPPINGS = tuple(kind for kind in VALUE_TYPES if getattr(kind, "__origin__", None) is not None)
"""Types of settings whose value is an object with names of the author's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a document: the keys that lead to it, and the setting that it gives or is in.

    `key` is its name in an object whose names are the author's own (a header, a label).
    """

    place: Place
    setting: Setting | None
    key: str | None = None

    @property
    def is_secret(self) -> bool:
        return self.setting is not None and self.setting.type is Secret


def part_at(path: str) -> Part:
    """The part that a path leads to. Raises CallerError for a path that leads nowhere."""
    for candidate in parts():
        dotted = ".".join(candidate.place)
        if dotted == path:
            return candidate
        if _is_mapping(candidate) and path.startswith(f"{dotted}."):
            key = path.removeprefix(f"{dotted}.")
            return Part(place=(*candidate.place, key), setting=candidate.setting, key=key)
    near = nearest(path, (".".join(part.place) for part in parts()))
    hint = f"Did you mean {near!r}?" if near else "`connectory schema` describes all that there is."
    raise CallerError(f"There is no `{key_of(path)}` in a connection. {hint}")


def secret_at(path: str) -> Part:
    """The secret that a path, or the end of one (`api_key`), leads to. Raises CallerError."""
    ending = [part for part in parts() if part.is_secret and ".".join(part.place).endswith(f".{path}")]
    part = _preferred(ending) if ending and "." not in path else part_at(path)
    if not may_be_secret(part):
        raise CallerError(f"`{key_of(path)}` is no secret: say --set {key_of(path)}=VALUE.")
    return part


def parts() -> Iterator[Part]:
    """Every part that a document can have, of every kind of credential and source."""
    yield from {part.place: part for part in _parts(Connection, ())}.values()
    yield from (Part(place=("client", name), setting=None) for name in LIFTED if name != "api_key")


def _parts(kind: type, at: Place) -> Iterator[Part]:
    for name, setting in settings_of(kind).items():
        place = (*at, name)
        yield Part(place=place, setting=setting)
        if setting.type in FAMILIES:
            yield Part(place=(*place, "kind"), setting=None)
            family = FAMILIES[setting.type]
            for member in family.names:
                yield from _parts(family.kind(member), place)
        elif setting.type not in VALUE_TYPES:
            yield from _parts(setting.type, place)


def _is_mapping(part: Part) -> bool:
    return part.setting is not None and part.setting.type in _MAPPINGS and part.setting.type != tuple[str, ...]


def may_be_secret(part: Part) -> bool:
    """A header may be one, and a parameter whose name says so, by which it is known for one again."""
    if part.setting is None or part.key is None:
        return part.is_secret
    return part.setting.type == Headers or (part.setting.type == Query and is_credential_parameter(part.key, ""))


def _preferred(found: list[Part]) -> Part:
    """Of several secrets of one name the credential's own."""
    return next((part for part in found if part.place[0] == "credential"), found[0])

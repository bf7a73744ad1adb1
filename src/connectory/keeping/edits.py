"""Changes to a document: parts that are set, given as secrets, or taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectory.credentials import DEFAULT_KIND
from connectory.dialects.families import FAMILIES
from connectory.dialects.json_text import from_json
from connectory.dialects.kept import Place, together, without
from connectory.dialects.plain_values import Wrong
from connectory.dialects.values import VALUE_TYPES
from connectory.errors import CallerError
from connectory.keeping.places import Part, may_be_secret, part_at, parts, secret_at
from connectory.secret import Secret, holds_a_key, is_credential_header, is_credential_parameter, looks_like_a_key
from connectory.urls import parts_of

_KIND = ("credential", "kind")
_KEY = ("credential", "api_key")
_CHOICES = (_KIND, ("credential", "source", "kind"))
"""Another choice here means other settings beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """`values` and `secrets` are put in their places, and what stands at `unset` is taken away before."""

    values: Mapping[Place, Any] = field(default_factory=dict)
    secrets: Mapping[Place, Secret] = field(default_factory=dict)
    unset: tuple[Place, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.values or self.secrets or self.unset)

    def of(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document as it is after this."""
        left = without(document, self.unset)
        values = dict(self.values)
        if _KEY in self.secrets and _KIND not in values and _at(left, _KIND) not in (None, DEFAULT_KIND):
            values[_KIND] = DEFAULT_KIND
        for choice in _CHOICES:
            if choice in values and values[choice] != (_at(left, choice) or DEFAULT_KIND):
                left = without(left, [choice[:-1]])
        return together(together(left, values), self.secrets)


def value_at(path: str, text: str) -> tuple[Place, Any]:
    """A part that an argument sets, with its value: objects and lists as JSON, everything else as it stands.

    Raises CallerError for what is a secret, for arguments are seen by everybody on the machine.
    """
    part = _part(path)
    if part.setting is not None and (part.setting.type in FAMILIES or part.setting.type not in VALUE_TYPES):
        raise CallerError(f"`{path}` has parts of its own: set these.")
    value = _value(path, text)
    if _is_secret(part, part.key or "", value):
        raise CallerError(f"{_NEVER}{_instead(part, path)}")
    return part.place, value


def _part(path: str) -> Part:
    """A secret may be called by the end of its path, as --secret-from takes it, to be told better."""
    try:
        return part_at(path)
    except CallerError:
        if "." in path or not any(part.is_secret and part.place[-1] == path for part in parts()):
            raise
    return secret_at(path)


_NEVER = "A secret is never taken from an argument, which everybody on this machine can see"
_PEOPLE = ("name", "description", "labels")
"""What people are shown, in which `Basic models` are only words."""


def _value(path: str, text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "[") and text != "null":
        return text
    try:
        return from_json(text)
    except Wrong as wrong:
        raise CallerError(f"`{path}` {wrong.problems[0].message}.") from None


def _instead(part: Part, path: str) -> str:
    if may_be_secret(part):
        return f": say --secret-from {path}=env:NAME, {path}=file:PATH or {path}=- for standard input."
    if part.place[-1] == "proxy":
        return ": say --secret-from proxy_username=SOURCE and proxy_password=SOURCE."
    if part.place[-1] in ("url", "base_url"):
        return ": say --secret-from headers.Authorization=SOURCE for the user name and password of a URL."
    return ", and this looks like one: give it where it belongs, with --secret-from PATH=SOURCE."


def _is_secret(part: Part, name: str, value: Any) -> bool:
    """Whether a value, or anything in it, is one: by its place, by its name, or by its looks."""
    if part.is_secret or part.place[:2] == ("foreign", "airflow"):
        return True
    if isinstance(value, Mapping):
        return any(_is_secret(part, str(key), inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_is_secret(part, name, inner) for inner in value)
    if not isinstance(value, str):
        return False
    url, looks = parts_of(value), holds_a_key if part.place[0] in _PEOPLE else looks_like_a_key
    return (
        looks(value)
        or (url is not None and "@" in url.netloc and bool(url.scheme))
        or _names_a_secret(part, name, value)
    )


def _names_a_secret(part: Part, name: str, value: str) -> bool:
    if "headers" in part.place or "default_headers" in part.place:
        return is_credential_header(name, value)
    return "default_query" in part.place and is_credential_parameter(name, value)


def _at(document: Mapping[str, Any], place: Place) -> Any:
    value: Any = document
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value

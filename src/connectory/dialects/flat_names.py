"""Settings of credentials where a foreign document has them side by side: `auth_type`, `audience`, `entra_scope`, ...

A kind of credential has its own names with its `flat_prefix` before them. Where it has a source of subject tokens,
`workload_identity_provider` names that, and the source's own settings stand beside it. The default kind has none: its
key has a place of its own in every foreign document.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects.json_text import from_json
from connectory.dialects.plain_values import Gathering
from connectory.secret import Secret
from connectory.setting import Setting, settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES

AUTH_TYPE = "auth_type"
SOURCE = "workload_identity_provider"

_ONE_VALUE = (str, bool, int, float, Secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatName:
    """A key of a foreign document: where it stands in ours, below `credential`, and the setting that it gives."""

    place: tuple[str, ...]
    setting: Setting

    @property
    def secret(self) -> bool:
        return self.setting.type is Secret

    def value(self, given: Any) -> Any:
        """An object may be given as JSON text, which is all that a URI can say. Raises Wrong."""
        is_object = self.setting.type not in (*_ONE_VALUE, SubjectTokenSource)
        return from_json(given) if is_object and isinstance(given, str) else given


def names_of(kind: object, source: object = None) -> Mapping[str, FlatName]:
    """The keys of a kind of credential, with those of one source of subject tokens; none for a kind without any."""
    if kind not in CREDENTIALS.names or kind == DEFAULT_KIND:
        return {}
    credential: type = CREDENTIALS.kind(str(kind))
    prefix = CREDENTIALS.kind(str(kind)).flat_prefix
    found: dict[str, FlatName] = {}
    for name, setting in settings_of(credential).items():
        if setting.type is SubjectTokenSource:
            found[SOURCE] = FlatName(place=(name, "kind"), setting=setting)
            if source in SOURCES.names:
                inner: type = SOURCES.kind(str(source))
                found |= {own: FlatName(place=(name, own), setting=its) for own, its in settings_of(inner).items()}
        else:
            found[prefix + name] = FlatName(place=(name,), setting=setting)
    return found


@functools.cache
def all_names() -> Mapping[str, FlatName]:
    """The keys of all kinds and sources."""
    found: dict[str, FlatName] = {}
    for kind in CREDENTIALS.names:
        for source in SOURCES.names:
            found |= names_of(kind, source)
    return found


def belongs_elsewhere(key: str, kind: object) -> str:
    """Which key would have to say something else for `key` to mean something, as the end of a sentence."""
    sources = {name for source in SOURCES.names for name in names_of(kind, source)}
    return f"belongs to another `{SOURCE if key in sources else AUTH_TYPE}`"


class FlatCredential:
    """The credential that a foreign document asks for by its flat keys. `document` is `credential` in our words."""

    def __init__(self, kind: object, given: Mapping[Any, Any], kept: Gathering, *, at: Callable[[str], str]) -> None:
        """`at` says where a key stands, for problems; those of reading are kept."""
        self.kind = kind
        self.names = names_of(kind, given.get(SOURCE))
        self.document: dict[str, Any] = {"kind": kind}
        self.paths = {"credential.kind": at(AUTH_TYPE)}
        for key, name in self.names.items():
            if key in given:
                self._put(name.place, kept.read(at(key), name.value, given[key]))
            self.paths[".".join(["credential", *name.place])] = at(key)
            if key == SOURCE:
                self.paths[f"credential.{name.place[0]}"] = at(key)

    def _put(self, place: tuple[str, ...], value: Any) -> None:
        *outer, last = place
        section = self.document.setdefault(outer[0], {}) if outer else self.document
        section[last] = value

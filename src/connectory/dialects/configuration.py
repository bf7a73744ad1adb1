"""The configuration file: YAML in which connections stand in our words and in Elastic's, dotted or nested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectory.connection import Connection
from connectory.dialects import kibana, own, yaml_file
from connectory.dialects.dotted import section
from connectory.dialects.operator_settings import OperatorSettings, problems_of
from connectory.dialects.plain_values import is_given
from connectory.dialects.reading import Reader
from connectory.dialects.words import NOT_YET, a_kind_of, below, choose, key_of, nearest
from connectory.errors import DocumentError, Problem
from connectory.setting import settings_of

OURS = "connectory.connections"
ELASTICS = "xpack.actions.preconfigured"

KEYS = ("connections", *settings_of(OperatorSettings))
SECTIONS = ("connections", "usage", "workload_identity")
"""Keys under `connectory` that hold objects, whose own keys may be written dotted."""
LATER = ("access", "event_log", "gateway", "network", "server", "telemetry")
"""Keys under `connectory` that a later version will know."""

LATER_IN_SECTIONS: Mapping[str, tuple[str, ...]] = {"connectory.usage": ("prices",)}

_MOST_KEYS = 1_000
"""Keys of the file itself, of `connectory`, or of `xpack.actions`."""

_RESTRICTING = (
    *("allowedHosts", "proxyUrl", "proxyHeaders", "proxyBypassHosts", "proxyOnlyHosts", "ssl", "customHostSettings"),
    *("maxResponseContentLength", "responseTimeout"),
)
"""Settings under `xpack.actions` that restrict where requests go. To ignore one would open what its author closed."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the configuration file says. Documents are read when they are asked for: a wrong one stands in nobody's way.

    `ours` and `elastics` map ids to documents; an id in both is ours.
    """

    path: str = ""
    ours: Mapping[str, Any] = field(default_factory=dict)
    elastics: Mapping[str, Any] = field(default_factory=dict)
    operator: OperatorSettings = field(default_factory=OperatorSettings)

    def __contains__(self, id: str) -> bool:
        return id in self.ours or id in self.elastics

    def ids(self) -> list[str]:
        """Every id but those of connectors that have nothing to do with OpenAI."""
        elastics = [id for id, entry in self.elastics.items() if not kibana.is_other_type(entry)]
        return list(dict.fromkeys([*self.ours, *elastics]))

    def place_of(self, id: str) -> str:
        """The path in the file at which a connection stands."""
        return f"{OURS if id in self.ours else ELASTICS}.{id}"

    def source_of(self, id: str) -> str:
        """Where a connection stands: file and path in it."""
        return f"{self.path}: {self.place_of(id)}"

    def connection(self, id: str, *, space: str = "default") -> Connection:
        """The connection `id`, which must be in here. Raises DocumentError."""
        if id in self.ours:
            return own.read(id, self.ours[id], space=space, source=self.source_of(id))
        return kibana.read(
            id, self.elastics[id], default_model=self.operator.default_model, space=space, source=self.source_of(id)
        )


def read(path: Path, *, subject: str | None = None) -> Configuration:
    """The configuration in a YAML file, which messages call `subject`, or by its path.

    Raises DocumentError with every problem of the file itself.
    """
    subject = subject or str(path)
    document = yaml_file.load(path, subject=subject)
    if not isinstance(document, Mapping):
        raise DocumentError(subject, [Problem("", f"must hold an object, not {a_kind_of(document)}")])
    kept = Reader()
    kept.problems += _of_few(document, "", _strangers)
    ours = section(document, "connectory", kept)
    actions = section(section(document, "xpack", kept), "actions", kept, at="xpack")
    kept.problems += _of_few(ours, "connectory", _unknown)
    kept.problems += _of_few(actions, "xpack.actions", _restricting)
    configuration = Configuration(
        path=str(path),
        ours=_by_id(section(ours, "connections", kept, at="connectory")),
        elastics=_by_id(section(actions, "preconfigured", kept, at="xpack.actions")),
        operator=_operator(ours, kept),
    )
    if kept.problems:
        raise DocumentError(subject, kept.problems)
    return configuration


def connections_in(document: Mapping[Any, Any], *, subject: str, default_model: str | None = None) -> Configuration:
    """The connections of a document like that of a configuration file, whose settings are left alone but for
    `connectory.default_model`, which wins over the one given. Raises DocumentError."""
    kept = Reader()
    ours = section(document, "connectory", kept)
    actions = section(section(document, "xpack", kept), "actions", kept, at="xpack")
    model = ours.get("default_model")
    found = Configuration(
        path=subject,
        ours=_by_id(section(ours, "connections", kept, at="connectory")),
        elastics=_by_id(section(actions, "preconfigured", kept, at="xpack.actions")),
        operator=OperatorSettings(default_model=model if isinstance(model, str) and model else default_model),
    )
    if kept.problems:
        raise DocumentError(subject, kept.problems)
    return found


def _operator(ours: Mapping[Any, Any], kept: Reader) -> OperatorSettings:
    given = {name: ours.get(name) for name in settings_of(OperatorSettings) if name not in SECTIONS}
    for name in ("workload_identity", "usage"):
        given[name] = _known_now(section(ours, name, kept, at="connectory"), f"connectory.{name}", kept) or None
    settings = OperatorSettings(**kept.settings(OperatorSettings, given, "connectory"))
    kept.judged(Problem(below("connectory", found.path), found.message) for found in problems_of(settings))
    return settings


def _known_now(part: Mapping[Any, Any], path: str, kept: Reader) -> dict[Any, Any]:
    """A section less the keys that a later version will know, which are problems if they say anything."""
    later = LATER_IN_SECTIONS.get(path, ())
    kept.problems += [Problem(below(path, name), NOT_YET) for name in later if is_given(part.get(name))]
    return {key: value for key, value in part.items() if key not in later}


def _by_id(documents: Mapping[Any, Any]) -> dict[str, Any]:
    """YAML takes some ids for numbers."""
    return {str(id): document for id, document in documents.items()}


def _of_few(
    part: Mapping[Any, Any], path: str, judge: Callable[[Mapping[Any, Any]], Iterable[Problem]]
) -> Iterable[Problem]:
    """What there is against keys that can be known; of thousands no one is looked for."""
    if len({str(key).partition(".")[0] for key in part}) > _MOST_KEYS:
        return [Problem(path, f"has more than {_MOST_KEYS:,} different keys, the most that are read")]
    return judge(part)


def _strangers(document: Mapping[Any, Any]) -> Iterator[Problem]:
    """The file may be a whole kibana.yml, so other keys are left alone, unless one of ours must be meant."""
    for key in document:
        head = str(key).partition(".")[0]
        if head not in ("connectory", "xpack") and (meant := nearest(head, ["connectory", *KEYS])):
            ours = meant if meant == "connectory" else f"connectory.{meant}"
            yield Problem(key_of(key), f"is no key that is known here; did you mean `{ours}`?")


def _unknown(ours: Mapping[Any, Any]) -> Iterator[Problem]:
    for key, value in ours.items():
        head, path = str(key).partition(".")[0], below("connectory", key_of(key))
        if head in LATER:
            if is_given(value):
                yield Problem(path, NOT_YET)
        elif key not in KEYS and head not in SECTIONS:
            yield Problem(path, f"is no key that is known here{choose(key, KEYS)}")


def _restricting(actions: Mapping[Any, Any]) -> Iterator[Problem]:
    """Settings of Kibana that restrict where requests go, and what may be a slip of the pen for a key that counts."""
    counting = (*_RESTRICTING, "preconfigured")
    for key, value in actions.items():
        head, path = str(key).partition(".")[0], below("xpack.actions", key_of(key))
        if head in _RESTRICTING and is_given(value) and not (head == "allowedHosts" and value == ["*"]):
            yield Problem(path, NOT_YET)
        elif head not in counting and (meant := nearest(head, counting)):
            yield Problem(path, f"is no key that is known here; did you mean `{meant}`?")

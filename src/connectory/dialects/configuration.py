"""The configuration file: YAML in which connections stand in our words and in Elastic's, dotted or nested."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from connectory.connection import Connection
from connectory.dialects import actions_reading, kibana, own, yaml_file
from connectory.dialects.actions_settings import ActionsSettings
from connectory.dialects.dotted import section
from connectory.dialects.env_references import expanded
from connectory.dialects.host_names import compared, host_of_url
from connectory.dialects.named_hosts import hosts_in, proxies_in
from connectory.dialects.network_rules import rules_of
from connectory.dialects.operator_settings import (
    LATER_WITHIN,
    NetworkRules,
    OperatorSettings,
    UsageSettings,
    problems_of,
)
from connectory.dialects.plain_values import is_given
from connectory.dialects.reading import Reader
from connectory.dialects.words import NOT_YET, a_kind_of, below, choose, key_of, nearest
from connectory.errors import DocumentError, Problem
from connectory.network_policy import VARIABLES, NetworkPolicy
from connectory.setting import settings_of

OURS = "connectory.connections"
ELASTICS = "xpack.actions.preconfigured"

KEYS = ("connections", *settings_of(OperatorSettings))
SECTIONS = ("connections", "workload_identity", "network", "usage")
"""Keys under `connectory` that hold objects, whose own keys may be written dotted."""
LATER = ("access", "event_log", "gateway", "server", "telemetry")
"""Keys under `connectory` that a later version will know."""

_MOST_KEYS = 1_000
"""Keys of the file itself, of `connectory`, or of `xpack.actions`."""

_EMPTY = "is empty: lines that belong to it must be indented more than its id"

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Configuration:
    """What the configuration file says. Documents are read when they are asked for: a wrong one stands in nobody's way.

    `ours` and `elastics` map ids to documents; an id in both is ours. `rules` are those for the network as the file
    alone has them. `warnings` are what people should know of the file, without its connections.
    """

    path: str = ""
    ours: Mapping[str, Any] = field(default_factory=dict)
    elastics: Mapping[str, Any] = field(default_factory=dict)
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    actions: ActionsSettings = field(default_factory=ActionsSettings)
    rules: NetworkPolicy = field(default_factory=NetworkPolicy)
    warnings: tuple[Problem, ...] = ()

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
            document = self.ours[id]
            empty = [Problem("", _EMPTY)] if document is None else []
            return own.read(id, document, space=space, source=self.source_of(id), problems=empty)
        return kibana.read(
            id, self.elastics[id], default_model=self.operator.default_model, space=space, source=self.source_of(id)
        )

    def network_policy(self, *, server: bool = False, environ: Mapping[str, str] = _NOTHING) -> NetworkPolicy:
        """The rules for connections that are used here, with those variables of `environ` that count."""
        trusted = self.operator.network.trust_environment
        counts = not server if trusted is None else trusted
        rules = self._server_rules if server else self.rules
        return _in_environment(rules, _counting(environ)) if counts else rules

    @functools.cached_property
    def _server_rules(self) -> NetworkPolicy:
        """A server may reach every host that the operator has named."""
        identity = self.operator.workload_identity
        exchange = host_of_url(identity.exchange_url)
        named = {*map(compared, identity.hosts), *([exchange] if exchange else ())}
        named |= self.rules.named_hosts | hosts_in(self.ours, self.elastics)
        proxies = proxies_in(self.ours)
        return dataclasses.replace(self.rules, server=True, named_hosts=frozenset(named), named_proxies=proxies)


def read(path: Path, *, subject: str | None = None, environ: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration in a YAML file, which messages call `subject`, or by its path.

    Variables that Elastic's settings refer to (`${NAME}`) are those of `environ`. Raises DocumentError with every
    problem of the file itself.
    """
    subject = subject or str(path)
    document = yaml_file.load(path, subject=subject)
    if not isinstance(document, Mapping):
        raise DocumentError(subject, [Problem("", f"must hold an object, not {a_kind_of(document)}")])
    kept = Reader()
    kept.problems += _of_few(document, "", _strangers)
    ours = section(document, "connectory", kept)
    actions = _actions(document, environ, kept)
    kept.problems += _of_few(ours, "connectory", _unknown)
    kept.problems += _of_few(actions, "xpack.actions", actions_reading.strangers)
    operator, elastics = _operator(ours, kept), actions_reading.read(actions, kept)
    rules = rules_of(elastics, operator.network, folder=path.parent)
    kept.judged(rules.problems)
    configuration = Configuration(
        path=str(path),
        ours=_by_id(section(ours, "connections", kept, at="connectory")),
        elastics=_by_id(section(actions, "preconfigured", kept, at="xpack.actions")),
        operator=operator,
        actions=elastics,
        rules=rules.policy,
        warnings=(*rules.warnings, *actions_reading.doubtful(actions)),
    )
    if kept.problems:
        line_of = yaml_file.lines(path)
        raise DocumentError(subject, [dataclasses.replace(found, line=line_of(found.path)) for found in kept.problems])
    return configuration


def connections_in(document: Mapping[Any, Any], *, subject: str, default_model: str | None = None) -> Configuration:
    """The connections of a document like that of a configuration file, whose settings are left alone but for
    `connectory.default_model`, which wins over the one given. Raises DocumentError."""
    kept = Reader()
    ours = section(document, "connectory", kept)
    actions = _actions(document, None, kept)
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


def _actions(document: Mapping[Any, Any], environ: Mapping[str, str] | None, kept: Reader) -> dict[Any, Any]:
    """What stands under `xpack.actions`. Without an environment its connectors are all that is asked for."""
    actions = section(section(document, "xpack", kept), "actions", kept, at="xpack")
    asked = {key for key in actions if environ is not None or str(key).startswith("preconfigured")}
    return {key: expanded(actions[key], f"xpack.actions.{key}", environ, kept) for key in asked}


def _operator(ours: Mapping[Any, Any], kept: Reader) -> OperatorSettings:
    given = {name: ours.get(name) for name in settings_of(OperatorSettings) if name not in SECTIONS}
    for name in SECTIONS[1:]:
        given[name] = section(ours, name, kept, at="connectory") or None
    given["network"] = _without_elastics(given["network"], kept)
    given["usage"] = _without_later(given["usage"], UsageSettings, "connectory.usage", kept)
    settings = OperatorSettings(**kept.settings(OperatorSettings, given, "connectory"))
    kept.judged(Problem(below("connectory", found.path), found.message) for found in problems_of(settings))
    return settings


def _without_elastics(network: dict[Any, Any] | None, kept: Reader) -> dict[Any, Any] | None:
    """The section for the network less what Elastic's settings say, which is told by their names."""
    known = [setting.key for setting in settings_of(NetworkRules).values()]
    meant = {key: actions_reading.meant_by(key) for key in network or {} if key not in known}
    for key, setting in meant.items():
        if setting:
            kept.problem(below("connectory.network", key_of(key)), f"is said in Elastic's words: write `{setting}`")
    return {key: value for key, value in (network or {}).items() if not meant.get(key)} or None


def _without_later(part: dict[Any, Any] | None, kind: type, path: str, kept: Reader) -> dict[Any, Any] | None:
    """A section less the keys that a later version will know, which are problems if they say anything."""
    later = [key for key in part or {} if key in LATER_WITHIN[kind]]
    kept.problems += [Problem(below(path, key), NOT_YET) for key in later if part and is_given(part[key])]
    return {key: value for key, value in (part or {}).items() if key not in later} or None


@functools.lru_cache(maxsize=8)
def _in_environment(rules: NetworkPolicy, variables: tuple[tuple[str, str], ...]) -> NetworkPolicy:
    """One policy as long as nothing changes: what is made for a policy is kept by it."""
    return dataclasses.replace(rules, environment=dict(variables))


def _counting(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables that count. Where a program answers requests by CGI, anybody sets `HTTP_PROXY` with a header
    `Proxy` (CVE-2016-5385, https://httpoxy.org)."""
    names = [name for name in VARIABLES if name != "HTTP_PROXY" or "REQUEST_METHOD" not in environ]
    return tuple((name, environ[name]) for name in names if name in environ)


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

"""Reading what stands under `xpack.actions`: what counts here is checked, what is for other connectors left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.dialects.actions_settings import ActionsSettings, RunRules
from connectory.dialects.dotted import section, undotted, without_first_dot
from connectory.dialects.measures import bare_milliseconds
from connectory.dialects.plain_values import is_given
from connectory.dialects.reading import Reader
from connectory.dialects.words import below, key_of, nearest
from connectory.errors import Problem
from connectory.setting import Setting, settings_of

PLACE = "xpack.actions"

LEFT_ALONE: Mapping[type, tuple[str, ...]] = {RunRules: ("connectorTypeOverrides",)}
"""Keys inside a section that count for other types of connectors."""

_SETTINGS: Mapping[str, Setting] = {setting.key: setting for setting in settings_of(ActionsSettings).values()}
_COUNTING = (*_SETTINGS, "preconfigured")
_SECTIONS = ("proxyHeaders", "ssl", "rateLimiter", "run")
"""Settings that hold objects, whose own keys may be written dotted."""

_OLD = {"whitelistedHosts": "allowedHosts"}
"""Settings by the names that they had in Kibana 7, if those are no slips of the pen for today's."""


def meant_by(key: object) -> str | None:
    """The setting of Elastic's that a key elsewhere stands for: its own name in any spelling, or the thing itself."""
    word = str(key).replace("_", "").lower()
    found = {name.rpartition(".")[2].lower(): name for name in (*_SETTINGS, *_OF_TLS)} | _THINGS
    return below(PLACE, found[word]) if word in found else None


_OF_TLS = ("ssl.verificationMode", "ssl.proxyVerificationMode")
_THINGS = {
    **dict.fromkeys(("proxy", "url", "httpproxy", "httpsproxy"), "proxyUrl"),
    **dict.fromkeys(("noproxy", "bypass", "bypasshosts", "proxybypass"), "proxyBypassHosts"),
    **dict.fromkeys(("verification", "verify", "tlsverification", "rejectunauthorized"), "ssl.verificationMode"),
    **dict.fromkeys(("proxyverification",), "ssl.proxyVerificationMode"),
    **dict.fromkeys(("timeout",), "responseTimeout"),
}
"""What people call these settings, without capitals and underscores."""


def strangers(actions: Mapping[Any, Any]) -> Iterator[Problem]:
    """What may be a slip of the pen for a key that counts: to ignore it would open what its author closed."""
    for key in actions:
        head, _, rest = str(key).partition(".")
        if head in _SECTIONS or (head in _COUNTING and not rest) or head == "preconfigured":
            continue
        if meant := _OLD.get(head) or nearest(head, _COUNTING):
            yield Problem(below(PLACE, key_of(key)), f"is no key that is known here; did you mean `{meant}`?")


def read(actions: Mapping[Any, Any], kept: Reader) -> ActionsSettings:
    """The settings that count; what is wrong with them is kept."""
    given = {key: _given(actions, key, kept) for key in _SETTINGS}
    return ActionsSettings(**kept.settings(ActionsSettings, given, PLACE))


def doubtful(actions: Mapping[Any, Any]) -> Iterator[Problem]:
    """Durations that were given as bare numbers and are too short to be meant so."""
    if told := bare_milliseconds(actions.get("responseTimeout")):
        yield Problem(below(PLACE, "responseTimeout"), told)


def _given(actions: Mapping[Any, Any], key: str, kept: Reader) -> Any:
    at = below(PLACE, key)
    if key not in _SECTIONS:
        return undotted(actions.get(key), kept, at)
    found = section(actions, key, kept, at=PLACE)
    if key == "proxyHeaders":  # whose names may have dots in them
        return found or None
    left = LEFT_ALONE.get(_SETTINGS[key].type, ())
    whole = undotted(found, kept, at)
    if key == "rateLimiter":  # types of connectors: `.gen-ai`
        whole = without_first_dot(whole, kept, at)
    return {name: value for name, value in whole.items() if name not in left and is_given(value)} or None

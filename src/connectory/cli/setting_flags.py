"""A flag for every setting that kinds declare, made when a command that takes them is run or explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from connectory.keeping.places import Part

_META = "connectory.settings"
_NAMED = {
    ("credential", "kind"): "auth-type",
    ("credential", "source", "kind"): "workload-identity-provider",
    ("azure", "api_version"): "azure-api-version",
}
"""Flags that are not called as their settings are; the first two have the names of Airflow's `extra`."""


class SettingFlags(TyperCommand):
    """A command that takes all settings which are one value and no secret, as flags beside its own."""

    def get_params(self, ctx: Any) -> list[Any]:
        return [*super().get_params(ctx), *_options()]


def given_settings(context: typer.Context) -> Mapping[str, str]:
    """What the flags said: text by the path of its setting."""
    given: Mapping[str, str] = context.meta.get(_META, {})
    return given


def _options() -> Iterator[TyperOption]:
    from connectory.keeping.places import parts

    taken: set[str] = set()
    for part in parts():
        name, help = _name(part.place), _help(part)
        if name and help and name not in taken:
            taken.add(name)
            yield _option(name, ".".join(part.place), help)


def _option(name: str, path: str, help: str) -> TyperOption:
    def keep(context: typer.Context, _: Any, value: str | None) -> str | None:
        if value is not None:
            context.meta.setdefault(_META, {})[path] = value
        return value

    option = f"--{name}"
    return TyperOption(param_decls=[option], type=str, metavar="TEXT", help=help, callback=keep, expose_value=False)


def _name(place: tuple[str, ...]) -> str | None:
    """`tenant-id`, with the prefixes that Airflow's `extra` needs; None for what the client's arguments say too."""
    from connectory.dialects.flat_names import all_names

    if place in _NAMED:
        return _NAMED[place]
    if place[0] != "credential":
        return place[-1].replace("_", "-")
    flat = (name for name, own in all_names().items() if ("credential", *own.place) == place)
    return next(flat, "").replace("_", "-") or None


def _help(part: Part) -> str | None:
    """What a flag says of its setting; None for what is no flag: secrets, objects, and parts of several values."""
    from connectory.credentials import CREDENTIALS
    from connectory.provider import PROVIDERS, Provider
    from connectory.subject_tokens import SOURCES

    kinds = {("credential", "kind"): CREDENTIALS.names, ("credential", "source", "kind"): SOURCES.names}
    if part.place in kinds:
        return f"One of {', '.join(kinds[part.place])}."
    setting = part.setting
    if setting is None or setting.name.startswith("_"):
        return None
    choices = tuple(PROVIDERS) if setting.type is Provider else setting.choices
    if setting.type in (str, bool, int, float, Provider) or setting.name == "timeout":
        return f"{setting.help} One of {', '.join(choices)}." if choices else setting.help
    return None

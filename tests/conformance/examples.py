"""Examples of credentials and of token sources, made of nothing but what the kinds declare of their own settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection
from connectory.credential import Credential
from connectory.credentials import CREDENTIALS
from connectory.provider import PROVIDERS
from connectory.secret import Secret
from connectory.setting import Setting, settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES

URLS = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://resource.openai.azure.com/openai/v1",
    "other": "https://llm.example.com/v1",
}


def settings(kind: type) -> Mapping[str, Setting]:
    return settings_of(kind)


def canary(name: str) -> str:
    return f"sk-canary-{name.replace('_', '-')}"


def examples() -> Iterator[tuple[str, Credential]]:
    """Every kind of credential, with every source of subject tokens where it has one; each with a name for people."""
    for name in CREDENTIALS.names:
        kind = CREDENTIALS.kind(name)
        if any(setting.type is SubjectTokenSource for setting in settings(kind).values()):
            yield from ((f"{name}-{source}", filled(kind, source)) for source in SOURCES.names)
        else:
            yield name, filled(kind)


def filled(kind: type, source: str | None = None) -> Any:
    """An example with every setting that goes with the others; problems name those that do not."""
    values = {name: value_for(setting, source) for name, setting in settings(kind).items()}
    while unwanted := {problem.path for problem in problems(kind(**values))} & values.keys():
        values = {name: value for name, value in values.items() if name not in unwanted}
    assert problems(kind(**values)) == []
    return kind(**values)


def value_for(setting: Setting, source: str | None) -> Any:
    """Some value of the setting's type that is not its default."""
    simple = {Secret: Secret(canary(setting.name)), bool: not setting.default, str: f"some-{setting.name}"}
    if setting.choices:
        return setting.choices[-1]
    if setting.type in simple:
        return simple[setting.type]
    if setting.type in (int, float):
        return setting.type((setting.minimum or 0) + 7)
    if setting.type is SubjectTokenSource:
        return filled(SOURCES.kind(source or SOURCES.names[0]))
    return filled(setting.type)


def problems(credential: Any) -> list[Any]:
    return list(credential.problems()) if isinstance(credential, Credential) else []


def connection_with(credential: Credential) -> Connection:
    provider = sorted(credential.providers)[0]
    return Connection(id="case", name="case", provider=PROVIDERS[provider], url=URLS[provider], credential=credential)


def secrets_in(part: object) -> Iterator[str]:
    """The secrets of an example."""
    for name, setting in settings(type(part)).items():
        if setting.type is Secret and getattr(part, name) is not None:
            yield canary(name)
        elif setting.type is SubjectTokenSource:
            yield from secrets_in(getattr(part, name))

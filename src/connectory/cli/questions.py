"""What the shell asks on a terminal, when a connection is made, for what was not said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from connectory.cli.secrets import prompted
from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.keeping.edits import Edit
from connectory.provider import OPENAI, OTHER, PROVIDERS
from connectory.secret import Secret
from connectory.setting import Setting, settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES

if TYPE_CHECKING:
    from connectory.dialects.kept import Place

_PROVIDER, _URL = ("provider",), ("url",)
_KIND, _SOURCE = ("credential", "kind"), ("credential", "source", "kind")


def main_secret(kind: str) -> str | None:
    """The path of the secret that a kind of credential is about; None for one that holds none."""
    declared = _declared(kind)
    return next((f"credential.{name}" for name, setting in declared.items() if setting.type is Secret), None)


def completed(edit: Edit) -> Edit:
    """The edit with what somebody on the terminal adds to it: what a connection needs and nobody said."""
    values: dict[Place, Any] = dict(edit.values)
    if _PROVIDER not in values:
        values[_PROVIDER] = _asked(f"Provider ({', '.join(PROVIDERS)})", OPENAI.name)
    if values[_PROVIDER] != OPENAI.name and _URL not in values and ("client", "base_url") not in values:
        values[_URL] = _asked("URL")
    for place, label in _required(values.get(_KIND, DEFAULT_KIND)).items():
        if place not in values:
            values[place] = _asked(label)
    return _with_secret(Edit(values=values, secrets=edit.secrets))


def _with_secret(edit: Edit) -> Edit:
    kind = edit.values.get(_KIND, DEFAULT_KIND)
    path = main_secret(str(kind))
    if path is None or any(place[0] in ("credential", "tls") for place in edit.secrets):
        return edit
    optional = kind == DEFAULT_KIND and edit.values[_PROVIDER] == OTHER.name
    label = _declared(kind)[path.partition(".")[2]].label
    secret = prompted(f"{label} (nothing for a service that asks for none)" if optional else label)
    if secret:
        return Edit(values=edit.values, secrets={**edit.secrets, tuple(path.split(".")): Secret(secret)})
    return Edit(values={**edit.values, _KIND: "none"}, secrets=edit.secrets) if optional else edit


def _required(kind: object) -> Mapping[Place, str]:
    """What a kind of credential cannot be without, with what people call it."""
    declared = _declared(kind)
    asked = {name: setting for name, setting in declared.items() if setting.required and setting.type is not Secret}
    return {
        _SOURCE if setting.type is SubjectTokenSource else ("credential", name): (
            f"{setting.label} ({', '.join(SOURCES.names)})" if setting.type is SubjectTokenSource else setting.label
        )
        for name, setting in asked.items()
    }


def _declared(kind: object) -> Mapping[str, Setting]:
    if kind not in CREDENTIALS.names:
        return {}
    credential: type = CREDENTIALS.kind(str(kind))
    return settings_of(credential)


def _asked(label: str, default: str | None = None) -> str:
    return str(typer.prompt(label, default=default, err=True)).strip()

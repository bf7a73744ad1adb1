"""The fields of Airflow's connection form, from what the kinds declare of their own settings.

The form writes every field that nobody touched as null, or as its default: so there are no defaults here, and the
dialect takes null and `""` for nothing. Source: Airflow 3.3, `conn-fields` of a provider, and its React form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.connection import AzureSettings, ClientSettings, Connection
from connectory.credentials import CREDENTIALS
from connectory.dialects.airflow_keys import CLIENT, HIDDEN, PLACES
from connectory.dialects.flat_names import AUTH_TYPE, all_names
from connectory.provider import PROVIDERS, Provider
from connectory.secret import Secret
from connectory.setting import Setting, settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings

_NOBODYS = ("foreign", "name")
"""Keys that a form has no use for: what is brought along, and what Airflow has a field of its own for."""

_PARTS: Mapping[str, type] = {
    "tls": TLSSettings,
    "network": NetworkSettings,
    "azure": AzureSettings,
    "client": ClientSettings,
}
_SECTIONS = {"entra_": "Microsoft Entra ID", "azure.": "Azure", "network.": "Proxy", "tls.": "TLS"}
"""What the form folds away under a heading, by how the key of a credential or a place in our document begins."""

_IDENTITY = "Workload identity"
"""The heading of all other keys of credentials."""

_TEXTS = ("ca", "client_certificate", "client_key", "entra_client_certificate")
"""Those that have more than one line."""


def form_fields() -> dict[str, Any]:
    """`conn-fields`: label, help and JSON schema of every key of `extra` that has a meaning here."""
    fields = {AUTH_TYPE: _choice("Authentication", "How the connection proves who calls.", CREDENTIALS.names)}
    for key, name in all_names().items():
        fields[key] = _under(_section(key) or _IDENTITY, _field(key, name.setting))
    for key, place in PLACES.items():
        if key not in _NOBODYS:
            fields[key] = _under(_section(place), _field(key, _declared(place)))
    hidden = {key: name for name, key in HIDDEN.items()}
    return {hidden.get(key, key): field for key, field in fields.items()}


def _section(key: str) -> str | None:
    return next((title for begin, title in _SECTIONS.items() if key.startswith(begin)), None)


def _under(section: str | None, field: dict[str, Any]) -> dict[str, Any]:
    return {**field, "schema": {**field["schema"], "section": section}} if section else field


def _declared(place: str) -> Setting:
    """The setting at a place of our document (`tls.ca`)."""
    part, _, name = place.rpartition(".")
    kind = _PARTS[part] if part else Connection
    found: Setting = next(setting for setting in settings_of(kind).values() if setting.key == name)
    return found


def _field(key: str, setting: Setting) -> dict[str, Any]:
    if setting.type is SubjectTokenSource:
        return _choice(setting.label, setting.help, SOURCES.names)
    if setting.type is Provider:
        return _choice(setting.label, setting.help, tuple(PROVIDERS))
    if setting.choices:
        return _choice(setting.label, setting.help, setting.choices)
    return {"label": _label(key, setting), "description": setting.help, "schema": _schema(key, setting)}


def _label(key: str, setting: Setting) -> str:
    return "Client arguments" if key == CLIENT else setting.label


def _schema(key: str, setting: Setting) -> dict[str, Any]:
    if setting.type is Secret:
        return {"type": ["string", "null"], "format": "multiline" if key in _TEXTS else "password"}
    if setting.type is bool:
        return {"type": ["boolean", "null"]}
    if setting.type in (int, float):
        limits = {"minimum": setting.minimum, "maximum": setting.maximum}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        return {"type": ["integer" if setting.type is int else "number", "null"], **given}
    if setting.type is str:
        return {"type": ["string", "null"]}
    return {"type": ["object", "null"]}


def _choice(label: str, help: str, choices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "label": label,
        "description": help,
        # Null is no choice: the form would say "null" where nothing is chosen. It can be cleared all the same.
        "schema": {"type": ["string", "null"], "enum": [*choices]},
    }

"""The JSON Schema of documents, from what the kinds declare of their own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.connection import ClientSettings, Connection
from connectory.credential import Credential
from connectory.credentials import DEFAULT_KIND, KINDS, credential_kind
from connectory.dialects import own
from connectory.dialects.configuration import LATER
from connectory.dialects.values import SECRET_SCHEMA, VALUE_TYPES
from connectory.setting import Setting, settings_of

_LEFT_OUT = {"enum": [None, ""]}
"""What a document may say in place of nothing."""
_LIFTED = {
    "api_key": {"anyOf": [SECRET_SCHEMA, _LEFT_OUT]},
    "base_url": {"anyOf": [{"type": "string"}, _LEFT_OUT]},
    "workload_identity": _LEFT_OUT,
}
"""Arguments of the client that become parts of the connection."""


def configuration_schema() -> dict[str, Any]:
    """The schema of the configuration file, whose keys may also be written dotted."""
    connections = _or_nothing({"type": "object", "additionalProperties": {"$ref": "#/$defs/connection"}})
    model = _or_nothing({"type": "string"})
    preconfigured = _or_nothing({"type": "object"})
    actions = {"type": "object", "properties": {"preconfigured": preconfigured}}
    ours = {
        "type": "object",
        "properties": {"connections": connections, "default_model": model, **dict.fromkeys(LATER, _LEFT_OUT)},
        "patternProperties": {r"^connections\.": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "connectory configuration",
        "type": "object",
        "properties": {
            "connectory": _or_nothing(ours),
            "xpack": _or_nothing({"type": "object", "properties": {"actions": _or_nothing(actions)}}),
            "connectory.connections": connections,
            "connectory.default_model": model,
            "xpack.actions.preconfigured": preconfigured,
        },
        "$defs": {"connection": connection_schema(), "credential": _credential_schema()},
    }


def connection_schema() -> dict[str, Any]:
    """The schema of one connection's document."""
    return _object_schema(Connection, also=dict.fromkeys(own.LATER, _LEFT_OUT))


def _object_schema(kind: type, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    declared = settings_of(kind)
    properties = {name: _schema_of(setting) for name, setting in declared.items()}
    required = [name for name, setting in declared.items() if setting.required and setting.type is not Credential]
    return {
        "type": "object",
        "properties": {**(also or {}), **properties},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _schema_of(setting: Setting) -> dict[str, Any]:
    about = {"title": setting.label, "description": setting.help}
    return {**about, **_or_nothing(_value_schema(setting))}


def _or_nothing(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, _LEFT_OUT]}


def _value_schema(setting: Setting) -> dict[str, Any]:
    if setting.type is Credential:
        return {"$ref": "#/$defs/credential"}
    if setting.type is ClientSettings:
        return _object_schema(ClientSettings, also=_LIFTED)
    if setting.type not in VALUE_TYPES:
        return _object_schema(setting.type)
    return VALUE_TYPES[setting.type].schema(setting)


def _credential_schema() -> dict[str, Any]:
    """One branch a kind; a credential that names none is of the default kind."""
    return {"anyOf": [_object_schema(credential_kind(name), also={"kind": _kind(name)}) for name in KINDS]}


def _kind(name: str) -> dict[str, Any]:
    return {"enum": [name, None, ""], "default": name} if name == DEFAULT_KIND else {"const": name}

"""The JSON Schema of documents, from what the kinds declare of their own settings."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from connectory.connection import ClientSettings, Connection
from connectory.dialects import own
from connectory.dialects.actions_reading import LEFT_ALONE
from connectory.dialects.actions_settings import ActionsSettings
from connectory.dialects.configuration import LATER, SECTIONS
from connectory.dialects.families import FAMILIES
from connectory.dialects.operator_settings import LATER_WITHIN, OperatorSettings
from connectory.dialects.reading import kind_in_list, kind_in_map, may_be_empty
from connectory.dialects.values import SECRET_SCHEMA, VALUE_TYPES
from connectory.family import Family
from connectory.setting import Setting, settings_of

_LEFT_OUT = {"enum": [None, ""]}
"""What a document may say in place of nothing."""
_TEXT = {"type": "string"}
_IDENTITY = {
    "type": "object",
    "properties": {
        "type": {"const": "x509"},
        "identity_provider_id": _TEXT,
        "service_account_id": _TEXT,
        "refresh_buffer_seconds": {"anyOf": [{"type": ["number", "string"], "minimum": 0}, _LEFT_OUT]},
    },
    "required": ["type", "identity_provider_id", "service_account_id"],
    "additionalProperties": _LEFT_OUT,
}
"""The SDK's X.509 identity, the only one that JSON can express."""
_LIFTED = {
    "api_key": {"anyOf": [SECRET_SCHEMA, _LEFT_OUT]},
    "base_url": {"anyOf": [_TEXT, _LEFT_OUT]},
    "workload_identity": {"anyOf": [_IDENTITY, _LEFT_OUT]},
}
"""Arguments of the client that become parts of the connection."""


def configuration_schema() -> dict[str, Any]:
    """The schema of the configuration file, whose keys may also be written dotted."""
    connections = _or_nothing({"type": "object", "additionalProperties": {"$ref": "#/$defs/connection"}})
    preconfigured = _or_nothing({"type": "object"})
    elastics = {"preconfigured": preconfigured, **_properties_of(ActionsSettings)}
    actions = {"type": "object", "properties": elastics}
    keys = {"connections": connections, **_properties_of(OperatorSettings)}
    ours = {
        "type": "object",
        "properties": {**keys, **dict.fromkeys(LATER, _LEFT_OUT)},
        "patternProperties": {rf"^({'|'.join(SECTIONS)})\.": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "connectory configuration",
        "type": "object",
        "properties": {
            "connectory": _or_nothing(ours),
            "xpack": _or_nothing({"type": "object", "properties": {"actions": _or_nothing(actions)}}),
            **{f"connectory.{name}": schema for name, schema in keys.items()},
            **{f"xpack.actions.{name}": schema for name, schema in elastics.items()},
        },
        "$defs": {"connection": connection_schema(), **{_name_of(base): _family_schema(base) for base in FAMILIES}},
    }


def connection_schema() -> dict[str, Any]:
    """The schema of one connection's document."""
    return _object_schema(Connection, also=dict.fromkeys(own.LATER, _LEFT_OUT))


def _object_schema(kind: type, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    settings = settings_of(kind).values()
    required = [setting.key for setting in settings if setting.required and not may_be_empty(setting)]
    return {
        "type": "object",
        "properties": {**(also or {}), **_properties_of(kind)},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _properties_of(kind: type) -> dict[str, Any]:
    return {setting.key: _schema_of(setting) for setting in settings_of(kind).values()}


def _schema_of(setting: Setting) -> dict[str, Any]:
    about = {"title": setting.label, "description": setting.help}
    return {**about, **_or_nothing(_value_schema(setting))}


def _or_nothing(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, _LEFT_OUT]}


def _value_schema(setting: Setting) -> dict[str, Any]:
    if setting.type in FAMILIES:
        return {"$ref": f"#/$defs/{_name_of(setting.type)}"}
    if setting.type is ClientSettings:
        return _object_schema(ClientSettings, also=_LIFTED)
    if setting.type in VALUE_TYPES:
        return VALUE_TYPES[setting.type].schema(setting)
    if kind := kind_in_list(setting.type):
        return {"type": "array", "items": _part_schema(kind)}
    if kind := kind_in_map(setting.type):
        return {"type": "object", "additionalProperties": _part_schema(kind)}
    return _part_schema(setting.type)


def _part_schema(kind: type) -> dict[str, Any]:
    """A part made of settings; those of Elastic's may have dotted keys."""
    left: dict[str, Any] = {key: {} for key in LEFT_ALONE.get(kind, ())}
    schema = _object_schema(kind, also={**left, **dict.fromkeys(LATER_WITHIN.get(kind, ()), _LEFT_OUT)})
    inner = [setting.key for setting in settings_of(kind).values() if dataclasses.is_dataclass(setting.type)]
    return {**schema, "patternProperties": {rf"^({'|'.join(inner)})\.": {}}} if inner else schema


def _name_of(base: type) -> str:
    """`SubjectTokenSource` -> `subject_token_source`"""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", base.__name__).lower()


def _family_schema(base: type) -> dict[str, Any]:
    """One branch a kind; a part that names none is of the family's default kind, if there is one."""
    family = FAMILIES[base]
    return {"anyOf": [_kind_schema(family, name) for name in family.names]}


def _kind_schema(family: Family[Any], name: str) -> dict[str, Any]:
    if name == family.default:
        return _object_schema(family.kind(name), also={"kind": {"enum": [name, None, ""], "default": name}})
    branch = _object_schema(family.kind(name), also={"kind": {"const": name}})
    return {**branch, "required": ["kind", *branch.get("required", [])]}

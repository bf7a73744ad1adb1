"""Settings say everything that forms, schemas and tables need, once."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from connectory.connection import ClientSettings, Connection
from connectory.dialects.actions_settings import ActionsSettings
from connectory.dialects.client_arguments import LIFTED
from connectory.dialects.families import FAMILIES
from connectory.dialects.measures import Duration
from connectory.dialects.operator_settings import OperatorSettings
from connectory.dialects.reading import kind_in_list, kind_in_map
from connectory.dialects.values import VALUE_TYPES
from connectory.secret import Secret
from connectory.setting import Setting, setting, settings_of

NO_JSON = {"self", "provider", "http_client", "_enforce_credentials"}
"""What the SDK's constructor takes besides: objects that JSON cannot express, and a switch of its own subclasses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    needed: str = setting(help="Needed.")
    plain: int | None = setting(None, help="Plain.", label="Plain number", minimum=1)
    secret: Secret | None = setting(None, help="Hidden.", in_header=True)
    map: Mapping[str, str] = setting({"a": "b"}, help="A map.")
    foreign: Duration | None = setting(None, help="In foreign words.", key="inForeignWords", maximum=2)
    other: str = "no setting"


def all_kinds() -> Iterator[type]:
    """The connection, the operator's settings and Elastic's, and everything in them that is made of settings."""
    kinds = [family.kind(name) for family in FAMILIES.values() for name in family.names]
    waiting: list[type] = [Connection, OperatorSettings, ActionsSettings, *kinds]
    while waiting:
        kind = waiting.pop()
        yield kind
        types = [declared.type for declared in settings_of(kind).values()]
        inner = [kind_in_list(type) or kind_in_map(type) or type for type in types]
        waiting += [part for part in inner if dataclasses.is_dataclass(part) and part not in VALUE_TYPES]  # type: ignore[misc]


def every_setting() -> list[tuple[str, Setting]]:
    return [(kind.__name__, declared) for kind in all_kinds() for declared in settings_of(kind).values()]


def test_a_setting_has_what_it_was_declared_with() -> None:
    assert settings_of(Sample) == {
        "needed": declared("needed", str, required=True, help="Needed.", label="Needed"),
        "plain": declared("plain", int, help="Plain.", label="Plain number", minimum=1),
        "secret": declared("secret", Secret, help="Hidden.", label="Secret", in_header=True),
        "map": declared("map", Mapping[str, str], help="A map.", label="Map"),
        "foreign": declared(
            "foreign", Duration, key="inForeignWords", help="In foreign words.", label="Foreign", maximum=2
        ),
    }


def test_a_default_map_is_not_shared() -> None:
    assert Sample(needed="x").map is not Sample(needed="x").map


@pytest.mark.parametrize(("kind", "declared"), every_setting(), ids=lambda part: getattr(part, "name", part))
def test_every_setting_explains_itself_in_sentences(kind: str, declared: Setting) -> None:
    assert declared.help[0] == "`" or declared.help[0].isupper()
    assert declared.help.endswith(".")
    assert declared.label


def test_every_field_of_a_connection_but_its_place_is_a_setting() -> None:
    fields = {field.name for field in dataclasses.fields(Connection)}
    assert fields - settings_of(Connection).keys() == {
        *("id", "space", "source", "said_at", "warnings", "identity_endpoints", "network_policy")
    }


@pytest.mark.parametrize("kind", [kind for kind in all_kinds() if kind is not Connection])
def test_every_other_field_is_a_setting(kind: Any) -> None:
    assert [field.name for field in dataclasses.fields(kind)] == list(settings_of(kind))


def test_every_type_of_a_setting_can_be_read() -> None:
    types = {declared.type for _, declared in every_setting()}
    made_of_settings = {kind for kind in all_kinds() if kind is not Connection}
    single = {kind_in_list(type) or kind_in_map(type) or type for type in types - VALUE_TYPES.keys()}
    assert single - made_of_settings == set(FAMILIES)


def test_no_type_is_readable_in_vain() -> None:
    assert VALUE_TYPES.keys() - {declared.type for _, declared in every_setting()} == set()


def test_the_client_takes_every_argument_of_the_sdk_that_json_can_express() -> None:
    arguments = inspect.signature(openai.OpenAI.__init__).parameters.keys()
    assert {*settings_of(ClientSettings), *LIFTED} == arguments - NO_JSON


def test_what_the_sdk_sends_in_a_header_is_checked_as_one() -> None:
    checked = {name for name, declared in settings_of(ClientSettings).items() if declared.in_header}
    assert checked == {"admin_api_key", "organization", "project"}


def declared(name: str, type: Any, **facts: Any) -> Setting:
    rest = {"required": False, "default": None, "choices": (), "minimum": None, "maximum": None, "in_header": False}
    return Setting(name=name, type=type, **{"key": name, **rest, **facts})

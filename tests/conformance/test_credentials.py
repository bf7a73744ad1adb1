"""What every kind of credential keeps to. A new file in `credentials/` is tested here unasked."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from connectory.connection import Connection
from connectory.credential import Credential, Flow, Token, TokenRequest
from connectory.credentials import DEFAULT_KIND, KINDS, credential_kind
from connectory.dialects import own
from connectory.dialects.schema import configuration_schema
from connectory.errors import DocumentError
from connectory.provider import PROVIDERS
from connectory.secret import Secret
from connectory.setting import Setting, settings_of

URLS = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://resource.openai.azure.com/openai/v1",
    "other": "https://llm.example.com/v1",
}
FOREIGN = ("OpenAI", "Azure", "Entra", "Google", "Kubernetes", "AWS", "GitHub", "OAuth", "header")

each_kind = pytest.mark.parametrize("kind", [credential_kind(name) for name in KINDS], ids=KINDS)
Kind = type[Credential]


def settings(kind: type) -> Mapping[str, Setting]:
    return settings_of(kind)


def canary(name: str) -> str:
    return f"sk-canary-{name.replace('_', '-')}"


def value_for(setting: Setting) -> Any:
    """Some value of the setting's type that is not its default."""
    if setting.type is Secret:
        return Secret(canary(setting.name))
    if setting.type is bool:
        return not setting.default
    if setting.type is int:
        return int(setting.minimum or 0) + 7
    if setting.type is str:
        return setting.choices[-1] if setting.choices else f"some-{setting.name}"
    return filled(setting.type)


def filled(kind: type) -> Any:
    """An example with every setting that goes with the others; problems name those that do not."""
    values = {name: value_for(setting) for name, setting in settings(kind).items()}
    while unwanted := {problem.path for problem in problems(kind(**values))} & values.keys():
        values = {name: value for name, value in values.items() if name not in unwanted}
    assert problems(kind(**values)) == []
    return kind(**values)


def problems(credential: Any) -> list[Any]:
    return list(credential.problems()) if isinstance(credential, Credential) else []


def connection(kind: Kind) -> Connection:
    provider = sorted(kind.providers)[0]
    return Connection(id="case", name="case", provider=PROVIDERS[provider], url=URLS[provider], credential=filled(kind))


def secrets_in(credential: object) -> Iterator[str]:
    for name, setting in settings(type(credential)).items():
        if setting.type is Secret and getattr(credential, name) is not None:
            yield canary(name)


@each_kind
def test_a_kind_is_the_one_credential_of_the_file_that_has_its_name(kind: Kind) -> None:
    module = importlib.import_module(f"connectory.credentials.{kind.kind}")
    here = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    assert [value for value in here if isinstance(value, type) and issubclass(value, Credential)] == [kind]


@each_kind
def test_a_kind_is_a_frozen_dataclass_with_slots_and_keywords_only(kind: Kind) -> None:
    parameters = vars(kind)["__dataclass_params__"]
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    assert parameters.frozen
    assert not hasattr(filled(kind), "__dict__")
    assert [field.name for field in fields if not field.kw_only] == []


@each_kind
def test_every_field_is_a_setting_that_explains_itself(kind: Kind) -> None:
    fields = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    assert [name for name, setting in settings(kind).items() if setting.help.strip().endswith(".")] == fields


@each_kind
def test_a_kind_that_speaks_of_others_cites_its_source(kind: Kind) -> None:
    says = inspect.getdoc(kind) or ""
    assert says
    assert "Source: " in says or not any(word in says for word in FOREIGN)


@each_kind
def test_a_kind_goes_with_known_providers(kind: Kind) -> None:
    assert kind.providers
    assert kind.providers <= set(PROVIDERS)


@each_kind
def test_what_is_written_reads_as_the_same(kind: Kind) -> None:
    given = connection(kind)
    assert own.read("case", own.write(given)) == given


@each_kind
def test_what_is_written_is_json(kind: Kind) -> None:
    given = connection(kind)
    assert own.read("case", json.loads(json.dumps(own.write(given)))) == given


@each_kind
def test_its_secrets_are_never_shown(kind: Kind) -> None:
    given = connection(kind)
    shown = "\n".join(
        [
            repr(given),
            str(given),
            repr(given.credential),
            str(given.credential),
            repr(dataclasses.asdict(given.credential)),  # type: ignore[call-overload]
            json.dumps(own.write(given, public=True)),
        ]
    )
    assert [secret for secret in secrets_in(given.credential) if secret in shown] == []


@each_kind
def test_its_secrets_are_never_in_the_error_of_a_wrong_document(kind: Kind) -> None:
    document = own.write(connection(kind)) | {"url": "no URL", "credential_": 1}
    with pytest.raises(DocumentError) as caught:
        own.read("case", document)
    said = f"{caught.value} {caught.value!r}"
    assert [secret for secret in secrets_in(filled(kind)) if secret in said] == []


@each_kind
def test_its_flow_is_a_conversation_that_ends_in_a_token(kind: Kind) -> None:
    credential = filled(kind)
    assert inspect.isgenerator(credential.flow())
    assert isinstance(first_word(credential.flow()), TokenRequest | Token | None)


@each_kind
def test_a_silent_kind_yields_no_token_and_asks_for_none(kind: Kind) -> None:
    credential = filled(kind)
    assert first_word(credential.flow()) is None or not credential.silent


def first_word(flow: Flow) -> TokenRequest | Token | None:
    """What a flow asks for first, or what it ends in without asking."""
    try:
        return next(flow)
    except StopIteration as ended:
        token: Token | None = ended.value
        return token
    finally:
        flow.close()


@each_kind
def test_the_schema_takes_its_document(kind: Kind) -> None:
    jsonschema.validate(configuration(own.write(connection(kind))), configuration_schema())


@each_kind
def test_the_schema_refuses_a_key_that_it_does_not_have(kind: Kind) -> None:
    document = own.write(connection(kind))
    document["credential"]["unheard_of"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(configuration(document), configuration_schema())


def test_the_default_kind_is_one_of_them() -> None:
    assert DEFAULT_KIND in KINDS


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        credential_kind("unheard_of")


def configuration(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"connectory": {"connections": {"case": document}}}

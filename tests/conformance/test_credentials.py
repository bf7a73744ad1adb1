"""What every kind of credential keeps to. A new file in `credentials/` or `subject_tokens/` is tested here unasked."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
from collections.abc import Awaitable, Mapping
from typing import Any

import jsonschema
import pytest

from connectory.credential import Credential, Flow, FlowContext, Step, Token, TokenRequest
from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects import own
from connectory.dialects.schema import configuration_schema
from connectory.errors import DocumentError, SubjectTokenUnavailable
from connectory.family import Family
from connectory.provider import PROVIDERS
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES
from tests.conformance.examples import connection_with, examples, filled, secrets_in, settings

FOREIGN = ("OpenAI", "Azure", "Entra", "Google", "Kubernetes", "AWS", "GitHub", "OAuth", "header")
CONTEXT = FlowContext(classic=False, now=1_700_000_000.0)

Kind = type[Any]
KINDS: list[tuple[str, Family[Any], str]] = [
    *(("credentials", CREDENTIALS, name) for name in CREDENTIALS.names),
    *(("subject_tokens", SOURCES, name) for name in SOURCES.names),
]

each_kind = pytest.mark.parametrize(
    ("folder", "kind"), [(folder, family.kind(name)) for folder, family, name in KINDS], ids=[kind[2] for kind in KINDS]
)
each_credential = pytest.mark.parametrize("name", CREDENTIALS.names)
each_example = pytest.mark.parametrize(
    "credential", [pytest.param(credential, id=name) for name, credential in examples()]
)


@each_kind
def test_a_kind_is_the_only_one_of_the_file_that_has_its_name(folder: str, kind: Kind) -> None:
    module = importlib.import_module(f"connectory.{folder}.{kind.kind}")
    here = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    bases = (Credential, SubjectTokenSource)
    assert [value for value in here if isinstance(value, type) and issubclass(value, bases)] == [kind]


@each_kind
def test_a_kind_is_a_frozen_dataclass_with_slots_and_keywords_only(folder: str, kind: Kind) -> None:
    parameters = vars(kind)["__dataclass_params__"]
    assert parameters.frozen
    assert not hasattr(filled(kind), "__dict__")
    assert [field.name for field in dataclasses.fields(kind) if not field.kw_only] == []


@each_kind
def test_every_field_is_a_setting_that_explains_itself(folder: str, kind: Kind) -> None:
    fields = [field.name for field in dataclasses.fields(kind)]
    assert [name for name, setting in settings(kind).items() if setting.help.strip().endswith(".")] == fields


@each_kind
def test_a_kind_that_speaks_of_others_cites_its_source(folder: str, kind: Kind) -> None:
    says = inspect.getdoc(kind) or ""
    assert says
    assert "Source" in says or not any(word in says for word in FOREIGN)


@each_kind
def test_no_two_of_its_settings_share_a_flat_name_with_a_key_of_the_connection(folder: str, kind: Kind) -> None:
    prefix = getattr(kind, "flat_prefix", "")
    taken = {"auth_type", "workload_identity_provider", "provider", "model", "endpoint", "headers", "labels", "proxy"}
    taken |= {"azure_api_version", "azure_deployments", "openai_client_kwargs", "verification_mode", "ca", "ca_mode"}
    taken |= {"client_certificate", "client_key"}
    assert [name for name in settings(kind) if prefix + name in taken] == []


@each_credential
def test_a_kind_goes_with_known_providers(name: str) -> None:
    kind = CREDENTIALS.kind(name)
    assert kind.providers
    assert kind.providers <= set(PROVIDERS)


@each_example
def test_what_is_written_reads_as_the_same(credential: Credential) -> None:
    given = connection_with(credential)
    assert own.read("case", own.write(given)) == given


@each_example
def test_what_is_written_is_json(credential: Credential) -> None:
    given = connection_with(credential)
    assert own.read("case", json.loads(json.dumps(own.write(given)))) == given


@each_example
def test_its_secrets_are_never_shown(credential: Credential) -> None:
    given = connection_with(credential)
    shown = "\n".join(
        [
            repr(given),
            str(given),
            repr(credential),
            str(credential),
            repr(dataclasses.asdict(credential)),  # type: ignore[call-overload]
            json.dumps(own.write(given, public=True)),
        ]
    )
    assert [secret for secret in secrets_in(credential) if secret in shown] == []


@each_example
def test_its_secrets_are_never_in_the_error_of_a_wrong_document(credential: Credential) -> None:
    document = own.write(connection_with(credential)) | {"url": "no URL", "credential_": 1}
    with pytest.raises(DocumentError) as caught:
        own.read("case", document)
    said = f"{caught.value} {caught.value!r}"
    assert [secret for secret in secrets_in(credential) if secret in said] == []


@each_example
def test_its_flow_is_a_conversation_that_ends_in_a_token(credential: Credential) -> None:
    assert inspect.isgenerator(credential.flow(CONTEXT))
    assert isinstance(first_word(credential.flow(CONTEXT)), TokenRequest | Awaitable | Token | None)


@each_example
def test_one_that_asks_for_its_token_says_so(credential: Credential) -> None:
    asks = isinstance(first_word(credential.flow(CONTEXT)), TokenRequest | Awaitable)
    assert credential.exchanged or not asks


@each_example
def test_a_silent_kind_yields_no_token_and_asks_for_none(credential: Credential) -> None:
    assert not credential.silent or first_word(credential.flow(CONTEXT)) is None


@each_example
def test_the_schema_takes_its_document(credential: Credential) -> None:
    jsonschema.validate(configuration(own.write(connection_with(credential))), configuration_schema())


@each_example
def test_the_schema_refuses_a_key_that_it_does_not_have(credential: Credential) -> None:
    document = own.write(connection_with(credential))
    document["credential"]["unheard_of"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(configuration(document), configuration_schema())


def test_the_default_kind_is_one_of_them() -> None:
    assert DEFAULT_KIND in CREDENTIALS.names


@pytest.mark.parametrize("family", [CREDENTIALS, SOURCES])
def test_an_unknown_kind_is_a_key_error(family: Family[Any]) -> None:
    with pytest.raises(KeyError):
        family.kind("unheard_of")


def first_word(flow: Flow) -> Step | Token | SubjectTokenUnavailable | None:
    """What a flow asks for first, or what it ends in without asking; None where there is no token to be had here."""
    try:
        return next(flow)
    except StopIteration as ended:
        token: Token | None = ended.value
        return token
    except SubjectTokenUnavailable:
        return None
    finally:
        flow.close()


def configuration(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"connectory": {"connections": {"case": document}}}

"""The JSON Schema says what the reading does, for editors and for `connectory schema`."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from connectory.connection import AzureSettings, ClientSettings, Connection
from connectory.credentials import CREDENTIALS
from connectory.dialects import own
from connectory.dialects.actions_settings import (
    ActionsSettings,
    CustomHost,
    HostMail,
    HostTLS,
    RateLimit,
    RunRules,
    TLSRules,
)
from connectory.dialects.families import FAMILIES
from connectory.dialects.operator_settings import IdentitySettings, NetworkRules, OperatorSettings, UsageSettings
from connectory.dialects.schema import configuration_schema
from connectory.errors import DocumentError
from connectory.setting import settings_of
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings

SCHEMA = configuration_schema()
IDS = {"identity_provider_id": "i", "service_account_id": "s"}
KEY = {"credential": {"api_key": "k"}}


def accepts(document: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def accepts_connection(document: object) -> bool:
    return accepts({"connectory": {"connections": {"case": document}}})


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "document",
    [
        KEY,
        {**KEY, "url": None, "headers": "", "client": None, "azure": None, "labels": {"a": None}},
        {"credential": {"kind": "none"}, "provider": "other", "url": "http://h"},
        {"credential": {"kind": None, "api_key": {"env": "KEY"}}},
        {"client": {"api_key": "k", "base_url": "https://h"}},
        {"credential": {"api_key": {"file": "/run/key"}, "organization": "o"}},
        {**KEY, "headers": {"X-A": "a", "X-B": {"secret": "b"}, "X-C": {"env": "C"}, "X-D": None}},
        {**KEY, "client": {"timeout": None}},
        {**KEY, "client": {"timeout": "10", "max_retries": "3"}},
        {**KEY, "client": {"timeout": {"connect": 1, "read": None, "write": "2", "pool": 3}}},
        {**KEY, "client": {"_strict_response_validation": "true", "data_residency": "eu"}},
        {**KEY, "client": {"default_query": {"a": [1]}}},
        {**KEY, "azure": {"api_version": "V", "deployments": {"m": "d"}}},
        {**KEY, "tls": None, "network": "", "gateway": None},
        {**KEY, "client": {"default_query": {"key": "x", "trace": None}}},
        {**KEY, "tls": {"verification": "none", "minimum_version": 1.2, "ca": {"file": "/ca.pem"}, "ca_mode": "add"}},
        {**KEY, "tls": {"minimum_version": "1.3", "certificate": None, "private_key": ""}},
        {**KEY, "network": {"proxy": "none", "proxy_username": {"env": "USER"}, "proxy_password": None}},
        {"provider": "other", "url": "https://h", "tls": {"certificate": {"env": "C"}, "private_key": {"env": "K"}}},
        {"credential": {"kind": "workload_identity", **IDS, "source": {"kind": "gcp", "audience": None}}},
        {"credential": {"kind": "x509_workload_identity", **IDS, "refresh_buffer_seconds": "300"}},
        {"client": {"workload_identity": {"type": "x509", **IDS, "refresh_buffer_seconds": None}}},
    ],
)
def test_what_is_read_is_valid(document: dict[str, Any]) -> None:
    own.read("case", document)
    assert accepts_connection(document)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {**KEY, "modle": "m"},
        {**KEY, "modle": None},
        {**KEY, "provider": "openia"},
        {**KEY, "model": 1},
        {**KEY, "headers": {"X": 1}},
        {**KEY, "headers": {"X": {"envv": "A"}}},
        {**KEY, "azure": {"apiVersion": "V"}},
        {**KEY, "client": {"proxy": "http://p"}},
        {**KEY, "client": {"max_retries": -1}},
        {**KEY, "client": {"timeout": {"connect": 1}}},
        {**KEY, "client": {"timeout": {"connect": 1, "read": 1, "write": 1, "pool": 1, "total": 1}}},
        {**KEY, "client": {"data_residency": "mars"}},
        {"credential": {"kind": "unheard_of"}},
        {"credential": {"kind": "none", "api_key": "k"}},
        {"credential": {"api_key": {"env": "A", "file": "b"}}},
        {"credential": "k"},
        {**KEY, "tls": {"cert": "x"}},
        {**KEY, "tls": {"minimum_version": 1.1}},
        {**KEY, "tls": {"verification": "some"}},
        {**KEY, "network": {"proxies": "x"}},
        {**KEY, "network": "none"},
        {"credential": {"kind": "workload_identity", **IDS}},
        {"credential": {"kind": "workload_identity", **IDS, "source": {"audience": "a"}}},
        {"credential": {"kind": "workload_identity", **IDS, "source": {"kind": "gcp", "resource": "r"}}},
        {"credential": {"kind": "x509_workload_identity", **IDS, "refresh_buffer_seconds": -1}},
        {"client": {"workload_identity": {"type": "x509", **IDS, "audience": "a"}}},
        {"client": {"workload_identity": IDS}},
    ],
)
def test_what_is_refused_for_its_shape_is_not_valid(document: Any) -> None:
    with pytest.raises(DocumentError):
        own.read("case", document)
    assert not accepts_connection(document)


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"connectory": {"connections": {"a": KEY}, "default_model": "m"}},
        {"connectory.connections": {"a": KEY}, "connectory.default_model": "m"},
        {"connectory": {"connections.a": KEY, "connections.b.credential.api_key": "k"}},
        {"connectory.connections.a": KEY},
        {"connectory": {"network": None, "server": "", "default_model": None, "connections": ""}, "xpack": None},
        {"connectory": {"workload_identity.hosts": ["h"], "workload_identity": {"exchange_url": "https://h"}}},
        {"connectory": {"token_file_directories": [], "custom_token_providers": ["a.b"]}},
        {"connectory.workload_identity": {"azure_metadata_url": None}, "connectory.token_file_directories": None},
        {"xpack": {"actions": {"preconfigured": {}}}, "server.port": 5601},
        {"xpack.actions.preconfigured": {"a": {"name": "n"}}},
        {"connectory": {"network.ca": {"file": "/ca.pem"}, "network": {"private_networks": ["10.0.0.0/8"]}}},
        {"connectory.network": {"trust_environment": False, "resolve": "here", "proxy_password": {"env": "P"}}},
        {"connectory.usage": {"models": "models.json", "prices": None}},
        {"xpack.actions.proxyUrl": "http://p", "xpack.actions.proxyHeaders": {"X": {"env": "X"}, "Y": None}},
        {"xpack.actions.ssl.verificationMode": "none", "xpack.actions.responseTimeout": "30s"},
        {"xpack": {"actions": {"allowedHosts": [], "ssl": {"proxyVerificationMode": "none"}, "email": {"a": 1}}}},
        {"xpack": {"actions": {"run": {"maxAttempts": 3, "connectorTypeOverrides": [{"id": ".index"}]}}}},
        {"xpack": {"actions": {"rateLimiter": {"gen-ai": {"limit": 1, "lookbackWindow": "1m"}}}}},
        {
            "xpack.actions.customHostSettings": [
                {"url": "https://h", "ssl": {"certificateAuthoritiesFiles": "ca.pem"}},
                {"url": "https://i", "ssl.certificateAuthoritiesFiles": ["a.pem"], "smtp": None},
            ]
        },
    ],
)
def test_files_are_dotted_or_nested(file: dict[str, Any]) -> None:
    assert accepts(file)


@pytest.mark.parametrize(
    "file",
    [
        [],
        {"connectory": {"conections": {}}},
        {"connectory": {"network": {"cas": "x"}}},
        {"connectory": {"network": {"private_networks": "10.0.0.0/8"}}},
        {"connectory": {"network": {"resolve": "there"}}},
        {"connectory": {"usage": {"prices": "p.yml"}}},
        {"xpack.actions.allowedHosts": "h"},
        {"xpack.actions.responseTimeout": 1.5},
        {"xpack.actions.ssl": {"verificationMode": "some"}},
        {"xpack": {"actions": {"proxyUrl": {}}}},
        {"xpack": {"actions": {"run": {"maxAttempts": 11}}}},
        {"xpack": {"actions": {"rateLimiter": {"gen-ai": {"limit": 1}}}}},
        {"xpack": {"actions": {"customHostSettings": [{"url": "https://h", "sssl": {}}]}}},
        {"connectory": {"default_model": 1}},
        {"connectory": []},
        {"connectory": {"workload_identity": {"host": []}}},
        {"connectory": {"token_file_directories": "/run"}},
        {"connectory.connections": {"a": {"modle": "m"}}},
        {"xpack.actions.preconfigured": []},
    ],
)
def test_files_with_wrong_keys_are_not_valid(file: Any) -> None:
    assert not accepts(file)


def test_every_setting_is_described() -> None:
    connection = SCHEMA["$defs"]["connection"]["properties"]
    ours = SCHEMA["properties"]["connectory"]["anyOf"][0]["properties"]
    inner = [connection[name]["anyOf"][0]["properties"] for name in ("client", "tls", "network", "azure")]
    elastics = SCHEMA["properties"]["xpack"]["anyOf"][0]["properties"]["actions"]["anyOf"][0]["properties"]
    inner += [ours[name]["anyOf"][0]["properties"] for name in ("workload_identity", "network", "usage")]
    inner += [elastics, *(elastics[name]["anyOf"][0]["properties"] for name in ("ssl", "run"))]
    inner.append(host := elastics["customHostSettings"]["anyOf"][0]["items"]["properties"])
    inner += [host[name]["anyOf"][0]["properties"] for name in ("ssl", "smtp")]
    inner.append(elastics["rateLimiter"]["anyOf"][0]["additionalProperties"]["properties"])
    described = {
        (name, part["description"])
        for parts in (connection, ours, *inner)
        for name, part in parts.items()
        if "title" in part
    }
    kinds = (
        Connection,
        ClientSettings,
        TLSSettings,
        NetworkSettings,
        AzureSettings,
        OperatorSettings,
        IdentitySettings,
        NetworkRules,
        UsageSettings,
        ActionsSettings,
        TLSRules,
        RunRules,
        CustomHost,
        HostTLS,
        HostMail,
        RateLimit,
    )
    declared = [setting for kind in kinds for setting in settings_of(kind).values()]
    assert described == {(setting.key, setting.help) for setting in declared}


@pytest.mark.parametrize("base", FAMILIES, ids=lambda base: base.__name__)
def test_every_kind_has_a_branch(base: type) -> None:
    name = {"Credential": "credential", "SubjectTokenSource": "subject_token_source"}[base.__name__]
    kinds = [branch["properties"]["kind"] for branch in SCHEMA["$defs"][name]["anyOf"]]
    assert [kind.get("const") or kind["enum"][0] for kind in kinds] == list(FAMILIES[base].names)


def test_only_the_default_kind_may_be_left_unsaid() -> None:
    unsaid = [branch for branch in SCHEMA["$defs"]["credential"]["anyOf"] if "kind" not in branch.get("required", [])]
    assert [branch["properties"]["kind"]["default"] for branch in unsaid] == [CREDENTIALS.default]

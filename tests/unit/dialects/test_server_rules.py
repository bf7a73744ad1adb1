"""What a server refuses that everybody else takes."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.dialects import own
from connectory.dialects.operator_settings import IdentitySettings, OperatorSettings
from connectory.dialects.server_rules import problems_on_server

IDS = {"identity_provider_id": "i", "service_account_id": "s"}
FOR_OPENAI = (
    "is no host that the token of a workload identity may be sent to; these are `api.openai.com`, `*.api.openai.com`"
)


def refused(document: dict[str, Any], **operator: Any) -> list[tuple[str, str]]:
    found = problems_on_server(own.read("case", document), OperatorSettings(**operator))
    return [(problem.path, problem.message) for problem in found]


def identity(source: dict[str, Any] | None = None, **document: Any) -> dict[str, Any]:
    credential = {"kind": "workload_identity", **IDS, "source": source or {"kind": "gcp"}}
    return {**document, "credential": {**credential, **document.pop("credential", {})}}


@pytest.mark.parametrize(
    "document",
    [
        {"credential": {"api_key": "k"}, "url": "https://anywhere/v1"},
        {"credential": {"kind": "none"}, "provider": "other", "url": "http://localhost:1"},
        identity(),
        identity({"kind": "kubernetes"}),
    ],
)
def test_most_connections_are_taken(document: dict[str, Any]) -> None:
    assert refused(document) == []


def test_code_is_run_only_if_the_operator_names_it() -> None:
    document = identity({"kind": "custom", "token_provider": "tokens.vault"})
    assert refused(document, custom_token_providers=("tokens.vault",)) == []
    assert refused(document, custom_token_providers=("tokens.vault.other", "tokens")) == [
        ("credential.source.token_provider", "is not among the functions in `connectory.custom_token_providers`")
    ]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/var/run/secrets/token", True),
        ("/var/run/secrets/deep/er/token", True),
        ("/var/run//secrets/./token", True),
        ("/var/run/secrets", False),
        ("/var/run/secrets/", False),
        ("/var/run/secrets-of-others/token", False),
        ("/var/run/secrets/../token", False),
        ("/var/run/secrets/a/../token", False),
        ("/etc/passwd", False),
        ("var/run/secrets/token", False),
    ],
)
def test_files_are_read_only_in_directories_for_them(path: str, taken: bool) -> None:
    found = refused(identity({"kind": "kubernetes", "token_file_path": path}))
    message = "must lie in a directory of `connectory.token_file_directories`: `/var/run/secrets`"
    assert found == ([] if taken else [("credential.source.token_file_path", message)])


def test_an_operator_may_name_other_directories_or_none() -> None:
    document = identity({"kind": "kubernetes", "token_file_path": "/run/tokens/t"})
    assert refused(document, token_file_directories=("/run/tokens/",)) == []
    assert [path for path, _ in refused(document, token_file_directories=())] == ["credential.source.token_file_path"]


def test_where_tokens_are_exchanged_is_the_operators_choice() -> None:
    assert refused(identity(credential={"exchange_url": "https://auth.openai.com/oauth/token"})) == [
        ("credential.exchange_url", "is chosen by the operator, in `connectory.workload_identity.exchange_url`")
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://API.openai.com./v1",
        "https://eu.api.openai.com/v1",
        "https://mtls.api.openai.com/v1",
        "https://mtls-us.api.openai.com/v1",
        "https://llm.example.com:8443/v1",
        "https://[::1]/v1",
    ],
)
def test_a_token_goes_to_openais_hosts_and_to_those_that_the_operator_names(url: str) -> None:
    assert refused(identity(url=url), workload_identity=IdentitySettings(hosts=("LLM.example.com", "[::1]"))) == []


@pytest.mark.parametrize(
    "url", ["https://llm.example.com/v1", "https://evil-api.openai.com/v1", "https://api.openai.com.evil.com/v1"]
)
def test_and_nowhere_else(url: str) -> None:
    assert refused(identity(url=url)) == [("url", FOR_OPENAI)]


def test_not_over_a_websocket_either() -> None:
    document = identity(client={"websocket_base_url": "wss://elsewhere/v1"})
    assert refused(document) == [("client.websocket_base_url", FOR_OPENAI)]


def test_secrets_are_given_and_not_looked_up_on_the_server() -> None:
    document = {
        "provider": "other",
        "url": "https://h",
        "credential": {"api_key": {"env": "KEY"}},
        "tls": {"ca": {"file": "/ca"}},
        "headers": {"X-A": {"env": "A"}},
        "network": {"proxy_password": {"file": "/p"}},
    }
    message = "names a variable or a file of the server, and must be the secret itself"
    assert refused(document) == [
        (path, message) for path in ("credential.api_key", "tls.ca", "network.proxy_password", "headers.X-A")
    ]


def machine(**document: Any) -> dict[str, Any]:
    credential = {"kind": "entra", "managed_identity": True, **document.pop("credential", {})}
    return {"provider": "azure", "url": "https://r.openai.azure.com/openai/v1", "credential": credential, **document}


def test_the_servers_own_identity_speaks_to_models_in_azure_only() -> None:
    assert refused(machine()) == []
    elsewhere = machine(url="https://evil.example/openai/v1")
    assert [path for path, _ in refused(elsewhere)] == ["url"]
    assert refused(elsewhere, workload_identity=IdentitySettings(hosts=("evil.example",))) == []
    for_much_else = machine(credential={"scope": "https://management.azure.com/.default"})
    assert [path for path, _ in refused(for_much_else)] == ["credential.scope"]


def test_an_application_of_the_callers_own_may_speak_to_anybody() -> None:
    proof = {"managed_identity": False, "tenant_id": "t", "client_id": "c", "client_secret": "s"}
    assert refused(machine(url="https://elsewhere.example/openai/v1", credential=proof)) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"tls": {"verification": "none"}}, "tls.verification"),
        ({"tls": {"ca": {"file": "/ca"}}}, "tls.ca"),
        ({"network": {"proxy": "http://proxy.example:3128"}}, "network.proxy"),
        ({"network": {"proxy": "none"}}, "network.proxy"),
        ({"url": "http://api.openai.com/v1"}, "url"),
    ],
)
def test_the_operator_chooses_the_way_of_the_servers_own_identity(change: dict[str, Any], path: str) -> None:
    assert path in [found for found, _ in refused(identity(**change))]

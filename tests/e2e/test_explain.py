"""connectory connection explain: where a connection was found, and who said each of its values."""

from __future__ import annotations

from typing import Any

import pytest
import trustme

from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

KEY = "sk-canary-0123456789abcdef"

FILE = f"""\
connectory:
  connections:
    llm:
      provider: other
      url: http://a.example/v1
      credential:
        api_key: {KEY}
      headers:
        X-Team: blue
xpack.actions.preconfigured:
  elastic:
    name: E
    actionTypeId: .gen-ai
    config:
      apiProvider: OpenAI
      apiUrl: https://api.openai.com/v1/chat/completions
    secrets.apiKey: {KEY}
"""


def explained(shell: Shell, id: str) -> dict[str, Any]:
    done = shell("connection", "explain", id, "--json")
    assert done.code == 0
    assert KEY not in done.out
    document: dict[str, Any] = done.json()
    return document


def sources(document: dict[str, Any]) -> dict[str, str]:
    return {value["path"]: value["source"] for value in document["values"]}


def values(document: dict[str, Any]) -> dict[str, Any]:
    return {value["path"]: value["value"] for value in document["values"]}


@pytest.fixture
def filed(shell: Shell) -> Shell:
    (shell.home / "connectory.yml").write_text(FILE, encoding="utf-8")
    return shell


def test_of_a_file_every_value_has_its_line(filed: Shell) -> None:
    document, file = explained(filed, "llm"), f"{filed.home}/connectory.yml"
    assert document["words"] == "connectory"
    assert sources(document) | {"tls.ca_mode": ""} == sources(document) | {
        "provider": f"{file}, line 4: provider",
        "url": f"{file}, line 5: url",
        "credential.api_key": f"{file}, line 7: credential.api_key",
        "headers.X-Team": f"{file}, line 9: headers.X-Team",
        "tls.ca_mode": "",
    }
    assert sources(document)["tls.ca_mode"] == "default"


def test_of_a_secret_only_its_mark_is_told(filed: Shell) -> None:
    assert values(explained(filed, "llm"))["credential.api_key"].startswith("set, sha256:")


def test_a_foreign_value_has_the_path_that_its_author_knows(filed: Shell) -> None:
    document, file = explained(filed, "elastic"), f"{filed.home}/connectory.yml"
    told = sources(document)
    assert document["words"] == "Elastic"
    assert told["url"] == f"{file}, line 16: config.apiUrl"
    assert told["credential.api_key"] == f"{file}, line 17: secrets.apiKey"
    assert told["model"] == "default"


def test_of_a_variable_its_name_is_told(shell: Shell) -> None:
    shell.variables["AIRFLOW_CONN_OPENAI_DEFAULT"] = f"openai://:{KEY}@"
    document = explained(shell, "openai_default")
    assert document["words"] == "Airflow"
    assert sources(document)["credential.api_key"] == "variable AIRFLOW_CONN_OPENAI_DEFAULT: password"
    assert (sources(document)["url"], sources(document)["credential.kind"]) == ("default", "default")


def test_kind_of_credential_that_somebody_chose_has_its_source(shell: Shell) -> None:
    shell.variables["AIRFLOW_CONN_LLM"] = '{"conn_type": "openai", "extra": {"auth_type": "none"}}'
    assert sources(explained(shell, "llm"))["credential.kind"] == "variable AIRFLOW_CONN_LLM: extra.auth_type"


def test_every_place_is_named_in_its_order_and_the_first_wins(filed: Shell) -> None:
    filed("connection", "add", "llm", "--auth-type", "none")
    filed.knows("llm", provider="other", url="http://b.example/v1", credential={"kind": "none"})
    document = explained(filed, "llm")
    assert [(look["place"].partition(" ")[0], look["found"]) for look in document["looked"]] == [
        ("variable", True),
        ("variable", False),
        (f"{filed.home}/connectory.yml:", True),
        ("store", True),
    ]
    assert document["source"] == "variable CONNECTORY_CONNECTION_LLM"


def test_of_a_store_its_place_is_told(shell: Shell) -> None:
    shell("connection", "add", "llm", "--secret-from", "-", input=KEY.encode())
    told = sources(explained(shell, "llm"))
    assert told["credential.api_key"] == f"store {shell.home}/connectory.db: credential.api_key"


def test_people_read_it_on_one_screen(filed: Shell) -> None:
    out = filed("connection", "explain", "llm").out
    assert out.startswith(f"llm is what {filed.home}/connectory.yml: connectory.connections.llm says")
    assert KEY not in out


def test_an_id_that_nobody_knows_says_where_it_was_looked_for(shell: Shell) -> None:
    assert shell("connection", "explain", "nowhere").code == 7


def test_no_limit_is_a_value_like_others(shell: Shell) -> None:
    shell("connection", "add", "llm", "--auth-type", "none", "--timeout", "null")
    assert values(explained(shell, "llm"))["client.timeout"] is None


def test_a_store_that_is_of_no_use_hides_no_other_place(shell: Shell) -> None:
    (shell.home / "connectory.db").write_bytes(b"no database" * 100)
    shell.knows("llm", credential={"api_key": "k"})
    document = explained(shell, "llm")
    assert document["looked"][0]["found"]
    assert "of no use" in document["looked"][-1]["place"]


# The way that requests take


RULES = """\
xpack.actions:
  allowedHosts: [llm.corp, auth.corp]
  proxyUrl: http://proxy-user:proxy-canary-0123456789@proxy.corp:3128
  proxyHeaders: {X-Department: research}
  proxyOnlyHosts: [llm.corp]
  customHostSettings:
    - url: https://llm.corp
      ssl: {verificationMode: certificate}
  responseTimeout: 300s
connectory:
  network:
    proxy_password: {env: PROXY_WORD}
    ca: {file: ca.pem}
  connections:
    llm:
      provider: other
      url: https://llm.corp/v1
      credential: {api_key: sk-canary-0123456789abcdef}
      client: {max_retries: 4}
    outside:
      provider: other
      url: https://elsewhere.example/v1
      credential: {kind: none}
    own:
      provider: other
      url: https://auth.corp/v1
      credential: {kind: none}
      network: {proxy: "http://own.corp:8080", proxy_password: proxy-canary-0123456789}
      client: {timeout: 5}
"""


@pytest.fixture
def ruled(shell: Shell) -> Shell:
    (shell.home / "connectory.yml").write_text(RULES, encoding="utf-8")
    (shell.home / "ca.pem").write_text(trustme.CA().cert_pem.bytes().decode())
    shell.variables["PROXY_WORD"] = "proxy-canary-9876543210"
    return shell


def way(shell: Shell, id: str, *words: str) -> dict[str, tuple[Any, str]]:
    """Each value of the way with its source, the file left out."""
    done = shell("connection", "explain", id, *words, "--json")
    assert (done.code, "canary" in done.out) == (0, False)
    values = done.json()["way"]["values"]
    return {
        value["path"]: (value["value"], value["source"].removeprefix(f"{shell.home}/connectory.yml, "))
        for value in values
    }


def test_every_value_of_the_way_has_the_line_of_its_rule(ruled: Shell) -> None:
    told = way(ruled, "llm")
    assert told["allowed"] == ("yes", "line 2: xpack.actions.allowedHosts")
    assert told["proxy"] == ("http://proxy.corp:3128", "line 3: xpack.actions.proxyUrl")
    assert told["proxy.login"] == ("user name and password", "line 12: connectory.network.proxy_password")
    assert told["proxy.headers"] == ("X-Department", "line 4: xpack.actions.proxyHeaders")
    assert told["tls.verification"] == ("certificate", "line 7: xpack.actions.customHostSettings.0")
    assert told["tls.ca"][1] == "line 13: connectory.network.ca"
    assert told["run: timeout"] == ("300 s, to connect 5 s", "line 9: xpack.actions.responseTimeout")
    assert told["run: retries"] == (4, "line 19: client.max_retries")
    assert told["clients: timeout"] == ("600 s, to connect 5 s", "default")


def test_way_to_another_url_is_told(ruled: Shell) -> None:
    told = way(ruled, "llm", "--url", "https://auth.corp:8443/token")
    assert told["proxy"] == ("none", "line 5: xpack.actions.proxyOnlyHosts")
    assert told["tls.verification"] == ("full", "default")


def test_way_that_may_not_be_taken_is_told_with_the_rule(ruled: Shell) -> None:
    refused, rule = way(ruled, "outside")["allowed"]
    assert "elsewhere.example is not allowed" in refused
    assert rule == "line 2: xpack.actions.allowedHosts"


EXCHANGING = """\
xpack.actions.allowedHosts: [api.openai.com]
connectory.connections:
  pod:
    credential: &identity
      kind: workload_identity
      identity_provider_id: idp-123
      service_account_id: sa-456
      source: {kind: kubernetes}
  own:
    credential: {<<: *identity, exchange_url: https://auth.corp/oauth/token}
"""


def test_way_to_where_tokens_are_exchanged_is_that_of_the_exchange(shell: Shell) -> None:
    (shell.home / "connectory.yml").write_text(EXCHANGING, encoding="utf-8")
    told = way(shell, "pod", "--url", "https://auth.openai.com")
    assert told["allowed"] == ("yes, tokens are exchanged there", "default")
    assert told["exchange: timeout"] == ("10 s, to connect 5 s", "default")
    assert "run: timeout" not in told
    refused, rule = way(shell, "own", "--url", "https://auth.corp/oauth/token")["allowed"]
    assert ("auth.corp is not allowed" in refused, rule) == (True, "line 1: xpack.actions.allowedHosts")
    assert "is not allowed" in way(shell, "own", "--url", "https://auth.openai.com")["allowed"][0]


def test_connections_own_word_on_its_way_is_told(ruled: Shell) -> None:
    told = way(ruled, "own")
    assert told["proxy"] == ("http://own.corp:8080", "line 28: network.proxy")
    assert told["proxy.login"] == ("password", "line 28: network.proxy_password")
    assert told["clients: timeout"] == ("5 s", "line 29: client.timeout")


def test_variables_are_told_where_no_rule_speaks(shell: Shell) -> None:
    shell.variables["HTTPS_PROXY"] = "http://me:proxy-canary-0123456789@proxy.corp:3128"
    shell.knows("llm", provider="other", url="https://llm.corp/v1", credential={"kind": "none"}, client={"timeout": 9})
    told = way(shell, "llm")
    assert told["proxy"] == ("http://proxy.corp:3128", "variable HTTPS_PROXY")
    assert told["clients: timeout"] == ("9 s", "variable CONNECTORY_CONNECTION_LLM: client.timeout")
    shell.variables["NO_PROXY"] = ".corp"
    assert way(shell, "llm")["proxy"] == ("none", "variable NO_PROXY")
    del shell.variables["NO_PROXY"]
    shell.variables["HTTPS_PROXY"] = "socks5://me:proxy-canary-0123456789@proxy.corp:1080"
    assert "HTTPS_PROXY" in way(shell, "llm")["allowed"][0]


def test_people_read_the_way_too(ruled: Shell) -> None:
    done = ruled("connection", "explain", "llm")
    assert (done.code, "canary" in done.out + done.err) == (0, False)
    assert "The way to https://llm.corp:" in done.out
    assert "line 3: xpack.actions.proxyUrl" in done.out


def test_what_is_no_url_is_refused(ruled: Shell) -> None:
    done = ruled("connection", "explain", "llm", "--url", "llm.corp")
    assert (done.code, "The URL to explain the way to" in done.err) == (2, True)


WARNED = """\
xpack.actions:
  proxyUrl: http://proxy.corp:3128
  proxyBypassHosts: [a.corp]
  proxyOnlyHosts: [b.corp]
connectory.connections.llm: {provider: other, url: "https://llm.corp/v1", credential: {kind: none}}
"""


@pytest.mark.parametrize("words", [["list"], ["show", "llm"], ["explain", "llm"]])
def test_warnings_of_the_file_are_noted_once(shell: Shell, words: list[str]) -> None:
    (shell.home / "connectory.yml").write_text(WARNED, encoding="utf-8")
    done = shell("connection", *words)
    assert done.code == 0
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == ["note:"]
    assert "proxyOnlyHosts" in done.err
    quiet = shell("connection", *words, "--json")
    assert (quiet.code, quiet.err) == (0, "")
    if words[0] == "explain":
        assert "proxyOnlyHosts" in quiet.json()["warnings"][0]


def test_warnings_of_the_file_are_the_doctors_too(shell: Shell) -> None:
    (shell.home / "connectory.yml").write_text(WARNED, encoding="utf-8")
    stage = shell("connection", "test", "llm", "--without-proxy", "--json").json()["stages"][0]
    assert (stage["state"], "proxyOnlyHosts" in stage["seen"]) == ("warning", True)

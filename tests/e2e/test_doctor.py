"""connectory connection test: drafts, other ways, calls that cost tokens, and stages that appear as they finish."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.shell import Shell
from tests.upstream import Answer, OpenAIService, Pause, Received, Upstream, running, running_proxy

pytestmark = pytest.mark.e2e

DRAFT = {"provider": "other", "model": "gpt-test", "credential": {"api_key": "sk-test"}}


def stages(shell: Shell, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    ran = shell("connection", "test", *words, "--json")
    assert (ran.code, ran.err) == (code, "")
    return {stage["name"]: stage for stage in ran.json()["stages"]}


def draft(path: Path, upstream: Upstream, **more: Any) -> str:
    path.write_text(json.dumps({**DRAFT, "url": f"{upstream.url}/v1", **more}))
    return str(path)


def test_draft_is_tested_and_kept_nowhere(shell: Shell, service: Upstream, tmp_path: Path) -> None:
    file = draft(tmp_path / "draft.json", service)
    ran = shell("connection", "test", "--file", file, "--json")
    assert (ran.code, ran.json()["connection"], ran.json()["ok"]) == (0, "draft", True)
    assert stages(shell, "mine", "--file", file)["configuration"]["rule"] == file
    assert shell("connection", "list", "--json").json() == []


def test_draft_in_anybodys_words(shell: Shell, service: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    airflows = {"conn_type": "openai", "password": "sk-test", "host": f"{service.url}/v1"}
    file.write_text(json.dumps({"one": airflows, "two": airflows}))
    ran = shell("connection", "test", "two", "--file", str(file), "--json")
    assert (ran.code, ran.json()["connection"]) == (0, "two")
    several = shell("connection", "test", "--file", str(file))
    assert (several.code, "holds 2 connections (one, two): say which one by its ID" in several.err) == (2, True)
    other = shell("connection", "test", "three", "--file", str(file))
    assert (other.code, "holds 2 connections (one, two): none of them is 'three'." in other.err) == (2, True)
    file.write_text(f"openai://:sk-test@{quote(f'{service.url}/v1', safe='')}")
    assert stages(shell, "--file", str(file))["authentication"]["state"] == "ok"


def test_wrong_draft_names_its_paths(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "draft.yml"
    file.write_text("provider: other\ncolour: red\n")
    failed = stages(shell, "--file", str(file), code=3)["configuration"]
    assert (failed["state"], "colour" in failed["seen"], "url" in failed["seen"]) == ("failed", True, True)
    file.write_text("provider: [\n")
    assert stages(shell, "--file", str(file), code=3)["configuration"]["state"] == "failed"


@pytest.mark.parametrize("words", [[], ["--file", "nowhere.yml"]])
def test_nothing_to_test_is_a_wrong_call(shell: Shell, words: list[str]) -> None:
    ran = shell("connection", "test", *words)
    assert (ran.code, ran.out) == (2, "")


def test_unknown_id_is_not_found(shell: Shell) -> None:
    ran = shell("connection", "test", "nobody")
    assert (ran.code, ran.out) == (7, "")


def test_answer_and_stream_are_asked_for_only_on_demand(shell: Shell, service: Upstream, tmp_path: Path) -> None:
    file = draft(tmp_path / "draft.json", service)
    plain = stages(shell, "--file", file)
    assert (plain["answer"]["state"], plain["stream"]["state"]) == ("skipped", "skipped")
    assert [request.path for request in service.requests] == ["/v1/models"]
    both = stages(shell, "--file", file, "--spend", "--stream")
    assert (both["answer"]["state"], both["stream"]["state"]) == ("ok", "ok")
    assert "tokens in" in both["answer"]["seen"]
    assert "events" in both["stream"]["seen"]


def test_proxy_is_passed_by_on_demand(shell: Shell, service: Upstream, tmp_path: Path) -> None:
    file = draft(tmp_path / "draft.json", service, network={"proxy": "http://127.0.0.1:1"})
    assert stages(shell, "--file", file, code=5)["proxy"]["state"] == "failed"
    direct = stages(shell, "--file", file, "--without-proxy")
    assert (direct["proxy"]["seen"], direct["proxy"]["rule"]) == ("no proxy", "--without-proxy")


def test_rule_of_the_file_has_its_line(shell: Shell, service: Upstream, tmp_path: Path) -> None:
    with running_proxy() as proxy:
        config = tmp_path / "connectory.yml"
        config.write_text(f"xpack.actions:\n  proxyUrl: {proxy.url}\n")
        found = stages(shell, "--file", draft(tmp_path / "draft.json", service), "--config", str(config))
    assert found["proxy"]["seen"] == f"went through {proxy.url}"
    assert found["proxy"]["rule"] == f"{config}, line 2: xpack.actions.proxyUrl"


async def slow(_: Received) -> Answer:
    return Answer(before=(Pause(10),))


def test_stages_appear_as_they_finish(shell: Shell, tmp_path: Path) -> None:
    with running(slow) as upstream:
        file = draft(tmp_path / "draft.json", upstream)
        began = time.monotonic()
        with shell.start("connection", "test", "--file", file, stdout=subprocess.PIPE) as program:
            assert program.stdout
            for line in program.stdout:
                if line.startswith(b"ok") and line.split()[1] == b"tcp":
                    break
            assert time.monotonic() - began < 5  # and not only with the answer
            program.kill()


def test_service_that_asks_for_a_wrong_credential_in_a_call_only(shell: Shell, tmp_path: Path) -> None:
    async def app(request: Received) -> Answer:
        return await OpenAIService(keys=() if request.method == "POST" else {"sk-test"})(request)

    with running(app) as upstream:
        found = stages(shell, "--file", draft(tmp_path / "draft.json", upstream), "--spend", code=4)
    assert found["authentication"]["state"] == "failed"
    assert (found["answer"]["state"], found["stream"]["state"]) == ("skipped", "skipped")

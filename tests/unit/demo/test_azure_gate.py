"""The demo's gate for Azure OpenAI, at a front before the embedded upstream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectory.demo.front import Front
from connectory.demo.gates.azure import AzureGate
from connectory.demo.loopback import LoopbackServer
from connectory.demo.service import Service
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret
from tests.unit.demo.asking import CHAT, ask

KEY, INNER_KEY = Secret("sk-azure"), Secret("sk-inner")
WITH_KEY = {"api-key": "sk-azure"}
CHAT_PATH = f"/openai/deployments/{MODEL}/chat/completions?api-version=2024-10-21"


@pytest.fixture
def front() -> Iterator[Front]:
    with Upstream([INNER_KEY]) as upstream, before(upstream) as running:
        yield running


def before(upstream: LoopbackServer) -> Front:
    service = Service(url=f"{upstream.origin}/v1", model=MODEL, about="")
    return Front(service, AzureGate(MODEL, KEY), key=INNER_KEY)


def refusal(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message}}


NOT_FOUND = refusal(404, "404", "Resource not found")


def test_deployment_answers_chat(front: Front) -> None:
    status, answer = ask(front.origin, CHAT_PATH, CHAT, headers=WITH_KEY)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: Hello there")


def test_deployment_answers_embeddings(front: Front) -> None:
    path = f"/openai/deployments/{MODEL}/embeddings?api-version=2024-10-21"
    status, answer = ask(front.origin, path, {"input": "sea"}, headers=WITH_KEY)
    assert (status, len(answer["data"][0]["embedding"])) == (200, 64)


def test_deployment_is_the_model_whatever_the_body_says(front: Front) -> None:
    status, answer = ask(front.origin, CHAT_PATH, {**CHAT, "model": "another"}, headers=WITH_KEY)
    assert (status, answer["model"]) == (200, MODEL)


def test_models_are_listed(front: Front) -> None:
    status, answer = ask(front.origin, "/openai/models?api-version=2024-10-21", headers=WITH_KEY)
    assert (status, answer["data"][0]["id"]) == (200, MODEL)


@pytest.mark.parametrize("headers", [{}, {"api-key": "sk-other"}, {"Authorization": "Bearer sk-azure"}])
def test_without_its_key_nobody_gets_in(front: Front, headers: dict[str, str]) -> None:
    status, answer = ask(front.origin, CHAT_PATH, CHAT, headers=headers)
    assert (status, answer["error"]["code"]) == (401, "401")
    assert answer["error"]["message"].startswith("Access denied due to invalid subscription key")


@pytest.mark.parametrize(
    "path",
    [
        f"/openai/deployments/{MODEL}/chat/completions",
        f"/openai/deployments/{MODEL}/other?api-version=2024-10-21",
        "/v1/chat/completions?api-version=2024-10-21",
    ],
)
def test_any_other_path_is_not_found(front: Front, path: str) -> None:
    assert ask(front.origin, path, CHAT, headers=WITH_KEY) == NOT_FOUND


def test_operation_is_asked_with_post(front: Front) -> None:
    assert ask(front.origin, CHAT_PATH, headers=WITH_KEY) == NOT_FOUND


def test_unknown_deployment_is_named_so(front: Front) -> None:
    path = "/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    status, answer = ask(front.origin, path, CHAT, headers=WITH_KEY)
    assert (status, answer["error"]["code"]) == (404, "DeploymentNotFound")


def test_fault_of_a_body_is_handed_through(front: Front) -> None:
    status, answer = ask(front.origin, CHAT_PATH, ["no object"], headers=WITH_KEY)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_service_that_is_gone_is_unavailable() -> None:
    with Upstream([INNER_KEY]) as gone:
        pass
    with before(gone) as front:
        answer = ask(front.origin, CHAT_PATH, CHAT, headers=WITH_KEY)
    assert answer == refusal(503, "503", "Service temporarily unavailable")

"""The Azure flavour of the test service."""

import pytest
from openai import AzureOpenAI, OpenAI

from tests.integration.services.talking import ECHO, HELLO, V, ask, refused, say, stream_of
from tests.upstream import Upstream
from tests.upstream.answers.embeddings import vector


def test_classic_azure_finds_the_deployment_in_the_path(azure: Upstream, classic: AzureOpenAI) -> None:
    answer = say(classic, model="prod")
    assert (answer.model, answer.choices[0].message.content) == ("gpt-4.1", ECHO)
    assert azure.requests[-1].target == f"/openai/deployments/prod/chat/completions?api-version={V}"


def test_azure_chat_carries_the_verdicts_of_its_filters(classic: AzureOpenAI) -> None:
    answer = say(classic, "Hi", model="prod")
    document = answer.to_dict()
    safe = {"filtered": False, "severity": "safe"}
    verdict = {"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe}
    assert [choice["content_filter_results"] for choice in document["choices"]] == [verdict]  # type: ignore[attr-defined]
    assert "prompt_filter_results" in document


def test_first_chunk_of_an_azure_stream_has_no_choices_id_or_model(classic: AzureOpenAI) -> None:
    first, *others = stream_of(classic, "prod")
    assert (first.choices, first.id, first.model) == ([], "", "")
    assert "prompt_filter_results" in first.to_dict()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in others) == ECHO


def test_azure_v1_takes_the_deployment_as_model_without_api_version(azure: Upstream, azure_v1: OpenAI) -> None:
    answer = say(azure_v1, model="prod")
    assert answer.choices[0].message.content == ECHO
    assert azure.requests[-1].target == "/openai/v1/chat/completions"


def test_azure_v1_answers_responses(azure_v1: OpenAI) -> None:
    assert azure_v1.responses.create(model="prod", input="Hello there").output_text == ECHO


def test_classic_azure_answers_embeddings(classic: AzureOpenAI) -> None:
    assert classic.embeddings.create(model="prod", input="a").data[0].embedding == vector("a")


def test_classic_azure_answers_legacy_completions_with_verdicts(classic: AzureOpenAI) -> None:
    answer = classic.completions.create(model="prod", prompt="hi")
    assert answer.choices[0].text == "You said: hi"
    assert "prompt_filter_results" in answer.to_dict()


def test_classic_azure_keeps_files_without_a_deployment(azure: Upstream, classic: AzureOpenAI) -> None:
    stored = classic.files.create(file=("a.txt", b"abc"), purpose="batch")
    assert classic.files.content(stored.id).read() == b"abc"
    assert azure.requests[0].path == "/openai/files"


def test_classic_azure_lists_its_deployments_as_models(classic: AzureOpenAI) -> None:
    assert [model.id for model in classic.models.list()] == ["prod"]


def test_classic_azure_transcribes(classic: AzureOpenAI) -> None:
    answer = classic.audio.transcriptions.create(model="prod", file=("a.wav", b"abc"))
    assert answer.text == "You played a.wav of 3 bytes."


def test_azure_accepts_a_token_that_it_was_given(azure: Upstream) -> None:
    with AzureOpenAI(azure_ad_token="entra-token", azure_endpoint=azure.url, api_version=V) as client:
        assert [model.id for model in client.models.list()] == ["prod"]


def test_azure_does_not_accept_its_key_as_a_bearer(azure: Upstream) -> None:
    response, _ = ask(azure, "GET", f"/openai/models?api-version={V}", headers={"Authorization": "Bearer azure-key"})
    assert response.status == 401


def test_azure_refuses_a_wrong_key_with_the_code_as_text(azure: Upstream) -> None:
    status, error = refused(*ask(azure, "GET", f"/openai/models?api-version={V}", key="wrong"))
    assert (status, error["code"]) == (401, "401")
    assert error["message"].startswith("Access denied due to invalid subscription key or wrong API endpoint.")


@pytest.mark.parametrize(
    "path",
    [
        "/openai/deployments/prod/chat/completions",
        "/openai/deployments/prod/chat/completions?api-version=",
        f"/openai/deployments/prod/responses?api-version={V}",
        f"/openai/chat/completions?api-version={V}",
        "/v1/chat/completions",
    ],
)
def test_azure_finds_nothing_without_api_version_or_under_a_wrong_path(azure: Upstream, path: str) -> None:
    answer = refused(*ask(azure, "POST", path, {"model": "prod", "messages": HELLO}, key="azure-key"))
    assert answer == (404, {"code": "404", "message": "Resource not found"})


@pytest.mark.parametrize(
    "path", [f"/openai/deployments/none/chat/completions?api-version={V}", "/openai/v1/chat/completions"]
)
def test_azure_names_a_missing_deployment(azure: Upstream, path: str) -> None:
    status, error = refused(*ask(azure, "POST", path, {"model": "none", "messages": HELLO}, key="azure-key"))
    assert (status, error["code"]) == (404, "DeploymentNotFound")


def test_azure_words_a_fault_in_its_own_way(azure: Upstream) -> None:
    path = f"/openai/deployments/status-429/chat/completions?api-version={V}"
    status, error = refused(*ask(azure, "POST", path, {"messages": HELLO}, key="azure-key"))
    assert (status, error["code"]) == (429, "429")

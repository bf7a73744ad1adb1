"""Which endpoint a URL names, and what that asks of a body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectory.wire.endpoints import CHAT, KNOWN, UNKNOWN, Streaming, TextShape, endpoint_of


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1/chat/completions", "chat"),
        ("https://r.openai.azure.com/openai/deployments/d/extensions/chat/completions?api-version=2023-05-15", "chat"),
        ("https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview", "chat"),
        ("https://api.openai.com/v1/completions", "completions"),
        ("https://api.openai.com/v1/responses", "responses"),
        ("https://r.openai.azure.com/openai/v1/responses?api-version=preview", "responses"),
        ("https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-10-21", "embeddings"),
        ("https://api.openai.com/v1/images/generations", "image_generations"),
        ("https://api.openai.com/v1/images/edits", "image_edits"),
        ("https://api.openai.com/v1/audio/transcriptions", "transcriptions"),
        ("https://api.openai.com/v1/audio/translations", "translations"),
        ("https://api.openai.com/v1/audio/speech", "speech"),
        ("https://api.openai.com/v1/moderations", "moderations"),
        ("https://api.openai.com/v1/models", "models"),
    ],
)
def test_every_operation_is_found_from_its_url(url: str, name: str) -> None:
    assert endpoint_of(url).name == name


@pytest.mark.parametrize(
    "url",
    [
        "/v1/chat/completions",
        "https://h/v1//chat///completions/",
        "https://h/chat/completions#top",
        "/chat/completions",
    ],
)
def test_a_path_and_an_untidy_url_name_the_same_endpoint(url: str) -> None:
    assert endpoint_of(url) is CHAT


@pytest.mark.parametrize(
    "url",
    [
        "https://randostring.ai",
        "https://chat/completions.html",
        "https://h/v1/responses/resp_1/cancel",
        "https://h/v1/models/gpt-6-astra",
        "https://h/?next=/chat/completions",
        "http://[::1",
        "",
    ],
)
def test_any_other_url_is_taken_for_chat_under_another_name(url: str) -> None:
    endpoint = endpoint_of(url)
    assert endpoint is UNKNOWN
    assert (endpoint.text, endpoint.streaming, endpoint.takes_model) == (TextShape.CHAT, Streaming.USUAL, True)


def test_a_host_is_not_mistaken_for_a_path() -> None:
    assert endpoint_of("https://chat/completions").name == "completions"


def test_usage_in_a_stream_is_asked_for_at_chat_and_completions_only() -> None:
    assert [endpoint.name for endpoint in KNOWN if endpoint.reports_stream_usage] == ["chat", "completions"]


def test_audio_is_all_that_may_answer_without_json() -> None:
    without = [endpoint.name for endpoint in KNOWN if not endpoint.promises_json]
    assert without == ["transcriptions", "translations", "speech"]


def test_names_and_paths_are_told_apart() -> None:
    endpoints = (*KNOWN, UNKNOWN)
    assert len({endpoint.name for endpoint in endpoints}) == len({endpoint.path for endpoint in endpoints}) == 12


def test_of_two_paths_that_end_alike_the_longer_stands_first() -> None:
    for at, endpoint in enumerate(KNOWN):
        assert not any(later.path.endswith(endpoint.path) for later in KNOWN[at + 1 :])


@given(st.text())
def test_no_text_is_too_strange_for_a_url(url: str) -> None:
    assert endpoint_of(url) in (*KNOWN, UNKNOWN)

"""What the test service refuses, worded as OpenAI words it."""

import pytest

from tests.integration.services.talking import HELLO, KEY, ask, chat, refused, talk
from tests.upstream import OpenAIService, Upstream, running


def test_wrong_key_is_refused_and_not_repeated(upstream: Upstream) -> None:
    key = "sk-proj-0123456789abcdefghij"
    status, error = refused(*ask(upstream, "GET", "/v1/models", key=key))
    assert status == 401
    assert error == {
        "message": "Incorrect API key provided: sk-*********************ghij. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


def test_short_wrong_key_is_wholly_masked(upstream: Upstream) -> None:
    assert b"sk-short" not in ask(upstream, "GET", "/v1/models", key="sk-short")[1]


def test_missing_key_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "GET", "/v1/models", headers={}))
    assert (status, error["code"], error["message"][:32]) == (401, None, "You didn't provide an API key. Y")


def test_revoked_key_is_refused() -> None:
    keys = {KEY}
    with running(OpenAIService(keys=keys)) as upstream:
        before = ask(upstream, "GET", "/v1/models")[0].status
        keys.clear()
        assert (before, ask(upstream, "GET", "/v1/models")[0].status) == (200, 401)


def test_two_authorization_headers_are_refused(upstream: Upstream) -> None:
    raw = talk(
        upstream,
        b"GET /v1/models HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
        b"Authorization: Bearer sk-test\r\nAuthorization: Bearer sk-test\r\n\r\n",
    )
    assert raw.startswith(b"HTTP/1.1 400 ")


def test_unknown_model_is_refused(upstream: Upstream) -> None:
    assert refused(*chat(upstream, "gpt-none")) == (
        404,
        {
            "message": "The model `gpt-none` does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        },
    )


def test_missing_model_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", {"messages": HELLO}))
    assert (status, error["message"]) == (400, "you must provide a model parameter")


def test_missing_messages_are_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", {"model": "gpt-test"}))
    assert (status, error["param"], error["code"]) == (400, "messages", "missing_required_parameter")


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
def test_body_that_is_no_json_object_is_refused(upstream: Upstream, body: bytes) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat/completions", body))
    assert (status, error["message"][:25]) == (400, "We could not parse the JS")


def test_stream_options_without_a_stream_are_refused(upstream: Upstream) -> None:
    status, error = refused(*chat(upstream, "gpt-test", stream_options={"include_usage": True}))
    assert (status, error["param"]) == (400, "stream_options")


def test_response_that_is_asked_for_usage_is_refused(upstream: Upstream) -> None:
    asked_for = {"model": "gpt-test", "input": "Hi", "stream": True, "stream_options": {"include_usage": True}}
    status, error = refused(*ask(upstream, "POST", "/v1/responses", asked_for))
    assert (status, error["code"], error["param"]) == (400, "unknown_parameter", "stream_options.include_usage")


def test_unknown_path_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "POST", "/v1/chat", {}))
    assert (status, error["message"]) == (404, "Invalid URL (POST /v1/chat)")


def test_wrong_method_is_refused(upstream: Upstream) -> None:
    status, error = refused(*ask(upstream, "GET", "/v1/chat/completions"))
    assert (status, error["code"]) == (405, "method_not_supported")

"""Errors in answers and streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.errors import CredentialRefused, InvalidAnswer, ServiceError
from connectory.wire.error_bodies import answer_problem, service_error, stream_error
from connectory.wire.safe_text import LIMIT

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "errors.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
JSON = {"content-type": "application/json"}


def body_of(case: dict[str, Any]) -> bytes:
    return case["text"].encode() if "text" in case else json.dumps(case["json"]).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["given"])
def test_an_error_body_is_read(case: dict[str, Any]) -> None:
    error = service_error(case["status"], {"Content-Type": case.get("content_type", "application/json")}, body_of(case))
    assert (error.status, error.message) == (case["status"], case["message"])
    assert (error.error_code, error.error_type) == (case.get("code"), case.get("type"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, ServiceError), (401, CredentialRefused), (403, CredentialRefused), (407, ServiceError), (500, ServiceError)],
)
def test_a_refused_credential_has_an_error_of_its_own(status: int, kind: type[ServiceError]) -> None:
    assert type(service_error(status, JSON, b"{}")) is kind


def test_an_error_says_its_status_once() -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head></html>"
    assert str(service_error(502, {}, page)) == "The service answered 502: Bad Gateway"


def test_a_status_without_a_name_and_a_body_has_a_sentence_too() -> None:
    assert str(service_error(599, {}, b"")) == "The service answered 599: it gave no reason"


def test_a_long_message_is_cut_and_its_keys_are_masked() -> None:
    body = json.dumps({"error": {"message": "no sk-abcdefgh12345678 " + "x" * 1000}}).encode()
    message = service_error(400, JSON, body).message
    assert len(message) == LIMIT
    assert message.startswith("no sk-*** xxx")


def test_a_key_in_a_code_is_masked_too() -> None:
    body = b'{"error":{"message":"no","code":"sk-abcdefgh12345678","type":"a\\nb"}}'
    error = service_error(400, JSON, body)
    assert (error.error_code, error.error_type) == ("sk-***", "a b")


@pytest.mark.parametrize("body", [b"{" * 100_000, b'{"detail":' * 900 + b"1" + b"}" * 900, b"9" * 5000, b"\xff\x00"])
def test_a_body_that_cannot_be_read_is_an_error_all_the_same(body: bytes) -> None:
    assert len(service_error(500, JSON, body).message) <= LIMIT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "detail", "msg", "loc", "errors", "innererror", "title"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()), st.sampled_from([401, 404, 502, 999]))
def test_no_body_is_too_strange(body: bytes, status: int) -> None:
    error = service_error(status, {}, body)
    str(error).encode()
    assert 0 < len(error.message) <= LIMIT
    answer_problem(200, "application/json", body)
    stream_error(body.decode("utf-8", "replace"))


@settings(deadline=None)
@given(VALUES)
def test_no_event_is_too_strange(event: object) -> None:
    error = stream_error(json.dumps({"type": "response.failed", "response": event}))
    assert error is not None
    assert error.message


@pytest.mark.parametrize(
    ("content_type", "body", "problem"),
    [
        ("application/json", b"", "an empty body where JSON was promised"),
        (None, b" \n", "an empty body where JSON was promised"),
        (
            "text/html; charset=utf-8",
            b"<!doctype html><title>Sign in</title>",
            "a web page where JSON was promised (Sign in)",
        ),
        ("application/json", b"<html></html>", "a web page where JSON was promised"),
        ("text/html", b"Welcome", "a web page where JSON was promised (Welcome)"),
        ("text/event-stream", b"data: {}\n\n", "a stream of events where one JSON answer was promised"),
        ("application/json", b"data: {}\n\n", "a stream of events where one JSON answer was promised"),
        ("application/json", b'{"a":', "a body that is no valid JSON (Expecting value at character 5)"),
        ("application/json", b'{"a":"\xff"}', "a body that is no valid JSON (it is not UTF-8 text)"),
        ("application/json", b"[" * 100_000, "a body that is no valid JSON (it is nested too deeply)"),
        ("application/json", b"9" * 5000, "a body that is no valid JSON (a number in it is too long)"),
    ],
)
def test_an_answer_that_is_not_the_json_it_should_be_is_named(
    content_type: str | None, body: bytes, problem: str
) -> None:
    found = answer_problem(200, content_type, body)
    assert type(found) is InvalidAnswer
    assert str(found) == f"The service answered 200: {problem}"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html", None])
def test_json_is_an_answer_whatever_it_calls_itself(content_type: str | None) -> None:
    assert answer_problem(200, content_type, b'\n{"choices":[]}') is None


@pytest.mark.parametrize(
    ("event", "message", "code", "type"),
    [
        (
            {"error": {"message": "Overloaded", "type": "server_error", "code": "busy"}},
            "Overloaded",
            "busy",
            "server_error",
        ),
        ({"error": "Overloaded"}, "Overloaded", None, None),
        ({"error": {"code": 502, "message": "Down"}, "choices": [{"delta": {}}]}, "Down", "502", None),
        ({"type": "error", "code": "bad", "message": "No.", "sequence_number": 3}, "No.", "bad", None),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "No."}}, "No.", None, "overloaded_error"),
        (
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "No."}}},
            "No.",
            "server_error",
            None,
        ),
        (
            {"type": "response.failed", "response": {"error": None}},
            "an error without a message",
            None,
            None,
        ),
        (
            {"object": "error", "message": "No.", "type": "BadRequestError", "code": 400},
            "No.",
            "400",
            "BadRequestError",
        ),
    ],
)
def test_an_error_in_a_stream_is_found(event: object, message: str, code: str | None, type: str | None) -> None:
    error = stream_error(json.dumps(event))
    assert error is not None
    assert (str(error), error.status, error.error_code, error.error_type) == (message, None, code, type)


@pytest.mark.parametrize(
    "data",
    [
        "[DONE]",
        "",
        "{",
        '"error"',
        '["error"]',
        '{"error":null}',
        '{"error":{}}',
        '{"error":"',
        '{"type":"response.created","response":{"error":null}}',
        '{"choices":[{"delta":{"content":"\\"error\\": {}"}}]}',
        '{"choices":[{"content_filter_results":{"error":{"code":"content_filter_error"}}}]}',
    ],
)
def test_any_other_event_is_no_error(data: str) -> None:
    assert stream_error(data) is None

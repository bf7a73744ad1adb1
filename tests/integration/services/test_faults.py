"""Faults of the test service. One example of each; the first test keeps the list whole."""

import http.client
import json
import socket
import time
import zlib

import openai
import pytest
from openai import AzureOpenAI, OpenAI

from tests.integration.services.talking import (
    ECHO,
    HELLO,
    KEY,
    ask,
    chat,
    events,
    port_of,
    refused,
    request_bytes,
    said_by,
    say,
    talk,
    wire_chunks,
)
from tests.upstream import FAULTS, OpenAIService, Upstream, running
from tests.upstream.faults import asked

EXAMPLES = {
    "status-<code>[-retry-after-<seconds>][-retry-after-ms-<ms>]": "status-503-retry-after-1",
    "retry-after-ms-<ms>": "retry-after-ms-20",
    "redirect": "redirect",
    "html-200": "html-200",
    "html-502": "html-502",
    "empty-200": "empty-200",
    "bad-json-200": "bad-json-200",
    "no-usage": "no-usage",
    "large-<bytes>": "large-5000",
    "cut": "cut",
    "json-typed-sse": "json-typed-sse",
    "stream-error-after-<n>": "stream-error-after-2",
    "stream-malformed": "stream-malformed",
    "stream-eof": "stream-eof",
    "stream-reset-after-<n>": "stream-reset-after-2",
    "stream-cut-after-<n>": "stream-cut-after-2",
    "stream-stall-after-<n>-<seconds>": "stream-stall-after-2-0.2",
    "stream-comments": "stream-comments",
    "stream-keep-alives": "stream-keep-alives",
    "stream-multiline": "stream-multiline",
    "stream-bom": "stream-bom",
    "stream-crlf": "stream-crlf",
    "stream-cr": "stream-cr",
    "gzip": "gzip",
    "stream-slow-<ms>": "stream-slow-50",
    "stream-split-<n>": "stream-split-1",
    "stall-<seconds>": "stall-0.2",
    "close": "close",
    "reset": "reset",
}


def test_every_fault_has_an_example() -> None:
    assert {name: [each.fault.name for each in asked(example)] for name, example in EXAMPLES.items()} == {
        fault.name: [fault.name] for fault in FAULTS
    }


@pytest.mark.parametrize("name", ["status-200", "status-42", "stream-split-", "reset+none", "reset-times-", "Reset"])
def test_name_that_is_almost_a_fault_is_an_unknown_model(upstream: Upstream, name: str) -> None:
    assert chat(upstream, name)[0].status == 404


@pytest.mark.parametrize("code", [400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 599])
def test_status_fault_has_that_status_and_an_error_body(upstream: Upstream, code: int) -> None:
    status, error = refused(*chat(upstream, f"status-{code}"))
    assert (status, set(error)) == (code, {"message", "type", "param", "code"})


def test_429_is_worded_as_a_rate_limit(client: OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        say(client, "Hi", model="status-429")
    assert caught.value.code == "rate_limit_exceeded"


def test_status_fault_names_the_time_to_wait(upstream: Upstream) -> None:
    response, _ = chat(upstream, "status-503-retry-after-1-retry-after-ms-20")
    assert (response.status, response.getheader("retry-after"), response.getheader("retry-after-ms")) == (
        503,
        "1",
        "20",
    )


def test_retry_after_ms_fault_is_a_429(upstream: Upstream) -> None:
    response, _ = chat(upstream, "retry-after-ms-20")
    assert (response.status, response.getheader("retry-after-ms")) == (429, "20")


def test_fault_with_times_is_over_after_so_many_requests(upstream: Upstream) -> None:
    statuses = [chat(upstream, "status-500-times-2")[0].status for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


def test_sdk_that_retries_gets_past_a_fault_with_times(upstream: Upstream) -> None:
    with OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=2) as client:
        answer = say(client, model="retry-after-ms-1-times-2")
    assert (answer.choices[0].message.content, len(upstream.requests)) == (ECHO, 3)


def test_reset_with_times_is_over_after_so_many_requests(upstream: Upstream) -> None:
    data = request_bytes({"model": "reset-times-1", "messages": HELLO})
    with pytest.raises(ConnectionResetError):
        talk(upstream, data)
    assert talk(upstream, data).startswith(b"HTTP/1.1 200 ")


def test_reset_comes_before_any_byte_of_the_answer(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(request_bytes({"model": "reset", "messages": HELLO}))
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_close_is_a_clean_end_without_an_answer(upstream: Upstream) -> None:
    assert talk(upstream, request_bytes({"model": "close", "messages": HELLO})) == b""


def test_reset_and_close_are_connection_errors_to_the_sdk(client: OpenAI) -> None:
    for model in ("reset", "close"):
        with pytest.raises(openai.APIConnectionError):
            say(client, "Hi", model=model)


def test_stall_delays_the_answer(upstream: Upstream) -> None:
    started = time.monotonic()
    response, _ = chat(upstream, "stall-0.2")
    assert (response.status, time.monotonic() - started >= 0.2) == (200, True)


def test_stall_is_a_timeout_to_an_impatient_sdk(client: OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        say(client.with_options(timeout=0.1), "Hi", model="stall-60")


def test_cut_promises_more_than_it_sends(upstream: Upstream) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        chat(upstream, "cut")
    assert caught.value.expected is not None
    assert 0 <= caught.value.expected - len(caught.value.partial) <= 1


def test_redirect_points_elsewhere_on_the_same_service(upstream: Upstream) -> None:
    response, _ = chat(upstream, "redirect")
    assert (response.status, response.getheader("location")) == (302, "/elsewhere")


@pytest.mark.parametrize("status", [200, 502])
def test_html_comes_as_html(upstream: Upstream, status: int) -> None:
    response, body = chat(upstream, f"html-{status}")
    assert (response.status, response.getheader("content-type"), body[:6]) == (status, "text/html", b"<html>")


def test_empty_answer_has_no_body(upstream: Upstream) -> None:
    response, body = chat(upstream, "empty-200")
    assert (response.status, response.getheader("content-length"), body) == (200, "0", b"")


def test_bad_json_is_whole_to_http_and_broken_to_json(upstream: Upstream) -> None:
    response, body = chat(upstream, "bad-json-200")
    assert (response.status, response.getheader("content-type")) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_no_usage_leaves_it_out_of_a_whole_answer(client: OpenAI) -> None:
    answer = say(client, model="no-usage")
    assert (answer.usage, answer.choices[0].message.content) == (None, ECHO)


def test_no_usage_leaves_it_out_of_a_stream_that_was_asked_for_it(upstream: Upstream) -> None:
    _, body = chat(upstream, "no-usage", stream=True, stream_options={"include_usage": True})
    *chunks, done = events(body)
    assert (len(chunks), [chunk for chunk in chunks if "usage" in chunk], done) == (6, [], "[DONE]")


def test_no_usage_leaves_it_out_of_a_streamed_response(client: OpenAI) -> None:
    *_, last = client.responses.create(model="no-usage", input="Hi", stream=True)
    assert last.type == "response.completed"
    assert last.response.usage is None


@pytest.mark.parametrize("size", [5000, 3_000_000])
def test_large_answer_has_exactly_that_size(upstream: Upstream, size: int) -> None:
    _, body = chat(upstream, f"large-{size}")
    assert (len(body), json.loads(body)["choices"][0]["message"]["content"]) == (size, ECHO)


def test_large_stream_begins_with_an_event_of_that_size(upstream: Upstream) -> None:
    _, body = chat(upstream, "large-5000", stream=True)
    assert body.index(b"\n\n") + 2 == 5000
    assert events(body)[-1] == "[DONE]"


def test_gzip_comes_unasked(upstream: Upstream) -> None:
    response, body = chat(upstream, "gzip")
    assert response.getheader("content-encoding") == "gzip"
    assert json.loads(zlib.decompress(body, wbits=31))["choices"][0]["message"]["content"] == ECHO


def test_gzip_stream_is_readable_event_by_event(upstream: Upstream) -> None:
    chunks = wire_chunks(talk(upstream, request_bytes({"model": "gzip", "messages": HELLO, "stream": True})))
    unpacker = zlib.decompressobj(wbits=31)
    texts = [unpacker.decompress(chunk) for chunk in chunks]
    assert all(text.startswith(b"data: ") and text.endswith(b"\n\n") for text in texts[:-1])
    assert (texts[-1], unpacker.eof) == (b"", True)


def test_json_typed_stream_is_read_by_the_sdk_nevertheless(upstream: Upstream, client: OpenAI) -> None:
    response, _ = chat(upstream, "json-typed-sse", stream=True)
    assert response.getheader("content-type") == "application/json"
    assert said_by(client, "json-typed-sse") == ECHO


@pytest.mark.parametrize("model", [example for example in EXAMPLES.values() if example.startswith("stream-")])
def test_stream_fault_leaves_a_whole_answer_alone(client: OpenAI, model: str) -> None:
    answer = say(client, model=model)
    assert answer.choices[0].message.content == ECHO


def test_joined_faults_all_happen(upstream: Upstream) -> None:
    document = {"model": "stream-split-3+stream-crlf+stream-cut-after-1", "messages": HELLO, "stream": True}
    raw = talk(upstream, request_bytes(document))
    assert (raw.count(b"data: "), b"3\r\ndat\r\n3\r\na: \r\n" in raw) == (1, True)
    assert raw.endswith(b'400\r\ndata: {"id":"cha')


def test_wrong_key_wins_over_a_fault(upstream: Upstream) -> None:
    response, _ = ask(upstream, "POST", "/v1/embeddings", {"model": "reset", "input": "a"}, key="wrong")
    assert response.status == 401


def test_fault_is_named_by_the_model_of_a_form(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        client.audio.transcriptions.create(model="status-500", file=("a.wav", b"x"))


def test_fault_is_named_by_a_deployment(azure: Upstream, classic: AzureOpenAI) -> None:
    assert said_by(classic, "stream-crlf+stream-split-1") == ECHO


def test_fault_is_named_by_the_model_that_is_retrieved(upstream: Upstream) -> None:
    assert ask(upstream, "GET", "/v1/models/status-503")[0].status == 503


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-test", "/v1/files"])
def test_fault_of_the_service_is_that_of_every_request_that_names_none(path: str) -> None:
    with running(OpenAIService(keys={KEY}, fault="html-200")) as upstream:
        assert ask(upstream, "GET", path)[0].getheader("content-type") == "text/html"
        assert chat(upstream, "status-429")[0].status == 429


def test_service_with_an_unknown_fault_does_not_start() -> None:
    with pytest.raises(ValueError, match="there is no fault resett"):
        OpenAIService(keys={KEY}, fault="resett")

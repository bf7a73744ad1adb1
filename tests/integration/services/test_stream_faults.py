"""Faults in the streams of the test service."""

import itertools
import json
import re
import socket
import time

import openai
import pytest
from openai import OpenAI

from tests.integration.services.talking import (
    ECHO,
    HELLO,
    chat,
    events,
    port_of,
    request_bytes,
    said_by,
    stream_of,
    talk,
    wire_chunks,
)
from tests.upstream import Upstream


def test_plain_stream_is_one_write_an_event(upstream: Upstream) -> None:
    raw = talk(upstream, request_bytes({"model": "gpt-test", "messages": HELLO, "stream": True}))
    chunks = wire_chunks(raw)
    assert len(chunks) == 7
    assert all(chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") for chunk in chunks)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_split_stream_has_the_same_bytes_in_pieces_of_that_size(upstream: Upstream, size: int) -> None:
    document = {"model": f"stream-split-{size}", "messages": [{"role": "user", "content": "Grüße 🎈"}], "stream": True}
    chunks = wire_chunks(talk(upstream, request_bytes(document)))
    whole = b"".join(chunks)
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}
    assert "🎈" in whole.decode()
    assert [event["model"] for event in events(whole)[:-1]] == [f"stream-split-{size}"] * 6


@pytest.mark.parametrize(
    "model",
    [
        "stream-split-1",
        "stream-crlf",
        "stream-cr",
        "stream-comments",
        "stream-keep-alives",
        "stream-multiline",
        "stream-slow-1",
        "stream-eof",
        "gzip",
        "stream-multiline+stream-comments+stream-crlf+stream-split-1",
    ],
)
def test_sdk_reads_every_legal_form_of_a_stream(client: OpenAI, model: str) -> None:
    assert said_by(client, model) == ECHO


@pytest.mark.parametrize(("model", "end"), [("stream-crlf", b"\r\n"), ("stream-cr", b"\r")])
def test_lines_end_as_the_fault_says(upstream: Upstream, model: str, end: bytes) -> None:
    _, body = chat(upstream, model, stream=True)
    assert re.findall(rb"[\r\n]+", body) == [end + end] * 7


def test_comments_surround_the_data_of_each_event(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-comments", stream=True)
    first = body.split(b"\n\n")[0].split(b"\n")
    assert first[:4] == [b": event 0 follows", b"id: 0", b"retry: 1000", b"event: message"]
    assert first[4].startswith(b"data: {")


def test_keep_alives_are_blocks_of_their_own(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-keep-alives", stream=True)
    assert body.split(b"\n\n")[::2] == [b": keep-alive"] * 7 + [b""]


def test_event_spreads_over_several_data_lines(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-multiline", stream=True)
    lines = body.split(b"\n\n")[0].split(b"\n")
    assert all(line.startswith(b"data: ") for line in lines)
    assert json.loads(b"\n".join(line.removeprefix(b"data: ") for line in lines))["object"] == "chat.completion.chunk"


def test_stream_begins_with_a_byte_order_mark(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-bom", stream=True)
    assert body.startswith(b"\xef\xbb\xbfdata: ")
    assert body.count(b"\xef\xbb\xbf") == 1


def test_stream_ends_without_its_last_event(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-eof", stream=True)
    assert events(body)[-1]["choices"][0]["finish_reason"] == "stop"


def test_response_stream_ends_without_its_last_event(client: OpenAI) -> None:
    *_, last = client.responses.create(model="stream-eof", input="Hi", stream=True)
    assert last.type == "response.output_item.done"


def test_malformed_line_stands_between_good_ones(upstream: Upstream) -> None:
    _, body = chat(upstream, "stream-malformed", stream=True)
    texts = body.split(b"\n\n")
    assert (texts[1], len(texts)) == (b'data: {"id": "chatcmpl-', 9)


def test_error_event_ends_the_stream_and_is_an_error_to_the_sdk(upstream: Upstream, client: OpenAI) -> None:
    *_, last = events(chat(upstream, "stream-error-after-2", stream=True)[1])
    assert last["error"]["type"] == "server_error"
    with pytest.raises(openai.APIError, match="The server had an error"):
        said_by(client, "stream-error-after-2")


def test_stream_is_reset_after_so_many_events(upstream: Upstream) -> None:
    seen = b""
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(request_bytes({"model": "stream-reset-after-2", "messages": HELLO, "stream": True}))
        with pytest.raises(ConnectionResetError):  # noqa: PT012
            while data := connection.recv(65536):
                seen += data
    assert seen.count(b"data: ") == 2


def test_stream_is_cut_in_the_middle_of_a_chunk(upstream: Upstream) -> None:
    raw = talk(upstream, request_bytes({"model": "stream-cut-after-2", "messages": HELLO, "stream": True}))
    assert raw.endswith(b'400\r\ndata: {"id":"cha')
    assert raw.count(b"data: ") == 3


@pytest.mark.parametrize("model", ["stream-reset-after-2", "stream-cut-after-2"])
def test_broken_stream_is_a_connection_error_to_the_sdk(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.APIConnectionError):
        said_by(client, model)


def test_stream_stalls_after_so_many_events(upstream: Upstream, client: OpenAI) -> None:
    times = []
    stream = stream_of(client, "stream-stall-after-2-0.2")
    for _ in stream:
        times.append(time.monotonic())
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits[1] == max(waits) >= 0.15


def test_slow_stream_waits_between_its_events(upstream: Upstream) -> None:
    started = time.monotonic()
    chat(upstream, "stream-slow-50", stream=True)
    assert time.monotonic() - started >= 6 * 0.05

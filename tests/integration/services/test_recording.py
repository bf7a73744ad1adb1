"""What was received is kept byte for byte."""

import socket

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.services.talking import KEY, ask, port_of, talk
from tests.upstream import OpenAIService, Received, Upstream, recorded_at, running

RAW = (
    b"POST /v1/models/%41?x=1&y=%20 HTTP/1.1\r\n"
    b"hOsT: here\r\n"
    b"AUTHORIZATION:Bearer sk-test\r\n"
    b"x-twice: 1\r\n"
    b"X-Empty:\r\n"
    b"X-Twice:   2 \r\n"
    b"X-Latin: \xe9\r\n"
    b"Connection: close\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
)


def test_request_is_recorded_as_it_came(upstream: Upstream) -> None:
    talk(upstream, RAW + b"a\x00\r\n\xff")
    assert upstream.requests == [
        Received(
            method="POST",
            target="/v1/models/%41?x=1&y=%20",
            path="/v1/models/%41",
            query="x=1&y=%20",
            headers=(
                ("hOsT", "here"),
                ("AUTHORIZATION", "Bearer sk-test"),
                ("x-twice", "1"),
                ("X-Empty", ""),
                ("X-Twice", "2"),
                ("X-Latin", "\xe9"),
                ("Connection", "close"),
                ("Content-Length", "5"),
            ),
            raw_head=RAW,
            body=b"a\x00\r\n\xff",
            connection=1,
        )
    ]


def test_header_is_found_in_any_case(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    assert upstream.requests[0].values("x-TWICE") == ["1", "2"]


def test_chunked_body_is_recorded_joined(upstream: Upstream) -> None:
    talk(
        upstream,
        b"POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    )
    assert upstream.requests[0].body == b"abc0123456789"


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3300), max_size=6))
def test_request_is_recorded_byte_for_byte_however_it_is_cut(body: bytes, cuts: list[int]) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    data = head + body
    with running(OpenAIService(keys={KEY})) as upstream:
        with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
                connection.sendall(data[start:end])
            while connection.recv(65536):
                pass
        [received] = upstream.requests
    assert received.raw_head + received.body == data


def test_recording_is_read_over_http_as_in_process(upstream: Upstream) -> None:
    talk(upstream, RAW + b"a\x00\r\n\xff")
    assert recorded_at(upstream.url) == upstream.requests


def test_recording_is_cleared_over_http(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    assert ask(upstream, "DELETE", "/_recorded")[0].status == 204
    assert upstream.requests == []


def test_recording_is_cleared_in_process(upstream: Upstream) -> None:
    talk(upstream, RAW + b"12345")
    upstream.clear()
    assert upstream.requests == []

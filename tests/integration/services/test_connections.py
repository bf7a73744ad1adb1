"""Connections of the test service: kept, counted, ended, encrypted."""

import contextlib
import re
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator

import httpx2
import pytest
import trustme
from openai import OpenAI

from tests.integration.services.talking import ECHO, HELLO, KEY, ask, ended, port_of, request_bytes, said_by, soon, talk
from tests.upstream import Answer, Ending, OpenAIService, Pause, Received, Upstream, json_answer, running


def test_connection_is_kept_for_the_next_request(upstream: Upstream, client: OpenAI) -> None:
    for _ in range(3):
        client.models.list()
    assert ([received.connection for received in upstream.requests], upstream.connections) == ([1, 1, 1], 1)


def test_requests_sent_ahead_are_answered_in_order(upstream: Upstream) -> None:
    ahead = request_bytes({"model": "gpt-none"}, close=False) + request_bytes({"model": "gpt-test", "messages": HELLO})
    assert re.findall(rb"HTTP/1.1 (\d+)", talk(upstream, ahead)) == [b"404", b"200"]


def test_open_connections_fall_when_the_client_leaves(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream))):
        assert soon(lambda: upstream.open_connections == 1)
    assert soon(lambda: upstream.open_connections == 0)
    assert upstream.connections == 1


def test_client_that_leaves_during_a_stall_is_noticed_at_once(upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", port_of(upstream))) as connection:
        connection.sendall(request_bytes({"model": "stall-60", "messages": HELLO}))
        assert soon(lambda: len(upstream.requests) == 1)
    assert soon(lambda: upstream.open_connections == 0, seconds=1)


def test_client_is_told_to_continue_before_it_sends_its_body(upstream: Upstream) -> None:
    head, body = b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"{}"
    with socket.create_connection(("127.0.0.1", port_of(upstream)), timeout=5) as connection:
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-test\r\n" + head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_answer_to_head_has_no_body(upstream: Upstream) -> None:
    raw = talk(upstream, b"HEAD /v1/models HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    assert raw.endswith(b"\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET /\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad : 1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nLarge: " + b"x" * 300_000 + b"\r\n", 431),
    ],
)
def test_malformed_request_is_refused(upstream: Upstream, head: bytes, status: int) -> None:
    assert talk(upstream, head + b"\r\n").startswith(b"HTTP/1.1 %d " % status)


def test_failure_of_an_app_is_told_in_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Received) -> Answer:
        raise LookupError("no idea")

    with running(broken) as upstream:
        response, body = ask(upstream, "GET", "/")
    assert (response.status, b"LookupError: no idea" in body) == (500, True)


def test_stop_with_open_connections_leaves_nothing_behind() -> None:
    threads = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with running(OpenAIService(keys={KEY})) as upstream:
            idle = socket.create_connection(("127.0.0.1", port_of(upstream)))
            busy = socket.create_connection(("127.0.0.1", port_of(upstream)))
            busy.sendall(request_bytes({"model": "stall-60", "messages": HELLO}))
            assert soon(lambda: upstream.open_connections == 2 and bool(upstream.requests))
            started = time.monotonic()
    assert time.monotonic() - started < 2
    assert ended(idle)
    assert ended(busy)
    assert set(threading.enumerate()) == threads


def test_service_on_localhost_is_reached_by_both_families() -> None:
    with running(OpenAIService(keys={KEY}), host="localhost") as upstream:
        assert upstream.url.startswith("http://localhost:")
        for host in ("127.0.0.1", "::1"):
            try:
                socket.create_connection((host, port_of(upstream)), timeout=2).close()
            except OSError:
                assert host == "::1", "this machine has no IPv6"
                pytest.skip("this machine has no IPv6")
        assert soon(lambda: upstream.connections == 2)


def test_service_on_ipv6_has_brackets_in_its_address() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with (
        running(OpenAIService(keys={KEY}), host="::1") as upstream,
        OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1") as client,
    ):
        assert upstream.url.startswith("http://[::1]:")
        assert client.models.retrieve("gpt-test").id == "gpt-test"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY}), tls=serving(authority)) as upstream:
        yield upstream


def serving(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_service_speaks_tls(secure: Upstream, authority: trustme.CA) -> None:
    with (
        httpx2.Client(verify=trusting(authority)) as http_client,
        OpenAI(api_key=KEY, base_url=f"{secure.url}/v1", http_client=http_client) as client,
    ):
        assert said_by(client, "stream-split-1") == ECHO
    assert secure.url.startswith("https://")


def test_reset_over_tls_is_a_reset(secure: Upstream, authority: trustme.CA) -> None:
    plain = socket.create_connection(("127.0.0.1", port_of(secure)), timeout=5)
    with trusting(authority).wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall(request_bytes({"model": "reset", "messages": HELLO}))
        # Python before 3.13 reads a reset as an end here. The kernel knows: after FIN it would say CLOSE_WAIT (8).
        with contextlib.suppress(ConnectionResetError):
            connection.recv(100)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x07"


def test_client_that_fails_its_handshake_is_counted_as_a_connection(secure: Upstream) -> None:
    plain = socket.create_connection(("127.0.0.1", port_of(secure)), timeout=5)
    with plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    assert (secure.connections, secure.requests) == (1, [])


def test_stop_during_a_handshake_leaves_nothing_behind(authority: trustme.CA) -> None:
    with running(OpenAIService(keys={KEY}), tls=serving(authority)) as secure:
        silent = socket.create_connection(("127.0.0.1", port_of(secure)))
        assert soon(lambda: secure.connections == 1)
    assert ended(silent)


def test_app_of_ones_own_decides_every_write() -> None:
    async def app(_: Received) -> Answer:
        return Answer(body=(b"one", Pause(0.05), b"two", Ending.CLOSE), headers=(("x-mine", "1"),))

    with running(app) as upstream:
        raw = talk(upstream, b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    assert raw == b"HTTP/1.1 200 OK\r\nx-mine: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n"


def test_plain_json_app_is_one_line() -> None:
    async def app(request: Received) -> Answer:
        return json_answer({"path": request.path})

    with running(app) as upstream:
        assert ask(upstream, "GET", "/a%20b?c")[1] == b'{"path":"/a%20b"}'

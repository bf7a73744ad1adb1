"""The recording proxy tunnels, passes on, asks for a password, and remembers."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import httpx2
import pytest

from tests.integration.services.talking import ended, soon
from tests.upstream import (
    Answer,
    OpenAIService,
    Pki,
    Received,
    RecordingProxy,
    Upstream,
    json_answer,
    running,
    running_proxy,
    tls_client,
    tls_server,
)


async def echo(request: Received) -> Answer:
    return json_answer({"method": request.method, "target": request.target, "body": request.body.decode()})


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def plain() -> Iterator[Upstream]:
    with running(echo) as upstream:
        yield upstream


@pytest.fixture
def secure(pki: Pki) -> Iterator[Upstream]:
    with running(echo, tls=tls_server(pki.server)) as upstream:
        yield upstream


def through(proxy: RecordingProxy, pki: Pki, **proxy_options: object) -> httpx2.Client:
    return httpx2.Client(proxy=httpx2.Proxy(proxy.url, **proxy_options), verify=tls_client(pki.root))  # type: ignore[arg-type]


def test_plain_request_is_passed_on_in_origin_form(plain: Upstream, pki: Pki) -> None:
    with running_proxy() as proxy, through(proxy, pki) as client:
        response = client.post(f"{plain.url}/a%20b?c=d", content=b"hello")
    assert response.json() == {"method": "POST", "target": "/a%20b?c=d", "body": "hello"}
    assert [(each.method, each.target) for each in proxy.requests] == [("POST", f"{plain.url}/a%20b?c=d")]
    assert plain.requests[0].header("via") == "1.1 recording-proxy"
    assert plain.requests[0].values("proxy-connection") == []


def test_chunked_request_is_passed_on_with_its_length(plain: Upstream, pki: Pki) -> None:
    with running_proxy() as proxy, through(proxy, pki) as client:
        response = client.post(f"{plain.url}/", content=iter([b"hel", b"lo"]))
    assert (response.json()["body"], plain.requests[0].values("content-length")) == ("hello", ["5"])


def test_one_client_makes_many_requests(plain: Upstream, pki: Pki) -> None:
    with running_proxy() as proxy, through(proxy, pki) as client:
        targets = [client.get(f"{plain.url}/{number}").json()["target"] for number in range(20)]
        assert len(proxy.requests) == 20
    assert targets == [f"/{number}" for number in range(20)]


def test_tunnel_carries_tls_that_the_proxy_cannot_see(secure: Upstream, pki: Pki) -> None:
    with running_proxy() as proxy, through(proxy, pki) as client:
        bodies = [client.post(f"{secure.url}/", content=b"x" * 200_000).json()["body"] for _ in range(2)]
    target = secure.url.removeprefix("https://")
    assert bodies == ["x" * 200_000] * 2
    assert [(each.method, each.target, each.header("HOST")) for each in proxy.requests] == [("CONNECT", target, target)]
    assert secure.requests[0].values("via") == []


@pytest.mark.parametrize("kind", ["plain", "secure"])
def test_password_is_asked_for(kind: str, pki: Pki, request: pytest.FixtureRequest) -> None:
    upstream = request.getfixturevalue(kind)
    with running_proxy(username="us er", password="p:w") as proxy:
        with through(proxy, pki, auth=("us er", "p:w")) as client:
            assert client.get(f"{upstream.url}/").status_code == 200
        assert proxy.requests[0].header("proxy-authorization") == "Basic dXMgZXI6cDp3"
        proxy.clear()
        for wrong in (None, ("us er", "other")):
            with through(proxy, pki, auth=wrong) as client, contextlib.suppress(httpx2.ProxyError):
                response = client.post(f"{upstream.url}/", content=b"x" * 100_000)
                assert (response.status_code, kind) == (407, "plain")
                assert response.headers["proxy-authenticate"] == 'Basic realm="recording-proxy"'
        assert (len(proxy.requests), len(upstream.requests)) == (2, 1)
    assert upstream.requests[0].values("proxy-authorization") == []


@pytest.mark.parametrize("kind", ["plain", "secure"])
def test_proxy_can_be_behind_tls_itself(kind: str, pki: Pki, request: pytest.FixtureRequest) -> None:
    upstream = request.getfixturevalue(kind)
    with (
        running_proxy(username="u", password="p", tls=tls_server(pki.server)) as proxy,
        through(proxy, pki, auth=("u", "p"), ssl_context=tls_client(pki.root)) as client,
    ):
        assert proxy.url.startswith("https://")
        assert client.post(f"{upstream.url}/", content=b"hello").json()["body"] == "hello"


def test_route_leads_to_a_service_of_the_test(pki: Pki, plain: Upstream) -> None:
    routes = {"api.test:80": plain.url.removeprefix("http://")}
    with running_proxy(routes=routes) as proxy, through(proxy, pki) as client:
        assert client.get("http://api.test/x").json()["target"] == "/x"
    assert plain.requests[0].header("host") == "api.test"


def test_target_elsewhere_is_not_reached(pki: Pki) -> None:
    with running_proxy() as proxy, through(proxy, pki) as client:
        assert client.get("http://elsewhere.test/").status_code == 502
        with pytest.raises(httpx2.ProxyError, match="502"):
            client.get("https://10.0.0.1/")
    assert [each.target for each in proxy.requests] == ["http://elsewhere.test/", "10.0.0.1:443"]


def test_target_where_nobody_listens_is_a_bad_gateway(pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_proxy() as proxy, through(proxy, pki) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status_code == 502


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1", b"CONNECT localhost HTTP/1.1", b"GET ftp://localhost/ HTTP/1.1", b"x"]
)
def test_request_that_is_not_for_a_proxy_is_refused(line: bytes) -> None:
    with running_proxy() as proxy, connected(proxy) as connection:
        connection.sendall(line + b"\r\nHost: a\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_end_of_a_tunnel_reaches_the_other_side(plain: Upstream) -> None:
    with running_proxy() as proxy:
        with connected(proxy) as connection:
            tunnel(connection, plain)
            assert soon(lambda: plain.open_connections == 1)
        assert soon(lambda: plain.open_connections == 0)


def test_stop_with_open_tunnels_leaves_nothing_behind(pki: Pki) -> None:
    threads = set(threading.enumerate())
    with running(OpenAIService(keys=())) as upstream, running_proxy(tls=tls_server(pki.server)) as proxy:
        idle = tls_client(pki.root).wrap_socket(connected(proxy), server_hostname="127.0.0.1")
        busy = tls_client(pki.root).wrap_socket(connected(proxy), server_hostname="127.0.0.1")
        tunnel(busy, upstream)
        silent = connected(proxy)
        assert soon(lambda: upstream.open_connections == 1)
    with idle, busy, silent:
        for each in (idle, busy, silent):
            with contextlib.suppress(ssl.SSLEOFError):
                assert ended(each)
    assert set(threading.enumerate()) == threads


def connected(proxy: RecordingProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=5)


def tunnel(connection: socket.socket, upstream: Upstream) -> None:
    target = upstream.url.removeprefix("http://")
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert connection.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"

"""Proxies open no way that the rules close: neither a connection's own, nor the operator's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import httpcore2
import pytest

from connectory import Connection, execute
from connectory.engine.guard import AsyncGuard, Guard, Refused
from connectory.engine.proxy_line import ProxyBroke, ProxyLine
from connectory.engine.through_proxy import AsyncProxyPool, ProxyPool
from connectory.errors import AddressRefused, ProxyFailed, causes_of
from connectory.network_policy import ProxyRule
from connectory.transport import Reach
from tests.integration.connections import HELLO, KEY, openai_at, other_at
from tests.integration.network.paths import GRANTED, REFUSALS, on_server, port_of, with_policy
from tests.integration.network.test_guard import Names
from tests.upstream import OpenAIService, Pki, RecordingProxy, Upstream, running, running_proxy, tls_server

Sends = Callable[[Connection], object]


@pytest.fixture
def proxy() -> Iterator[RecordingProxy]:
    with running_proxy() as recording:
        yield recording


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def behind_tls(pki: Pki) -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY}), tls=tls_server(pki.server)) as upstream:
        yield upstream


def through(proxy: RecordingProxy) -> ProxyRule:
    return ProxyRule(url=proxy.url)


def test_a_connections_own_proxy_must_be_within_reach(sends: Sends, granted: Upstream, proxy: RecordingProxy) -> None:
    with pytest.raises(REFUSALS):
        sends(on_server(other_at(granted, network={"proxy": proxy.url}), GRANTED))
    assert (proxy.requests, granted.connections) == ([], 0)


def test_a_connections_own_proxy_that_is_named_may_be_private(granted: Upstream, proxy: RecordingProxy) -> None:
    connection = other_at(granted, network={"proxy": proxy.url})
    assert execute(on_server(connection, GRANTED, named_hosts=frozenset({"127.0.0.1"})), HELLO).status == 200
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]"])
def test_no_proxy_is_a_metadata_service(granted: Upstream, host: str) -> None:
    own, ruled = other_at(granted, network={"proxy": f"http://{host}"}), ProxyRule(url=f"http://{host}")
    for connection in (on_server(own, GRANTED), own, with_policy(other_at(granted), proxy=ruled)):
        with pytest.raises(ProxyFailed):
            execute(connection, HELLO)


@pytest.mark.parametrize("url", ["http://service.example/", "https://service.example/"])
@pytest.mark.parametrize("server", [True, False])
def test_no_proxy_has_a_name_that_leads_to_metadata(url: str, server: bool) -> None:
    names, reach = Names(["169.254.169.254"]), Reach(server=server, hosts=frozenset({"proxy.example"}))
    line = ProxyLine(url="http://proxy.example:3128", context=None, login=None, headers=())
    context = ssl.create_default_context()
    with (
        ProxyPool(line, guard=Guard(reach, names), lookup_guard=None, ssl_context=context) as pool,
        pytest.raises(ProxyBroke) as broke,
    ):
        pool.request("GET", url)
    assert any(isinstance(cause, Refused) for cause in causes_of(broke.value))

    async def asked() -> httpcore2.Response:
        guard = AsyncGuard(reach, names.later)
        async with AsyncProxyPool(line, guard=guard, lookup_guard=None, ssl_context=context) as pool:
            return await pool.request("GET", url)

    with pytest.raises(ProxyBroke):
        asyncio.run(asked())
    assert names.asked == ["proxy.example", "proxy.example"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "[::1]", "169.254.169.254", "10.0.0.1", "2852039166"])
def test_addresses_are_judged_before_the_operators_proxy_is_asked(
    sends: Sends, proxy: RecordingProxy, host: str
) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            sends(on_server(other_at(f"{scheme}://{host}:8080"), proxy=through(proxy)))
    assert proxy.requests == []


@pytest.mark.parametrize("host", ["localhost", "llm.corp.example", "api.openai.com.evil.example", "metadata"])
def test_a_proxy_is_asked_for_names_only_that_are_known(sends: Sends, proxy: RecordingProxy, host: str) -> None:
    named = frozenset({"llm.corp"})
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            sends(on_server(other_at(f"{scheme}://{host}"), proxy=through(proxy), named_hosts=named))
    assert proxy.requests == []


def test_a_named_host_is_reached_through_the_proxy(sends: Sends, forbidden: Upstream, proxy: RecordingProxy) -> None:
    connection = other_at(f"http://localhost:{port_of(forbidden)}")
    sends(on_server(connection, proxy=through(proxy), named_hosts=frozenset({"localhost"})))
    assert len(proxy.requests) == len(forbidden.requests) == 1


def test_hosts_of_openai_are_reached_through_the_proxy(sends: Sends, behind_tls: Upstream) -> None:
    routes = {"eu.api.openai.com:443": behind_tls.url.removeprefix("https://")}
    with running_proxy(routes=routes) as proxy:
        connection = openai_at("https://eu.api.openai.com", tls={"verification": "none"})
        sends(on_server(connection, proxy=through(proxy)))
        assert {request.target for request in proxy.requests} == {"eu.api.openai.com:443"}
    assert len(behind_tls.requests) == 1


def test_names_that_are_looked_up_here_reach_the_proxy_as_addresses(
    sends: Sends, behind_tls: Upstream, proxy: RecordingProxy, pki: Pki
) -> None:
    connection = other_at(f"https://localhost:{port_of(behind_tls)}", tls={"ca": pki.root.pem})
    sends(on_server(connection, "127.0.0.1", "::1", proxy=through(proxy), resolves_here=True))
    assert {request.target for request in proxy.requests} == {f"127.0.0.1:{port_of(behind_tls)}"}
    assert {request.header("host") for request in behind_tls.requests} == {f"localhost:{port_of(behind_tls)}"}


def test_names_that_are_looked_up_here_are_judged(sends: Sends, proxy: RecordingProxy) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(REFUSALS):
            sends(on_server(other_at(f"{scheme}://localhost:8080"), proxy=through(proxy), resolves_here=True))
    assert proxy.requests == []


def test_a_name_that_is_bound_anew_is_judged_before_the_proxy_is_asked(
    granted: Upstream, proxy: RecordingProxy
) -> None:
    names, reach = Names([GRANTED], ["127.0.0.1"]), Reach(server=True, networks=(ip_network(GRANTED),))
    line = ProxyLine(url=proxy.url, context=None, login=None, headers=())
    with ProxyPool(
        line,
        guard=Guard(Reach()),
        lookup_guard=Guard(reach, names),
        ssl_context=ssl.create_default_context(),
        max_keepalive_connections=0,
    ) as pool:
        url = f"http://rebinding.example:{port_of(granted)}/v1/models"
        assert pool.request("GET", url).status == 401
        with pytest.raises(Refused):
            pool.request("GET", url)
    assert [request.target for request in proxy.requests] == [f"{granted.url}/v1/models"]

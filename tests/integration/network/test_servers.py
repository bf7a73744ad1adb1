"""What a server's connections reach, by every path: public addresses, those that are granted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from connectory import Connection, connect, execute
from connectory.errors import AddressRefused, HostNotAllowed
from tests.integration.connections import HELLO, azure_at, other_at
from tests.integration.network.paths import GRANTED, PATHS, REFUSALS, on_server, port_of, with_policy
from tests.upstream import EntraService, TokenExchange, Upstream, running, running_proxy

Sends = Callable[[Connection], object]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_loopback_is_refused(sends: Sends, forbidden: Upstream, host: str) -> None:
    with pytest.raises(REFUSALS):
        sends(on_server(other_at(f"http://{host}:{port_of(forbidden)}")))
    assert forbidden.connections == 0


def test_a_granted_network_is_reached(sends: Sends, granted: Upstream) -> None:
    sends(on_server(other_at(granted), GRANTED))
    assert len(granted.requests) == 1


def test_a_named_host_is_reached(sends: Sends, forbidden: Upstream) -> None:
    connection = other_at(f"http://localhost:{port_of(forbidden)}")
    sends(on_server(connection, named_hosts=frozenset({"localhost"})))
    assert len(forbidden.requests) == 1


def test_another_name_of_a_named_host_is_not(sends: Sends, forbidden: Upstream) -> None:
    with pytest.raises(REFUSALS):
        sends(on_server(other_at(forbidden), named_hosts=frozenset({"localhost"})))
    assert forbidden.connections == 0


@pytest.mark.parametrize("rules", [{}, {"allowed_hosts": None}, {"named_hosts": frozenset({"*"})}])
def test_a_star_grants_nothing_private(sends: Sends, forbidden: Upstream, rules: dict[str, Any]) -> None:
    with pytest.raises(REFUSALS):
        sends(on_server(other_at(forbidden), **rules))
    assert forbidden.connections == 0


@pytest.mark.parametrize("server", [True, False])
@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]", "metadata"])
def test_metadata_is_refused_everywhere(sends: Sends, host: str, server: bool) -> None:
    everything = {"named_hosts": frozenset({host.strip("[]"), "169.254.169.254"}), "server": server}
    with pytest.raises((AddressRefused, HostNotAllowed)):
        sends(with_policy(other_at(f"http://{host}"), **everything))


def test_lines_that_others_were_granted_are_not_shared(forbidden: Upstream) -> None:
    open_to_all, closed = other_at(forbidden), on_server(other_at(forbidden))
    execute(open_to_all, HELLO)
    with pytest.raises(AddressRefused):
        execute(closed, HELLO)
    assert len(forbidden.requests) == 1


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("subject-1")
    return file


@pytest.fixture
def exchange() -> Iterator[Upstream]:
    with running(TokenExchange(subject_tokens={"subject-1"})) as upstream:
        yield upstream


def with_exchange(service: Upstream, url: str, token_file: Path) -> Connection:
    source = {"kind": "kubernetes", "token_file_path": str(token_file)}
    credential = {"kind": "workload_identity", "identity_provider_id": "i", "service_account_id": "s"}
    return other_at(service, credential={**credential, "source": source, "exchange_url": url})


@pytest.mark.parametrize("path", ["/oauth/token", "", "/"])
def test_an_exchange_on_loopback_is_refused(
    sends: Sends, granted: Upstream, exchange: Upstream, token_file: Path, path: str
) -> None:
    connection = with_exchange(granted, exchange.url + path, token_file)
    with pytest.raises((*REFUSALS, openai.OpenAIError)):
        sends(on_server(connection, GRANTED))
    assert (exchange.connections, granted.requests) == (0, [])


@pytest.mark.parametrize("path", ["/oauth/token", "", "/"])
def test_allowed_hosts_judge_the_exchange_of_a_document(
    sends: Sends, granted: Upstream, exchange: Upstream, token_file: Path, path: str
) -> None:
    connection = with_exchange(granted, exchange.url + path, token_file)
    with pytest.raises((*REFUSALS, openai.OpenAIError)):
        sends(with_policy(connection, allowed_hosts=frozenset({GRANTED})))
    assert exchange.connections == 0


def test_an_authority_on_loopback_is_refused(sends: Sends, granted: Upstream) -> None:
    credential = {"kind": "entra", "tenant_id": "tenant-test", "client_id": "c", "client_secret": "s3cret"}
    with running(EntraService(secrets={"s3cret"})) as entra:
        connection = azure_at(granted, credential={**credential, "authority": entra.url})
        with pytest.raises((*REFUSALS, openai.OpenAIError)):
            sends(on_server(connection, GRANTED))
        assert (entra.connections, granted.requests) == (0, [])


@pytest.mark.parametrize("place", ["headers", "default_headers"])
def test_a_front_that_many_share_is_asked_for_the_urls_own_service(sends: Sends, granted: Upstream, place: str) -> None:
    headers = {"Host": "admin.corp"}
    more = {"headers": headers} if place == "headers" else {"client": {"default_headers": headers}}
    connection = other_at(granted, **more)
    with pytest.raises(AddressRefused, match="header `Host`"):
        sends(on_server(connection, GRANTED))
    with pytest.raises(HostNotAllowed, match=r"admin\.corp"):
        sends(with_policy(connection, allowed_hosts=frozenset({GRANTED})))
    assert granted.connections == 0
    sends(on_server(connection, GRANTED, named_hosts=frozenset({"admin.corp"})))
    assert granted.requests[0].header("host") == "admin.corp"


def test_a_host_header_that_says_what_the_url_says_is_fine(granted: Upstream) -> None:
    connection = other_at(granted, headers={"host": granted.url.removeprefix("http://")})
    assert execute(on_server(connection, GRANTED), HELLO).status == 200


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_library_reaches_loopback(path: Sends, forbidden: Upstream) -> None:
    path(other_at(forbidden))
    assert len(forbidden.requests) == 1


def test_rules_hold_for_urls_of_the_caller(forbidden: Upstream, granted: Upstream) -> None:
    connection = on_server(other_at(granted), GRANTED)
    with pytest.raises(AddressRefused):
        connect(connection, base_url=f"{forbidden.url}/v1", api_key="theirs")
    with connect(connection, api_key="theirs", max_retries=0) as client:
        with pytest.raises(AddressRefused):
            client.with_options(base_url=f"{forbidden.url}/v1").models.list()
        for url in (f"{forbidden.url}/v1/models", "http://169.254.169.254/latest"):
            with pytest.raises(AddressRefused):
                client.get(url, cast_to=object)
    assert forbidden.connections == 0


def test_proxy_of_a_configured_connection_is_no_service(forbidden: Upstream) -> None:
    with running_proxy() as proxy:
        named = {"named_proxies": frozenset({proxy.url}), "named_hosts": frozenset({"llm.corp.example"})}
        with pytest.raises(REFUSALS):
            execute(on_server(other_at(proxy.url), **named), HELLO)
        assert proxy.requests == []
        through = other_at(f"http://localhost:{port_of(forbidden)}", network={"proxy": proxy.url})
        execute(on_server(through, **{**named, "named_hosts": frozenset({"localhost"})}), HELLO)
        assert len(proxy.requests) == 1

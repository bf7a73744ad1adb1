"""What others have written agrees with us: tinyproxy, squid and haproxy between a connection and its service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from connectory import Connection, execute
from connectory.engine.diagnosis import Asked, State
from connectory.engine.doctor import examine
from connectory.errors import ClientCertificateRefused, ConnectionBroken, ProxyFailed, ProxyStage
from connectory.network_policy import ProxyRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.integration.connections import HELLO, KEY, other_at
from tests.integration.network.paths import PATHS, port_of, with_policy
from tests.upstream import OpenAIService, Pki, TokenExchange, Upstream, running, tls_server
from tests.upstream.real_proxies import haproxy, program, squid, tinyproxy

LOGIN = ("me", "pass-word")
NEEDS = ("tinyproxy", "squid", "haproxy")
missing = [name for name in NEEDS if program(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"install Debian's {' '.join(missing)}")

FAILURES = (ProxyFailed, openai.APIConnectionError)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def behind_tls(pki: Pki) -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY}), tls=tls_server(pki.server)) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def plain() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def open_proxy() -> Iterator[str]:
    with tinyproxy() as url:
        yield url


@pytest.fixture(scope="module", params=["tinyproxy", "squid"])
def asking_proxy(request: pytest.FixtureRequest) -> Iterator[str]:
    """One that wants to know who asks."""
    made = {"tinyproxy": tinyproxy, "squid": squid}
    with made[request.param](login=LOGIN) as url:
        yield url


@pytest.fixture(params=list(PATHS.values()), ids=list(PATHS))
def sends(request: pytest.FixtureRequest) -> Callable[[Connection], object]:
    return request.param  # type: ignore[no-any-return]


def through(service: Upstream | str, proxy: str, pki: Pki, **network: Any) -> Connection:
    at = service if isinstance(service, str) else service.url
    tls = {"tls": {"ca": pki.root.pem}} if at.startswith("https:") else {}
    return with_policy(other_at(at, network={"proxy": proxy, **network}, **tls))


def logged_in(name: str = LOGIN[0], word: str = LOGIN[1]) -> dict[str, str]:
    return {"proxy_username": name, "proxy_password": word}


def found(connection: Connection, **asked: bool) -> tuple[str, str, str]:
    """The stage that failed, with what was seen and the fix."""
    failed = examine("it", lambda: connection, asked=Asked(**asked)).failed
    return (failed.name, failed.seen, failed.fix) if failed else ("", "", "")


def test_tinyproxy_lets_every_path_through(
    sends: Callable[[Connection], object], behind_tls: Upstream, plain: Upstream, open_proxy: str, pki: Pki
) -> None:
    before = (len(behind_tls.requests), len(plain.requests))
    sends(through(behind_tls, open_proxy, pki))
    sends(through(plain, open_proxy, pki))
    assert (len(behind_tls.requests), len(plain.requests)) == (before[0] + 1, before[1] + 1)
    assert any("tinyproxy" in value for value in plain.requests[-1].values("via"))


def test_proxies_take_our_credentials(
    sends: Callable[[Connection], object], behind_tls: Upstream, plain: Upstream, asking_proxy: str, pki: Pki
) -> None:
    before = (len(behind_tls.requests), len(plain.requests))
    for service in (behind_tls, plain):
        sends(through(service, asking_proxy, pki, **logged_in()))
    assert (len(behind_tls.requests), len(plain.requests)) == (before[0] + 1, before[1] + 1)
    assert plain.requests[-1].header("proxy-authorization") is None


@pytest.mark.parametrize("login", [{}, logged_in(word="wrong")])
def test_proxies_that_do_not_know_us_fail_as_ours_does(
    sends: Callable[[Connection], object], login: dict[str, str], behind_tls: Upstream, asking_proxy: str, pki: Pki
) -> None:
    before = len(behind_tls.requests)
    with pytest.raises(FAILURES):
        sends(through(behind_tls, asking_proxy, pki, **login))
    assert len(behind_tls.requests) == before


@pytest.mark.parametrize("login", [{}, logged_in(word="wrong")])
def test_what_a_proxy_answered_is_told(
    login: dict[str, str], behind_tls: Upstream, asking_proxy: str, pki: Pki
) -> None:
    connection = through(behind_tls, asking_proxy, pki, **login)
    with pytest.raises(ProxyFailed) as caught:
        execute(connection, HELLO)
    assert caught.value.stage is ProxyStage.ANSWER
    assert caught.value.status in (401, 407)
    stage, seen, fix = found(connection)
    assert (stage, str(caught.value.status) in seen) == ("proxy", True)
    assert fix.startswith("check the user name" if login else "give a user name and password")


def test_squid_that_forbids_a_port_is_the_proxys_fault(behind_tls: Upstream, pki: Pki) -> None:
    with squid(denied=port_of(behind_tls)) as proxy:
        connection = through(behind_tls, proxy, pki)
        with pytest.raises(ProxyFailed) as caught:
            execute(connection, HELLO)
        assert caught.value.status == 403
        assert found(connection)[::2] == (
            "proxy",
            f"let the proxy allow CONNECT to 127.0.0.1:{port_of(behind_tls)}, or take another way in `network.proxy`",
        )


@pytest.mark.parametrize("made", [tinyproxy, squid])
def test_proxy_that_does_not_get_through_is_the_proxys_fault(made: Any, pki: Pki) -> None:
    with made() as proxy:
        connection = through("https://127.0.0.1:1", proxy, pki)
        with pytest.raises(ProxyFailed) as caught:
            execute(connection, HELLO)
        assert (caught.value.status or 0) >= 500
        assert found(connection)[2].startswith(
            "check the host in `url`, and see that the proxy gets through to 127.0.0.1:1"
        )


@pytest.mark.parametrize("made", [tinyproxy, squid])
def test_streams_are_not_held_back(made: Any, pki: Pki) -> None:
    slow = OpenAIService(keys={KEY}, fault="stream-slow-40")
    with made() as proxy, running(slow) as plain, running(slow, tls=tls_server(pki.server)) as behind_tls:
        for service in (plain, behind_tls):
            report = examine("it", lambda: through(service, proxy, pki), asked=Asked(stream=True))  # noqa: B023
            stage = report.stages[-1]
            assert (report.failed, stage.name, stage.state) == (None, "stream", State.OK)


def test_haproxy_speaks_tls_before_a_proxy(
    sends: Callable[[Connection], object], behind_tls: Upstream, open_proxy: str, pki: Pki
) -> None:
    with haproxy(pki.server, open_proxy.removeprefix("http://")) as url:
        rule = ProxyRule(url=url, ca=CA(text=Secret(pki.root.pem), place="connectory.network.proxy_ca"))
        connection = other_at(behind_tls, tls={"ca": pki.root.pem})
        before = len(behind_tls.requests)
        sends(with_policy(connection, proxy=rule))
        assert len(behind_tls.requests) == before + 1
        with pytest.raises(FAILURES):
            sends(with_policy(connection, proxy=ProxyRule(url=url)))
        with pytest.raises(ProxyFailed) as caught:
            execute(with_policy(connection, proxy=ProxyRule(url=url)), HELLO)
        assert caught.value.stage is ProxyStage.TLS


def test_haproxy_demands_a_client_certificate(sends: Callable[[Connection], object], plain: Upstream, pki: Pki) -> None:
    target = plain.url.removeprefix("http://")
    with haproxy(pki.server, target, mode="http", demanding=pki.client_root) as url:
        own = {"certificate": pki.client_ec.chain_pem, "private_key": pki.client_ec.key_pem}
        before = len(plain.requests)
        sends(with_policy(other_at(url, tls={"ca": pki.root.pem, **own})))
        assert len(plain.requests) == before + 1
        without = with_policy(other_at(url, tls={"ca": pki.root.pem}))
        with pytest.raises((ClientCertificateRefused, ConnectionBroken)):
            execute(without, HELLO)
        stage, _, fix = found(without)
        assert (stage, "it demands one" in fix) == ("tls", True)


def test_what_a_proxy_answers_in_a_services_place_is_an_answer(plain: Upstream, pki: Pki) -> None:
    """In absolute form nobody can tell who answers. tinyproxy resets the line, as it reads nothing that is posted."""
    before = plain.connections
    for how, status in (({"login": LOGIN}, 407), ({"denied": port_of(plain)}, 403)):
        with squid(**how) as proxy:
            assert execute(through(plain, proxy, pki), HELLO).status == status
    assert plain.connections == before


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tokens_are_exchanged_through_proxies_that_ask_who_we_are(
    sends: Callable[[Connection], object], scheme: str, asking_proxy: str, pki: Pki, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("subject-1")
    exchange, tls = TokenExchange(subject_tokens={"subject-1"}), tls_server(pki.server) if scheme == "https" else None
    with running(exchange, tls=tls) as place, running(OpenAIService(keys=exchange.tokens), tls=tls) as service:
        credential = {
            "kind": "workload_identity",
            "identity_provider_id": "idp_test",
            "service_account_id": "sa_test",
            "source": {"kind": "kubernetes", "token_file_path": str(tmp_path / "token")},
            "exchange_url": f"{place.url}/oauth/token",
        }
        network = {"proxy": asking_proxy, **logged_in()}
        sends(with_policy(other_at(service, network=network, tls={"ca": pki.root.pem}, credential=credential)))
        assert (len(place.requests), len(service.requests)) == (1, 1)

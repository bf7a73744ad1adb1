"""What the HTTP client raises when real programs fail, and the facts that our errors take from it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectory.engine.failures import FAILURES, network_error
from connectory.engine.session import open_async_client, open_client
from connectory.errors import (
    AddressRefused,
    ClientCertificateRefused,
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ProxyStage,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
)
from connectory.secret import Secret
from connectory.transport import CA, Proxy, Timeouts, TransportSettings, Trust
from tests.upstream import OpenAIService, Pki, running, running_proxy, tls_server


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def trusting(pki: Pki) -> Trust:
    return Trust(cas=(CA(text=Secret(pki.root.pem), place="tls.ca"),), alone=True)


def settings(trust: Trust | None = None, proxy: Proxy | None = None) -> TransportSettings:
    timeouts = Timeouts(connect=5.0, read=0.3, write=5.0, pool=5.0)
    return TransportSettings(timeouts=timeouts, retries=0, trust=trust or Trust(), proxy=proxy)


def failed(url: str, trust: Trust | None = None, proxy: Proxy | None = None) -> NetworkError:
    """Our error for a request that fails."""
    with open_client(settings(trust, proxy)) as client:
        try:
            client.get(url)
        except FAILURES as error:
            return network_error(error, url, client.timeout.as_dict(), proxy)
    raise AssertionError("it did not fail")


async def failed_async(url: str, trust: Trust | None = None, proxy: Proxy | None = None) -> NetworkError:
    async with open_async_client(settings(trust, proxy)) as client:
        try:
            await client.get(url)
        except FAILURES as error:
            return network_error(error, url, client.timeout.as_dict(), proxy)
    raise AssertionError("it did not fail")


def facts(error: NetworkError) -> dict[str, Any]:
    """The error's class, and every fact but its origin and its reason."""
    known = {name: fact for name, fact in vars(error).items() if name not in ("origin", "reason") and fact is not None}
    return {"kind": type(error), **known}


@contextlib.contextmanager
def ending(end: Callable[[socket.socket], None]) -> Iterator[str]:
    """A program that takes one connection, hears what comes, and ends it its own way; the URL of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                end(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def talk_plain(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextlib.contextmanager
def demanding_a_certificate(context: ssl.SSLContext) -> Iterator[str]:
    """A TLS service that sends its alert and hears the client out: who hangs up at once may drown it in a reset."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            raw, _ = listening.accept()
            with context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as connection:
                with contextlib.suppress(ssl.SSLError):
                    connection.do_handshake()
                while socket.socket.recv(connection, 65536):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def leave(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


REFUSED = {"kind": ServiceUnreachable, "os_error": "ECONNREFUSED", "dialled": ("127.0.0.1", 1)}


def test_refused_connection_has_the_systems_name_for_it_and_what_was_dialled() -> None:
    assert facts(failed("http://127.0.0.1:1")) == REFUSED


@pytest.mark.anyio
async def test_refused_connection_has_the_same_facts_in_async() -> None:
    assert facts(await failed_async("http://127.0.0.1:1")) == REFUSED


def test_name_that_leads_nowhere_has_the_address_that_it_led_to() -> None:
    error = failed("http://localhost:1")
    assert isinstance(error, ServiceUnreachable)
    assert error.dialled in [("127.0.0.1", 1), ("::1", 1)]


def test_name_without_an_address_is_known() -> None:
    error = failed("http://a..b.invalid:80")
    assert isinstance(error, NameNotResolved)
    assert error.host == "a..b.invalid"


def test_silence_has_its_phase_and_its_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failed(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert facts(error) == {"kind": TimedOut, "phase": "read", "seconds": 0.3}


def test_line_that_was_reset_is_told_from_one_that_ended() -> None:
    with ending(reset) as url:
        assert facts(failed(url)) == {"kind": ConnectionBroken, "reset": True}
    with ending(leave) as url:
        assert facts(failed(url)) == {"kind": ConnectionBroken, "reset": False}


@pytest.mark.anyio
async def test_line_that_was_reset_is_told_from_one_that_ended_in_async_too() -> None:
    with ending(reset) as url:
        assert facts(await failed_async(url)) == {"kind": ConnectionBroken, "reset": True}
    with ending(leave) as url:
        assert facts(await failed_async(url)) == {"kind": ConnectionBroken, "reset": False}


UNTRUSTED = [
    ("server_self_signed", 18),
    ("server_without_intermediate", 20),
    ("server_expired", 10),
]


@pytest.mark.parametrize(("identity", "code"), UNTRUSTED)
def test_certificate_that_is_not_trusted_has_openssls_number(identity: str, code: int, pki: Pki) -> None:
    with running(OpenAIService(keys=set()), tls=tls_server(getattr(pki, identity))) as upstream:
        assert facts(failed(upstream.url, trusting(pki))) == {"kind": TLSFailed, "verify_code": code}


@pytest.mark.parametrize(("host", "code"), [("localhost", 62), ("127.0.0.1", 64)])
def test_certificate_of_another_host_has_openssls_number(host: str, code: int, pki: Pki) -> None:
    with running(OpenAIService(keys=set()), tls=tls_server(pki.server_wrong_host)) as upstream:
        url = upstream.url.replace("127.0.0.1", host)
        assert facts(failed(url, trusting(pki))) == {"kind": TLSFailed, "verify_code": code}


@pytest.mark.anyio
async def test_certificate_that_is_not_trusted_has_openssls_number_in_async_too(pki: Pki) -> None:
    with running(OpenAIService(keys=set()), tls=tls_server(pki.server_self_signed)) as upstream:
        assert facts(await failed_async(upstream.url, trusting(pki))) == {"kind": TLSFailed, "verify_code": 18}


def test_service_without_tls_has_openssls_name_for_what_broke() -> None:
    with ending(talk_plain) as url:
        error = failed(url.replace("http:", "https:"))
    assert facts(error) == {"kind": TLSFailed, "openssl": "WRONG_VERSION_NUMBER"}


def test_alert_of_a_service_that_demands_a_certificate_has_its_name(pki: Pki) -> None:
    with demanding_a_certificate(tls_server(pki.server, demanding=pki.client_root)) as url:
        error = failed(url, trusting(pki))
    assert facts(error) == {"kind": ClientCertificateRefused, "openssl": "TLSV13_ALERT_CERTIFICATE_REQUIRED"}


def test_address_that_may_not_be_dialled_is_told_as_that() -> None:
    assert facts(failed("http://169.254.169.254")) == {"kind": AddressRefused, "address": "169.254.169.254"}


# Through a proxy


def test_proxy_where_nobody_listens_failed_at_tcp() -> None:
    error = failed("https://127.0.0.1:2", proxy=Proxy(url="http://127.0.0.1:1"))
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.status, error.proxy) == (ProxyStage.TCP, None, "http://127.0.0.1:1")
    assert error.failure
    assert facts(error.failure) == REFUSED
    assert error.reason == "http://127.0.0.1:1 could not be reached: connection refused"


def test_proxy_whose_name_has_no_address_failed_at_its_name() -> None:
    error = failed("https://127.0.0.1:2", proxy=Proxy(url="http://nobody.invalid:1"))
    assert isinstance(error, ProxyFailed)
    assert error.stage is ProxyStage.NAME
    assert isinstance(error.failure, NameNotResolved)
    assert error.failure.host == "nobody.invalid"


@pytest.mark.parametrize(("login", "status"), [({"username": "ann"}, 407), ({}, 502)])
def test_proxy_that_refuses_has_the_status_that_it_answered(login: dict[str, str], status: int) -> None:
    with running_proxy(**login) as proxy:  # type: ignore[arg-type]
        error = failed("https://127.0.0.1:1", proxy=Proxy(url=proxy.url))
    assert facts(error) == {"kind": ProxyFailed, "proxy": proxy.url, "stage": ProxyStage.ANSWER, "status": status}


@pytest.mark.parametrize("encrypted", [False, True])
def test_service_behind_a_proxy_is_blamed_for_its_own_certificate(encrypted: bool, pki: Pki) -> None:
    tls = tls_server(pki.server) if encrypted else None
    self_signed = tls_server(pki.server_self_signed)
    with running(OpenAIService(keys=set()), tls=self_signed) as upstream, running_proxy(tls=tls) as proxy:
        error = failed(upstream.url, trusting(pki), Proxy(url=proxy.url, trust=trusting(pki)))
    assert facts(error) == {"kind": TLSFailed, "verify_code": 18}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_proxy_is_blamed_for_its_own_certificate(url: str, pki: Pki) -> None:
    with running_proxy(tls=tls_server(pki.server_self_signed)) as proxy:
        error = failed(url, trusting(pki), Proxy(url=proxy.url, trust=trusting(pki)))
    assert_untrusted(error, proxy.url)


@pytest.mark.anyio
async def test_proxy_is_blamed_for_its_own_certificate_in_async_too(pki: Pki) -> None:
    with running_proxy(tls=tls_server(pki.server_self_signed)) as proxy:
        error = await failed_async("https://127.0.0.1:1", trusting(pki), Proxy(url=proxy.url, trust=trusting(pki)))
    assert_untrusted(error, proxy.url)


def assert_untrusted(error: NetworkError, proxy: str) -> None:
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.status, error.proxy) == (ProxyStage.TLS, None, proxy)
    assert error.failure
    assert facts(error.failure) == {"kind": TLSFailed, "verify_code": 18}
    assert error.failure.origin == proxy


def test_proxy_that_hangs_up_broke_off() -> None:
    with ending(leave) as url:
        error = failed("https://127.0.0.1:1", proxy=Proxy(url=url))
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.status) == (ProxyStage.ANSWER, None)
    assert isinstance(error.failure, ConnectionBroken)


def test_proxy_that_is_silent_did_not_answer_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = failed("https://127.0.0.1:1", proxy=Proxy(url=url))
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.reason) == (ProxyStage.ANSWER, f"{url} did not answer in time")
    assert error.failure
    assert facts(error.failure) == {"kind": TimedOut, "phase": "read", "seconds": 0.3}


def test_proxy_at_an_address_that_may_not_be_dialled_is_to_blame_itself() -> None:
    error = failed("https://127.0.0.1:1", proxy=Proxy(url="http://169.254.169.254:3128"))
    assert isinstance(error, ProxyFailed)
    assert isinstance(error.failure, AddressRefused)


def test_error_with_another_reason_keeps_its_facts() -> None:
    error = ServiceUnreachable("http://a", "refused", os_error="ECONNREFUSED", dialled=("127.0.0.1", 1))
    other = error.saying("refused; it is not there")
    assert str(other) == "http://a could not be reached: refused; it is not there."
    assert facts(other) == facts(error)
    assert str(error) == "http://a could not be reached: refused."

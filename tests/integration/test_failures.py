"""What the HTTP client raises when real programs fail, and the facts that our errors take from it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpcore2
import httpx2
import pytest

from connectory.engine.failures import FAILURES, network_error
from connectory.errors import (
    AddressRefused,
    ClientCertificateRefused,
    ConnectionBroken,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
)
from tests.upstream import OpenAIService, Pki, running, running_proxy, tls_server

LIMITS = {"connect": 5.0, "read": 0.3, "write": 5.0, "pool": 5.0}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def trusting(pki: Pki) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pki.root.pem)


def failed(url: str, verify: ssl.SSLContext | None = None, proxy: httpx2.Proxy | None = None) -> NetworkError:
    """Our error for a request that fails."""
    transport = httpx2.HTTPTransport(verify=verify or ssl.create_default_context(), proxy=proxy, trust_env=False)
    with httpx2.Client(transport=transport, timeout=httpx2.Timeout(**LIMITS), trust_env=False) as client:
        try:
            client.get(url)
        except FAILURES as error:
            return network_error(error, url, LIMITS, str(proxy.url) if proxy else None)
    raise AssertionError("it did not fail")


async def failed_async(url: str, verify: ssl.SSLContext | None = None) -> NetworkError:
    async with httpx2.AsyncClient(verify=verify or True, timeout=httpx2.Timeout(**LIMITS), trust_env=False) as client:
        try:
            await client.get(url)
        except FAILURES as error:
            return network_error(error, url, LIMITS, None)
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


def test_refused_connection_has_the_systems_name_for_it() -> None:
    assert facts(failed("http://127.0.0.1:1")) == {"kind": ServiceUnreachable, "os_error": "ECONNREFUSED"}


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_refused_connection_has_the_systems_name_for_it_in_async_too(host: str) -> None:
    """`localhost` has two addresses, which are tried side by side."""
    assert facts(await failed_async(f"http://{host}:1")) == {"kind": ServiceUnreachable, "os_error": "ECONNREFUSED"}


def test_address_that_was_dialled_is_known_from_who_dialled_it() -> None:
    raised = httpx2.ConnectError("no route")
    raised.__cause__ = httpcore2.ConnectError("no route")
    raised.__cause__.dialled = ("192.0.2.1", 443)  # type: ignore[attr-defined]
    error = network_error(raised, "https://llm.example", LIMITS, None)
    assert facts(error) == {"kind": ServiceUnreachable, "dialled": ("192.0.2.1", 443)}


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


def test_address_that_may_not_be_dialled_is_found_behind_what_the_client_raises() -> None:
    refused = AddressRefused("https://llm.example", "is not public", address="10.0.0.1")
    raised = httpx2.ConnectError("refused")
    raised.__cause__ = httpcore2.ConnectError("refused")
    raised.__cause__.__cause__ = refused
    assert network_error(raised, "https://llm.example", LIMITS, "http://proxy.example:3128") is refused


# Through a proxy


def by(url: str, **arguments: Any) -> httpx2.Proxy:
    return httpx2.Proxy(url, **arguments)


def test_proxy_where_nobody_listens_failed_at_tcp() -> None:
    error = failed("https://127.0.0.1:2", proxy=by("http://127.0.0.1:1"))
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.status, error.proxy) == ("tcp", None, "http://127.0.0.1:1")
    assert isinstance(error.failure, ServiceUnreachable)
    assert error.failure.os_error == "ECONNREFUSED"
    assert error.reason == "http://127.0.0.1:1 could not be reached: connection refused"


def test_proxy_whose_name_has_no_address_failed_at_its_name() -> None:
    error = failed("https://127.0.0.1:2", proxy=by("http://nobody.invalid:1"))
    assert isinstance(error, ProxyFailed)
    assert error.stage == "name"
    assert isinstance(error.failure, NameNotResolved)
    assert error.failure.host == "nobody.invalid"


@pytest.mark.parametrize(("login", "status"), [({"username": "ann"}, 407), ({}, 502)])
def test_proxy_that_refuses_has_the_status_that_it_answered(login: dict[str, str], status: int) -> None:
    with running_proxy(**login) as proxy:  # type: ignore[arg-type]
        error = failed("https://127.0.0.1:1", proxy=by(proxy.url))
    assert facts(error) == {"kind": ProxyFailed, "proxy": proxy.url, "stage": "answer", "status": status}


def test_service_behind_a_proxy_is_blamed_for_its_own_certificate(pki: Pki) -> None:
    with (
        running(OpenAIService(keys=set()), tls=tls_server(pki.server_self_signed)) as upstream,
        running_proxy() as proxy,
    ):
        error = failed(upstream.url, trusting(pki), proxy=by(proxy.url))
    assert facts(error) == {"kind": TLSFailed, "verify_code": 18}


def test_proxy_is_blamed_for_its_own_certificate_where_only_it_speaks_tls(pki: Pki) -> None:
    with running_proxy(tls=tls_server(pki.server_self_signed)) as proxy:
        error = failed("http://127.0.0.1:1", proxy=by(proxy.url, ssl_context=trusting(pki)))
    assert isinstance(error, ProxyFailed)
    assert error.stage == "tls"
    assert isinstance(error.failure, TLSFailed)
    assert (error.failure.origin, error.failure.verify_code) == (proxy.url, 18)
    assert error.reason == f"{proxy.url} could not be reached over TLS: self-signed certificate"


@pytest.mark.parametrize(("at", "kind"), [("proxy", ProxyFailed), ("service", TLSFailed), (None, TLSFailed)])
def test_who_saw_which_end_failed_is_believed(at: str | None, kind: type[NetworkError]) -> None:
    raised = httpx2.ConnectError("untrusted")
    raised.__cause__ = httpcore2.ConnectError("untrusted")
    broken = ssl.SSLError("untrusted")
    broken.reason = "UNTRUSTED"
    raised.__cause__.__cause__ = broken
    if at:
        raised.__cause__.connectory_at = at  # type: ignore[attr-defined]
    error = network_error(raised, "https://llm.example", LIMITS, "https://proxy.example:3128")
    assert type(error) is kind


@pytest.mark.parametrize(
    ("raised", "stage", "reason"),
    [
        (httpx2.ConnectTimeout("late"), "tcp", "could not be reached in time"),
        (httpx2.ReadTimeout("late"), "answer", "did not answer: nothing was heard within 0.3 s"),
        (httpx2.RemoteProtocolError("It left."), "answer", "did not answer: It left"),
    ],
)
def test_proxy_that_is_known_to_have_failed_is_blamed(raised: Exception, stage: str, reason: str) -> None:
    raised.__cause__ = httpcore2.NetworkError()
    raised.__cause__.connectory_at = "proxy"  # type: ignore[attr-defined]
    error = network_error(raised, "https://llm.example", LIMITS, "http://proxy.example:3128")
    assert isinstance(error, ProxyFailed)
    assert (error.stage, error.reason) == (stage, f"http://proxy.example:3128 {reason}")


def test_error_with_another_reason_keeps_its_facts() -> None:
    error = ServiceUnreachable("http://a", "refused", os_error="ECONNREFUSED", dialled=("127.0.0.1", 1))
    other = error.saying("refused; it is not there")
    assert str(other) == "http://a could not be reached: refused; it is not there."
    assert facts(other) == facts(error)
    assert str(error) == "http://a could not be reached: refused."

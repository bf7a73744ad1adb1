"""The doctor on identities, certificates and proxies: which stage stands in the way."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from connectory.dialects import own
from connectory.engine.diagnosis import Report, State
from connectory.engine.doctor import examine
from tests.integration.identity.conftest import Place
from tests.upstream import OpenAIService, Pki, RotatingTokenFile, Upstream, running, running_proxy, scripted, tls_server


def report(document: dict[str, Any]) -> Report:
    return examine("it", lambda: own.read("it", document))


def seen(report: Report, stage: str) -> str:
    return next(found.seen for found in report.stages if found.name == stage)


def states(report: Report) -> dict[str, State]:
    return {stage.name: stage.state for stage in report.stages}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def test_a_good_identity(document: dict[str, Any], service: Upstream, token_file: RotatingTokenFile) -> None:
    told = report(document)
    assert told.failed is None
    assert seen(told, "subject_token") == f"the file {token_file.path}"
    assert seen(told, "token_exchange").startswith("a token, valid for 3600 s, sha256:")
    assert [(request.method, request.header("Authorization")) for request in service.requests] == [
        ("GET", None),
        ("GET", "Bearer at-1"),
    ]


def test_a_missing_token_file(document: dict[str, Any], token_file: RotatingTokenFile) -> None:
    token_file.path.unlink()
    failed = report(document).failed
    assert failed
    assert failed.name == "subject_token"
    assert str(token_file.path) in failed.seen
    assert failed.fix


def leaving() -> str:
    raise SystemExit("cannot log in with sk-proj-0123456789abcdefghij")


def test_a_provider_that_leaves_takes_nobody_along(document: dict[str, Any]) -> None:
    document["credential"]["source"] = {"kind": "custom", "token_provider": f"{__name__}.leaving"}
    failed = report(document).failed
    assert failed
    assert failed.name == "subject_token"
    assert "SystemExit" in failed.seen
    assert "sk-proj" not in failed.seen


def test_an_exchange_that_is_not_there(document: dict[str, Any]) -> None:
    document["credential"]["exchange_url"] = "http://127.0.0.1:1/oauth/token"
    failed = report(document).failed
    assert failed
    assert failed.name == "token_exchange"
    assert failed.fix.startswith("where tokens are exchanged: nobody listens at 127.0.0.1:1")


@pytest.mark.parametrize("answer", [scripted.refused("invalid_grant", "not you"), scripted.html(), scripted.closed()])
def test_an_exchange_that_fails(document: dict[str, Any], place: Place, answer: Any) -> None:
    place.app.always = answer
    told = report({**document, "client": {"max_retries": 0}})
    assert told.failed
    assert (told.failed.name, states(told)["subject_token"]) == ("token_exchange", State.OK)


def test_a_service_that_does_not_take_the_token(document: dict[str, Any]) -> None:
    with running(OpenAIService(keys=())) as service:
        failed = report({**document, "url": f"{service.url}/v1"}).failed
    assert failed
    assert failed.name == "authentication"


def test_a_service_that_is_not_there_costs_no_token(document: dict[str, Any], place: Place) -> None:
    failed = report({**document, "url": "http://127.0.0.1:1/v1"}).failed
    assert failed
    assert (failed.name, place.exchanges) == ("tcp", 0)


@contextlib.contextmanager
def handshaking(context: ssl.SSLContext) -> Iterator[str]:
    """A service that says what it has against a certificate, which asyncio's do not: they just hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    with line, contextlib.suppress(ssl.SSLError):
                        context.wrap_socket(line, server_side=True).unwrap()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def with_certificate(url: str, pki: Pki, client: Any, **tls: Any) -> dict[str, Any]:
    return {
        "provider": "other",
        "url": f"{url}/v1",
        "credential": {"api_key": "k"},
        "tls": {"certificate": client.chain_pem, "private_key": client.key_pem, "ca": pki.root.pem, **tls},
    }


def test_a_client_certificate_that_is_taken(pki: Pki) -> None:
    with running(OpenAIService(keys={"k"}), tls=tls_server(pki.server, demanding=pki.client_root)) as upstream:
        told = report(with_certificate(upstream.url, pki, pki.client_ec))
    assert told.failed is None
    assert "a client certificate was asked for and sent" in seen(told, "tls")


def test_a_client_certificate_that_the_service_does_not_take(pki: Pki) -> None:
    with handshaking(tls_server(pki.server, demanding=pki.client_root)) as url:
        document = with_certificate(url, pki, pki.client_of_another_ca)
        wrong = report(document).failed
        missing = report({**document, "tls": {"ca": pki.root.pem}}).failed
    assert [failed and failed.name for failed in (wrong, missing)] == ["tls", "tls"]
    for failed, reason in ((wrong, "it does not know who issued it"), (missing, "it demands one")):
        assert failed
        assert reason in failed.seen
        assert "tls.certificate" in failed.fix


def test_a_client_certificate_that_expired(pki: Pki) -> None:
    with running(OpenAIService(keys={"k"}), tls=tls_server(pki.server, demanding=pki.client_root)) as upstream:
        failed = report(with_certificate(upstream.url, pki, pki.client_expired)).failed
    assert failed
    assert failed.name == "tls"
    assert "expired on" in failed.seen


def test_verification_that_is_off_is_warned_of(pki: Pki) -> None:
    with running(OpenAIService(keys={"k"}), tls=tls_server(pki.server_self_signed)) as upstream:
        told = report(with_certificate(upstream.url, pki, pki.client_ec, verification="none"))
    assert (told.failed, states(told)["tls"]) == (None, State.WARNING)


def test_a_proxy_that_works_and_one_that_refuses() -> None:
    with running(OpenAIService(keys={"k"})) as upstream, running_proxy(username="me", password="word") as proxy:
        document = {"provider": "other", "url": f"{upstream.url}/v1", "credential": {"api_key": "k"}}
        good = report({**document, "network": {"proxy": proxy.url, "proxy_username": "me", "proxy_password": "word"}})
        bad = report({**document, "network": {"proxy": proxy.url}})
        away = report({**document, "network": {"proxy": "http://127.0.0.1:1"}})
    assert good.failed is None
    assert seen(good, "proxy") == f"went through {proxy.url}"
    assert [told.failed and told.failed.name for told in (bad, away)] == ["proxy", "proxy"]

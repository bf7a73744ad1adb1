"""Faults of the proxy on the way: its name, its port, its TLS, what it lets through."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from connectory.engine.diagnosis import Asked
from connectory.network_policy import ProxyRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.integration.doctor.cases import KEY, WORD, Case, Find, Place, World, document, found
from tests.upstream import Answer, OpenAIService, Pki, Received, raw, running, running_proxy, tls_server


def behind(
    proxy: str | raw.Script, *, scheme: str = "http", to: str = "https://llm.corp.example", **network: Any
) -> World:
    """A service that is never reached, behind a proxy at this URL, or one that follows a script."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        with contextlib.ExitStack() as open_until:
            url = proxy
            if not isinstance(url, str):
                url = f"{scheme}://127.0.0.1:{open_until.enter_context(raw.listening(url))}"
            yield found(document(to, network={"proxy": url, **network}))

    return world


def asking(*, to: str = "https", **network: Any) -> World:
    """A good service behind a proxy that wants to know who asks."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        tls = tls_server(place.pki.server) if to == "https" else None
        with (
            running(OpenAIService(keys={KEY}), tls=tls) as service,
            running_proxy(username="me", password="another word") as proxy,
        ):
            trust = {"tls": {"ca": place.pki.root.pem}} if tls else {}
            yield found(document(service.url, network={"proxy": proxy.url, **network}, **trust))

    return world


def asking_by(rules: Callable[[str], dict[str, Any]]) -> World:
    """A service that is never reached, behind a proxy of these rules for its URL that wants to know who asks."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        with running_proxy(username="me", password="another word") as proxy:
            yield found(document("https://llm.corp.example"), **rules(proxy.url))

    return world


def with_tls(serving: Callable[[Pki], ssl.SSLContext], **trust: Any) -> World:
    """A proxy that speaks TLS itself."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with running_proxy(tls=serving(place.pki)) as proxy:
            yield found(document("https://llm.corp.example", network={"proxy": proxy.url}))

    return world


@contextlib.contextmanager
def _ruled_with_tls(place: Place) -> Iterator[Find]:
    with running_proxy(tls=tls_server(place.pki.server)) as proxy:
        yield found(document("https://llm.corp.example"), proxy=ProxyRule(url=proxy.url))


@contextlib.contextmanager
def _of_variable(_: Place) -> Iterator[Find]:
    yield found(document("https://llm.corp.example"), environment={"HTTPS_PROXY": "socks5://127.0.0.1:1"})


@contextlib.contextmanager
def _untrusted_service(place: Place) -> Iterator[Find]:
    """The proxy is good, and what stands behind it is not."""
    with running(OpenAIService(keys={KEY}), tls=tls_server(place.pki.server)) as service, running_proxy() as proxy:
        yield found(document(service.url, network={"proxy": proxy.url}))


@contextlib.contextmanager
def _in_capitals(place: Place) -> Iterator[Find]:
    """A proxy with TLS, whose scheme somebody wrote in capitals: its certificate is judged all the same."""
    with running_proxy(tls=tls_server(place.pki.server)) as proxy:
        url = proxy.url.replace("https://", "HTTPS://")
        rule = ProxyRule(url=url, ca=CA(text=Secret(place.pki.client_root.pem), place="connectory.network.proxy_ca"))
        yield found(document("https://llm.corp.example"), proxy=rule)


@contextlib.contextmanager
def _asks_as_a_proxy_does(place: Place) -> Iterator[Find]:
    """The service behind a good proxy says what a proxy would say."""
    server = tls_server(place.pki.server)

    async def asking(_: Received) -> Answer:
        return Answer(status=407, body=b"")

    with running(asking, tls=server) as service, running_proxy() as proxy:
        tls = {"ca": place.pki.root.pem}
        yield found(document(service.url, network={"proxy": proxy.url}, tls=tls))


@contextlib.contextmanager
def _forbidden_proxy(_: Place) -> Iterator[Find]:
    """On a server a connection's own proxy must be within reach too."""
    yield found(document("https://api.openai.com", network={"proxy": "http://127.0.0.1:1"}), server=True)


@contextlib.contextmanager
def _holding(place: Place) -> Iterator[Find]:
    """A proxy that reads a stream to its end before it hands it on."""
    with running(OpenAIService(keys={KEY}, fault="stream-slow-40")) as service, running_proxy(holds=True) as proxy:
        client = {"timeout": 5}
        yield found(document(service.url, network={"proxy": proxy.url}, client=client))


def answered(status: str) -> raw.Script:
    return raw.answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


_PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<html/>\r\n"
_CREDENTIALS = {"proxy_username": "me", "proxy_password": WORD}

CASES = [
    Case(
        name="a proxy whose name has no address",
        world=behind("http://proxy.invalid:3128"),
        stage="proxy",
        seen="proxy.invalid",
        fix="check the host of the proxy in `network.proxy`",
    ),
    Case(
        name="a proxy that is not there",
        world=behind("http://127.0.0.1:1"),
        stage="proxy",
        seen="connection refused",
        fix=r"check host and port of the proxy in `network.proxy` \(127.0.0.1:1 was tried\)",
    ),
    Case(
        name="a proxy with a name that no host can have",
        world=behind("http://proxy..corp:3128"),
        stage="proxy",
        seen="no host can have this name",
        fix="check the host of the proxy in `network.proxy`",
    ),
    Case(
        name="a proxy that is silent in plain",
        world=behind(raw.silent, to="http://llm.corp.example"),
        stage="proxy",
        seen="nothing came back through http://127.0.0.1:",
        fix="is an HTTP proxy and gets through to llm.corp.example:80",
    ),
    Case(
        name="a proxy that hangs up in plain",
        world=behind(raw.hanging_up, to="http://llm.corp.example"),
        stage="proxy",
        seen="nothing came back through http://127.0.0.1:",
        fix="is an HTTP proxy and gets through to llm.corp.example:80",
    ),
    Case(name="a proxy that is silent", world=behind(raw.silent), stage="proxy", seen="in time", fix="network.proxy"),
    Case(name="a proxy that hangs up", world=behind(raw.hanging_up), stage="proxy", seen="broke off", fix="CONNECT"),
    Case(name="a proxy that resets", world=behind(raw.resetting), stage="proxy", seen="reset", fix="CONNECT"),
    Case(
        name="a proxy that speaks no HTTP",
        world=behind(raw.answering(b"220 mail.example ESMTP\r\n")),
        stage="proxy",
        fix="is an HTTP proxy that takes CONNECT",
    ),
    Case(
        name="a proxy that wants to know who asks",
        world=asking(),
        stage="proxy",
        seen="407",
        fix="give a user name and password for the proxy as `network.proxy_username` and `network.proxy_password` of "
        "the connection",
    ),
    Case(
        name="a proxy that is told no password",
        world=asking(proxy_username="me"),
        stage="proxy",
        seen="407",
        fix="there is no password for the proxy: give it as `network.proxy_password` of the connection",
    ),
    Case(
        name="a proxy of a variable that wants to know who asks",
        world=asking_by(lambda url: {"environment": {"HTTPS_PROXY": url}}),
        stage="proxy",
        seen="407",
        fix="give a user name and password for the proxy in HTTPS_PROXY, as `http://USER:PASSWORD@HOST:PORT`",
    ),
    Case(
        name="a proxy of the operator's that wants to know who asks",
        world=asking_by(lambda url: {"proxy": ProxyRule(url=url)}),
        stage="proxy",
        seen="407",
        fix="proxy as `connectory.network.proxy_username` and `connectory.network.proxy_password`$",
    ),
    Case(
        name="a proxy of the operator's that is told no password",
        world=asking_by(lambda url: {"proxy": ProxyRule(url=url, username=Secret("me"))}),
        stage="proxy",
        seen="407",
        fix="there is no password for the proxy: give it as `connectory.network.proxy_password`$",
    ),
    Case(
        name="a proxy of a variable that does not take the password",
        world=asking_by(lambda url: {"environment": {"HTTPS_PROXY": url.replace("://", f"://me:{WORD}@")}}),
        stage="proxy",
        seen="407",
        fix="check the user name and password for the proxy in `HTTPS_PROXY`$",
    ),
    Case(
        name="a proxy whose URL has a password that it does not take",
        world=asking_by(lambda url: {"proxy": ProxyRule(url=url, username=Secret("me"), password=Secret(WORD))}),
        stage="proxy",
        seen="407",
        fix="check the user name and password for the proxy in `xpack.actions.proxyUrl`$",
    ),
    Case(
        name="a proxy that does not take the password",
        world=asking(**_CREDENTIALS),
        stage="proxy",
        seen="407",
        fix="check the user name and password for the proxy in `network` of the connection$",
    ),
    Case(
        name="the same of a request in plain",
        world=asking(to="http", **_CREDENTIALS),
        stage="proxy",
        seen="does not take this user name",
        fix="check the user name and password for the proxy",
    ),
    Case(
        name="a proxy that lets nobody through to this host",
        world=behind(answered("403 Forbidden")),
        stage="proxy",
        seen="403",
        fix="let the proxy allow CONNECT to llm.corp.example:443",
    ),
    *(
        Case(
            name=f"a proxy that answers {status}",
            world=behind(answered(status)),
            stage="proxy",
            seen=status[:3],
            fix="check the host in `url`, and see that the proxy gets through to llm.corp.example:443",
        )
        for status in ("500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout")
    ),
    Case(
        name="a proxy that takes no CONNECT",
        world=behind(answered("405 Method Not Allowed")),
        stage="proxy",
        seen="405",
        fix="is an HTTP proxy that takes CONNECT",
    ),
    Case(
        name="a page in place of a tunnel",
        world=behind(raw.answering(_PAGE)),
        stage="tls",
        fix="speaks no TLS|breaks TLS|log",
    ),
    Case(
        name="a tunnel that is reset",
        world=behind(raw.tunnel_and(raw.resetting)),
        stage="tls",
        seen="reset",
        fix="log",
    ),
    Case(name="a tunnel that ends", world=behind(raw.tunnel_and(raw.hanging_up)), stage="tls", fix="log"),
    Case(
        name="a tunnel that is silent",
        world=behind(raw.tunnel_and(raw.silent)),
        stage="tls",
        seen="within 0.7 s",
        fix="is silent to TLS",
    ),
    Case(
        name="a proxy with a certificate of an unknown issuer",
        world=with_tls(lambda pki: tls_server(pki.server)),
        stage="proxy",
        seen="unable to get local issuer certificate",
        fix="the issuer `Test Root` is not trusted; add it as `connectory.network.ca`",
    ),
    Case(
        name="a proxy of the operator's with a certificate of an unknown issuer",
        world=_ruled_with_tls,
        stage="proxy",
        seen="unable to get local issuer certificate",
        fix="the issuer `Test Root` is not trusted; add it as `connectory.network.proxy_ca`",
    ),
    Case(
        name="a proxy that does not take the header for it",
        world=asking_by(
            lambda url: {"proxy": ProxyRule(url=url, headers={"Proxy-Authorization": Secret(f"Basic {WORD}")})}
        ),
        stage="proxy",
        seen="407",
        fix="check the header `Proxy-Authorization` in `xpack.actions.proxyHeaders`",
    ),
    Case(
        name="a proxy that speaks no TLS at a TLS URL",
        world=behind(lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), scheme="https"),
        stage="proxy",
        seen="wrong version number",
        fix="let its URL in `network.proxy` begin with `http://`",
    ),
    Case(
        name="a proxy that is silent to TLS",
        world=behind(raw.silent, scheme="https"),
        stage="proxy",
        seen="in time",
        fix="let its URL in `network.proxy` begin with `http://`",
    ),
    Case(
        name="a proxy of a variable that is of no use",
        world=_of_variable,
        stage="proxy",
        seen="HTTPS_PROXY",
        fix="let the variable HTTPS_PROXY be the URL of an HTTP proxy",
    ),
    Case(
        name="a service behind the proxy that is not trusted",
        world=_untrusted_service,
        stage="tls",
        fix="the issuer `Test Root` is not trusted; if it is your organisation's, add it as `connectory.network.ca`",
    ),
    Case(
        name="a proxy with its scheme in capitals",
        world=_in_capitals,
        stage="proxy",
        seen="unable to get local issuer certificate",
        fix="the issuer `Test Root` is not trusted; add it as `connectory.network.proxy_ca`",
    ),
    Case(
        name="a service that asks as a proxy does",
        world=_asks_as_a_proxy_does,
        stage="model",
        seen="407",
        fix="see what the service says",
    ),
    Case(
        name="a proxy that no connection may have here",
        world=_forbidden_proxy,
        stage="proxy",
        fix="take a proxy that a connection may have here",
    ),
    Case(
        name="a proxy that holds streams back",
        world=_holding,
        stage="stream",
        seen="the proxy http://127.0.0.1:",
        fix="try `--without-proxy`.*the proxy must be SSE-compatible",
        asked=Asked(stream=True),
    ),
]

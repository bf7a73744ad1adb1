"""Rules of operators, as they write them, and the way that every request then leaves."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

PROXY, TLS_PROXY, DIRECT = "proxy", "tls proxy", "direct"

NOWHERE = "http://127.0.0.1:1"
"""A proxy that is not there: who takes it does not get through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`rules` stand in the file, `network` in the connection, `environ` in the environment; `takes` is the way.

    `$proxy`, `$tls_proxy`, `$service`, `$exchange` and `$ca` (a file) are filled in; `sends` are headers that the proxy
    gets, None for one that it must not get. `asks` is the host that the proxy is asked for.
    """

    name: str
    rules: str = ""
    network: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    takes: str = PROXY
    sends: Mapping[str, str | None] = field(default_factory=lambda: {"proxy-authorization": None})
    asks: str = "127.0.0.1"
    trusted: bool = True
    scheme: str = "https"
    host: str = "127.0.0.1"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def basic(login: str) -> Mapping[str, str]:
    return {"proxy-authorization": "Basic " + base64.b64encode(login.encode()).decode()}


WAYS = [
    Way(name="no rule", takes=DIRECT),
    Way(name="a proxy for all", rules="xpack.actions.proxyUrl: $proxy"),
    Way(
        name="a proxy with user info",
        rules="xpack.actions.proxyUrl: http://me:word@$proxy_at",
        sends=basic("me:word"),
    ),
    Way(
        name="credentials beside user info",
        rules="""
            xpack.actions.proxyUrl: http://me:word@$proxy_at
            connectory.network: {proxy_username: we, proxy_password: {env: PROXY_WORD}}
        """,
        environ={"PROXY_WORD": "another"},
        sends=basic("we:another"),
    ),
    Way(
        name="credentials of the connection",
        rules="xpack.actions.proxyUrl: http://me:word@$proxy_at",
        network={"proxy_username": "it", "proxy_password": "own"},
        sends=basic("it:own"),
    ),
    Way(
        name="headers for the proxy",
        rules="""
            xpack.actions:
              proxyUrl: $proxy
              proxyHeaders: {X-Department: research}
        """,
        sends={"x-department": "research"},
    ),
    Way(
        name="a host that is passed by",
        rules=f"xpack.actions: {{proxyUrl: '{NOWHERE}', proxyBypassHosts: [127.0.0.1]}}",
        takes=DIRECT,
    ),
    Way(
        name="a host that is not among the only ones",
        rules=f"xpack.actions: {{proxyUrl: '{NOWHERE}', proxyOnlyHosts: [api.openai.com]}}",
        takes=DIRECT,
    ),
    Way(
        name="a host that is among the only ones",
        rules="xpack.actions: {proxyUrl: $proxy, proxyOnlyHosts: [127.0.0.1]}",
    ),
    Way(
        name="a proxy of the connection",
        rules=f"xpack.actions: {{proxyUrl: '{NOWHERE}', proxyBypassHosts: [127.0.0.1]}}",
        network={"proxy": "$proxy"},
    ),
    Way(
        name="a connection that goes without",
        rules=f"xpack.actions.proxyUrl: {NOWHERE}",
        network={"proxy": "none"},
        takes=DIRECT,
    ),
    Way(
        name="a proxy that speaks TLS",
        rules="""
            xpack.actions.proxyUrl: $tls_proxy
            connectory.network.proxy_ca: {file: $ca}
        """,
        takes=TLS_PROXY,
    ),
    Way(
        name="a proxy that nobody checks",
        rules="""
            xpack.actions: {proxyUrl: $tls_proxy, ssl.proxyVerificationMode: none}
        """,
        takes=TLS_PROXY,
    ),
    Way(name="a proxy of the environment", environ={"HTTPS_PROXY": "http://me:word@$proxy_at"}, sends=basic("me:word")),
    Way(
        name="a host that the environment passes by",
        environ={"HTTPS_PROXY": NOWHERE, "NO_PROXY": "localhost,127.0.0.1"},
        takes=DIRECT,
    ),
    Way(
        name="an environment that does not count",
        rules="connectory.network.trust_environment: false",
        environ={"HTTPS_PROXY": NOWHERE, "ALL_PROXY": NOWHERE},
        takes=DIRECT,
    ),
    Way(
        name="names that are looked up here",
        rules="""
            xpack.actions.proxyUrl: $proxy
            connectory.network.resolve: here
        """,
        host="localhost",
    ),
    Way(
        name="names that the proxy looks up", rules="xpack.actions.proxyUrl: $proxy", host="localhost", asks="localhost"
    ),
    Way(
        name="a CA of each host",
        rules="""
            xpack.actions:
              proxyUrl: $proxy
              customHostSettings:
                - {url: $service, ssl: {certificateAuthoritiesFiles: [$ca]}}
                - {url: $exchange, ssl: {certificateAuthoritiesFiles: [$ca]}}
        """,
        trusted=False,
    ),
    Way(
        name="services that nobody checks",
        rules="xpack.actions: {proxyUrl: $proxy, ssl.verificationMode: none}",
        trusted=False,
    ),
    Way(
        name="plain http",
        rules="xpack.actions: {proxyUrl: $proxy, proxyHeaders: {X-Department: research}}",
        sends={"x-department": None},
        scheme="http",
    ),
    Way(name="plain http of the environment", environ={"http_proxy": "$proxy"}, scheme="http"),
]

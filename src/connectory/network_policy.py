"""NetworkPolicy: the operator's rules for all connections, and the machine's own word on proxies and CAs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectory.secret import Secret
from connectory.tls import FULL
from connectory.transport import CA, Network

RESPONSE_TIMEOUT = 60.0
"""Seconds (kibana.yml, `xpack.actions.responseTimeout`)."""

VARIABLES = (
    *("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""Environment variables that count where the environment is trusted; of two spellings the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """What holds for one host and port. `place` is where it stands (`xpack.actions.customHostSettings.0`)."""

    place: str
    verification: str = FULL
    cas: tuple[CA, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRule:
    """The proxy that every connection takes unless something else is said. `url` has no user info.

    `login_place` is where it stands who asks.
    """

    url: str
    username: Secret | None = None
    password: Secret | None = None
    login_place: str = field(default="xpack.actions.proxyUrl", compare=False)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    verification: str = FULL
    ca: CA | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkPolicy:
    """All rules of a configuration file. Hosts are in lower case and have no port.

    `server`: whether many people's connections are used here. `allowed_hosts` and `only_hosts` None: all. `host_rules`
    are found by origin with its port (`https://llm.corp:443`). `response_timeout` is in seconds, `longest_answer` in
    bytes. `named_hosts` are all that the file names: as allowed, in host rules, in its connections, for exchanges.
    `named_proxies` are the origins of the proxies of its connections, which are not reached as services.
    `environment` holds the variables that count (VARIABLES). `without_proxy` is asked for by who examines a connection.
    `places`: where a setting stands if it is written under another name (`xpack.actions.ssl.verificationMode` ->
    `xpack.actions.rejectUnauthorized`).
    """

    server: bool = False
    allowed_hosts: frozenset[str] | None = None
    proxy: ProxyRule | None = None
    bypass_hosts: frozenset[str] = frozenset()
    only_hosts: frozenset[str] | None = None
    verification: str | None = None
    host_rules: Mapping[str, HostRule] = field(default_factory=dict)
    ca: CA | None = None
    ca_mode: str = "add"
    resolves_here: bool = False
    private_networks: tuple[Network, ...] = ()
    named_hosts: frozenset[str] = frozenset()
    named_proxies: frozenset[str] = frozenset()
    longest_answer: int | None = None
    response_timeout: float = RESPONSE_TIMEOUT
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # passwords of proxies may be in it
    without_proxy: bool = False
    places: Mapping[str, str] = field(default_factory=dict)

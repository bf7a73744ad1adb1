"""What a connection asks of the network, and what it gets: which way, whom to trust, how long to wait, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from connectory.secret import Secret
from connectory.setting import setting
from connectory.tls import FULL

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits in seconds for each phase of a request; None means no limit."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    @classmethod
    def all(cls, seconds: float | None) -> Timeouts:
        """The same limit for every phase."""
        return cls(connect=seconds, read=seconds, write=seconds, pool=seconds)

    @classmethod
    def within(cls, seconds: float) -> Timeouts:
        """`seconds` for the answer, and at most 5 s to connect."""
        return cls(connect=min(seconds, 5.0), read=seconds, write=seconds, pool=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The way that a document asks for: `proxy` is the URL of an HTTP proxy, `none`, or `default` (the rules say)."""

    proxy: str = setting("default", help="URL of an HTTP proxy, `none` to go without, or `default`.")
    proxy_username: Secret | None = setting(None, help="User name for the proxy.")
    proxy_password: Secret | None = setting(None, help="Password for the proxy.")

    @property
    def proxy_url(self) -> str | None:
        return None if self.proxy in ("default", "none") else self.proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class CA:
    """CA certificates that count, as PEM or base64 of PEM, and the setting in which they stand."""

    text: Secret
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom one end of a TLS line trusts.

    `cas` count beside those of the system, or `alone`. `file` and `folder` hold CAs that stand in the system's place.
    """

    verification: str = FULL
    cas: tuple[CA, ...] = ()
    alone: bool = False
    file: str | None = None
    folder: str | None = None
    minimum_version: str = "1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """The machine's proof of who it is: both are PEM or base64 of PEM, and neither is of use alone."""

    certificate: Secret | None
    private_key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy: a URL without user info, who asks, whom to trust if it speaks TLS, and headers for it alone.

    `named` by the operator or the machine, it may have a private address on a server too.
    """

    url: str
    username: Secret | None = None
    password: Secret | None = None
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    trust: Trust = Trust()
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which addresses may be dialled.

    On a `server` they must be public, lie in `networks`, or belong to one of `hosts`; elsewhere any but those of
    metadata services. `everywhere` is for the built-in sources of tokens alone.
    """

    server: bool = False
    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """What one kind of use of a connection gets at one origin after every rule is applied.

    `first_byte`: seconds until a streamed answer begins; after that `timeouts.read` holds between its pieces.
    `retries`: tries beyond the first. `longest`: bytes that an answer may have, None for any number.
    `resolves_here`: whether names are looked up here, even if a proxy could do it.
    """

    timeouts: Timeouts
    retries: int
    first_byte: float | None = None
    longest: int | None = None
    trust: Trust = Trust()
    client_certificate: ClientCertificate | None = None
    proxy: Proxy | None = None
    resolves_here: bool = False
    reach: Reach = Reach()

    def leads_as(self, other: TransportSettings) -> bool:
        """Whether both go through the same proxy, trust the same, and show the same certificate."""
        mine, others = ((way.proxy, way.trust, way.client_certificate) for way in (self, other))
        return mine == others


SDK_CLIENT = TransportSettings(timeouts=Timeouts.within(600.0), retries=2)
"""What SDK clients get: the defaults of openai 3.54 (`DEFAULT_TIMEOUT`, `DEFAULT_MAX_RETRIES`)."""

RUN = TransportSettings(timeouts=Timeouts.within(200.0), retries=0)
"""What `run` and `test` get: Elastic's connector waits 200 s for an answer and never tries twice."""

STREAM = TransportSettings(timeouts=Timeouts.within(600.0), retries=0, first_byte=60.0)
"""What `stream` gets: Elastic's `xpack.actions.responseTimeout` (60 s) until the answer begins."""

EXCHANGE = TransportSettings(timeouts=Timeouts.within(10.0), retries=2)
"""What a request for a token gets: the limits and tries of the SDK's own exchange (openai 3.54, `auth/_x509.py`)."""

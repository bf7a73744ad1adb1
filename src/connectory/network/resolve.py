"""Resolution: rules, a connection and a URL become TransportSettings, with the reason for every value."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.errors import AddressRefused, ConnectoryError, HostNotAllowed
from connectory.network.addresses import METADATA_HOSTS, METADATA_REASON, is_named, literal, plain_host, refusal
from connectory.network.limits import Use, limited
from connectory.network.proxying import proxy_to
from connectory.network.public_hosts import is_public_host
from connectory.network.reasons import DEFAULT, Reason, Reasons, Said, by_rules
from connectory.network.trust import trust_at
from connectory.tls import TLSSettings
from connectory.transport import ClientCertificate, Reach, TransportSettings
from connectory.urls import origin_of, shown

_ALLOWED = "xpack.actions.allowedHosts"
_OWN_CERTIFICATE = Reason(Said.CONNECTION, "tls.certificate")
_BY_PROXY = "is looked up by the proxy, and not named by the operator (see `connectory.network.resolve`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The way to one origin. `reasons` has one for every value of `settings`; `refusal` is why it may not be taken."""

    settings: TransportSettings
    reasons: Reasons
    refusal: ConnectoryError | None = None


def transport(connection: Connection, url: str, use: Use, *, asked: float | None = None) -> TransportSettings:
    """The settings to go by. Raises HostNotAllowed, AddressRefused, ProxyUnusable."""
    found = resolve(connection, url, use, asked=asked)
    if found.refusal:
        raise found.refusal
    return found.settings


def resolve(connection: Connection, url: str, use: Use, *, asked: float | None = None) -> Resolution:
    """How `connection` reaches `url`, which is its own, or where its tokens are exchanged.

    `asked` are the seconds that the caller of a `run` or `stream` wants to wait. Asks no network and no clock.
    """
    policy, target = connection.network_policy, _target(url)
    trust, trusted_by = trust_at(policy, connection.tls, policy.host_rules.get(target.origin))
    found = proxy_to(policy, connection.network, scheme=target.scheme, host=target.host, port=target.port)
    limits, limited_by = limited(policy, connection.client, use, asked)
    certificate = _certificate(connection.tls)
    settings = dataclasses.replace(
        limits,
        trust=trust,
        client_certificate=certificate,
        proxy=found.proxy,
        resolves_here=policy.resolves_here,
        reach=Reach(server=policy.server, networks=policy.private_networks, hosts=policy.named_hosts),
    )
    reasons = {
        "allowed": DEFAULT if policy.allowed_hosts is None else by_rules(policy, _ALLOWED),
        **found.reasons,
        "resolves_here": by_rules(policy, "connectory.network.resolve") if policy.resolves_here else DEFAULT,
        **trusted_by,
        "client_certificate": _OWN_CERTIFICATE if certificate else DEFAULT,
        **limited_by,
    }
    refused = _refusal(connection, target, use, settings) or found.problem
    return Resolution(settings=settings, reasons=reasons, refusal=refused)


@dataclass(frozen=True, slots=True)
class _Target:
    """The parts of a URL that rules are found by; `address` is the one that its host is, however it is spelled."""

    url: str
    scheme: str
    host: str
    port: int
    origin: str
    address: str | None


@functools.lru_cache(maxsize=1024)
def _target(url: str) -> _Target:
    parts = urlsplit(url)
    host, scheme = parts.hostname or "", parts.scheme
    port = parts.port or (443 if scheme == "https" else 80)
    address = literal(host)
    return _Target(url, scheme, host, port, f"{scheme}://{host}:{port}", str(address) if address else None)


def _certificate(tls: TLSSettings) -> ClientCertificate | None:
    if tls.certificate is None and tls.private_key is None:
        return None
    return ClientCertificate(certificate=tls.certificate, private_key=tls.private_key)


def _refusal(
    connection: Connection, target: _Target, use: Use, settings: TransportSettings
) -> HostNotAllowed | AddressRefused | None:
    """Why nobody may go there. Names are judged again when they have an address, by whoever dials it."""
    allowed = connection.network_policy.allowed_hosts
    is_own = use is not Use.EXCHANGE or target.url == getattr(connection.credential, "exchange_url", None)
    if is_own and allowed is not None and target.host not in allowed:
        return HostNotAllowed(target.host, url=shown(target.url))
    if target.address and (found := refusal([target.address], host=target.host, reach=settings.reach)):
        address, reason = found
        return AddressRefused(origin_of(target.url), reason, address=address)
    if plain_host(target.host) in METADATA_HOSTS:
        return AddressRefused(origin_of(target.url), METADATA_REASON, address=target.host)
    blind = settings.proxy is not None and not settings.resolves_here and target.address is None
    if blind and settings.reach.server and not (is_named(target.host, settings.reach) or is_public_host(target.host)):
        return AddressRefused(origin_of(target.url), _BY_PROXY, address=target.host)
    return None

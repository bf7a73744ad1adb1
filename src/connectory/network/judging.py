"""Whether a connection may go to a URL at all, before anybody looks up a name.

Names are judged again by whoever dials them. Where somebody else does, a proxy say, only well-known ones will do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.errors import AddressRefused, HostNotAllowed
from connectory.network.addresses import METADATA_HOSTS, METADATA_REASON, is_named, literal, plain_host, refusal
from connectory.network.limits import Use
from connectory.network.public_hosts import is_public_host
from connectory.secret import Secret
from connectory.transport import TransportSettings
from connectory.urls import origin_of, shown, whole_origin

_BY_PROXY = "is looked up by the proxy, and not named by the operator (see `connectory.network.resolve`)"
_BY_HEADER = "is named by the header `Host` in place of the URL's own host, and not by the operator"
_PORT = re.compile(r":\d*$")


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL that rules are found by; `address` is the one that its host is, however it is spelled."""

    url: str
    scheme: str
    host: str
    port: int
    origin: str
    address: str | None


@functools.lru_cache(maxsize=1024)
def target_of(url: str) -> Target:
    parts = urlsplit(url)
    host, scheme = parts.hostname or "", parts.scheme
    port = parts.port or (443 if scheme == "https" else 80)
    address = literal(host)
    return Target(url, scheme, host, port, whole_origin(scheme, host, port), str(address) if address else None)


def judged(
    connection: Connection, target: Target, use: Use, settings: TransportSettings
) -> HostNotAllowed | AddressRefused | None:
    """Why nobody may go there; None if it may be tried."""
    return (
        _by_allowed_hosts(connection, target, use)
        or _by_address(target, settings)
        or _by_host_header(connection, target, use, settings)
    )


def _by_allowed_hosts(connection: Connection, target: Target, use: Use) -> HostNotAllowed | None:
    allowed = connection.network_policy.allowed_hosts
    if allowed is None or not _is_own(connection, target, use):
        return None
    hosts = [plain_host(target.host), *(_others(connection, target) if use is not Use.EXCHANGE else ())]
    refused = next((host for host in hosts if host not in allowed), None)
    return None if refused is None else HostNotAllowed(refused, url=shown(target.url))


def _is_own(connection: Connection, target: Target, use: Use) -> bool:
    """Whether the connection itself says so: a place of exchange may be the operator's word too."""
    own = getattr(connection.credential, "exchange_url", None)
    return use is not Use.EXCHANGE or (own is not None and target_of(own).origin == target.origin)


def _by_address(target: Target, settings: TransportSettings) -> AddressRefused | None:
    reach = settings.reach
    if target.address and (found := refusal([target.address], host=target.host, reach=reach)):
        address, reason = found
        return AddressRefused(origin_of(target.url), reason, address=address)
    if plain_host(target.host) in METADATA_HOSTS:
        return AddressRefused(origin_of(target.url), METADATA_REASON, address=target.host)
    blind = settings.proxy is not None and not settings.resolves_here and target.address is None
    if blind and reach.server and not (is_named(target.host, reach) or is_public_host(target.host)):
        return AddressRefused(origin_of(target.url), _BY_PROXY, address=target.host)
    return None


def _by_host_header(
    connection: Connection, target: Target, use: Use, settings: TransportSettings
) -> AddressRefused | None:
    """On a server the fronts that many services share are reached for the service in the URL only."""
    if not settings.reach.server or use is Use.EXCHANGE:
        return None
    refused = next((host for host in _others(connection, target) if not is_named(host, settings.reach)), None)
    return None if refused is None else AddressRefused(origin_of(target.url), _BY_HEADER, address=refused)


def _others(connection: Connection, target: Target) -> Iterator[str]:
    """Hosts that headers of the connection name in place of the URL's. One that is a secret is not read."""
    for headers in (connection.headers, connection.client.default_headers):
        for name, value in headers.items():
            if name.lower() == "host":
                host = "***" if isinstance(value, Secret) else plain_host(_PORT.sub("", value.strip()))
                if host != plain_host(target.host):
                    yield host

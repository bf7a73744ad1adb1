"""Resolution: rules, a connection and a URL become TransportSettings, with the reason for every value."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from connectory.connection import Connection
from connectory.errors import AddressRefused, ConnectoryError, ProxyUnusable
from connectory.network.judging import judged, target_of
from connectory.network.limits import Use, limited
from connectory.network.proxying import proxy_to
from connectory.network.reasons import DEFAULT, Reason, Reasons, Said, by_rules
from connectory.network.trust import trust_at
from connectory.network_policy import NetworkPolicy
from connectory.tls import TLSSettings
from connectory.transport import ClientCertificate, Reach, TransportSettings
from connectory.urls import origin_of

_ALLOWED = "xpack.actions.allowedHosts"
_OWN_CERTIFICATE = Reason(Said.CONNECTION, "tls.certificate")
_BY_SOCKET = "is looked up by the SDK for a WebSocket, and no server opens any"


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


def judge_socket(connection: Connection, url: str) -> None:
    """Raises HostNotAllowed and AddressRefused for a WebSocket, which the SDK opens past the guard."""
    place = url.replace("ws", "http", 1) if url.startswith("ws") else url
    if connection.network_policy.server:
        raise AddressRefused(origin_of(url), _BY_SOCKET, address=target_of(place).host)
    refused = resolve(connection, place, Use.SDK).refusal
    if refused and not isinstance(refused, ProxyUnusable):  # the SDK finds the way of a socket by itself
        raise refused


def resolve(connection: Connection, url: str, use: Use, *, asked: float | None = None) -> Resolution:
    """How `connection` reaches `url`, which is its own, or where its tokens are exchanged.

    `asked` are the seconds that the caller of a `run` or `stream` wants to wait. Asks no network and no clock.
    """
    policy, target = connection.network_policy, target_of(url)
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
        "addresses": _reach_by(policy),
        **trusted_by,
        "client_certificate": _OWN_CERTIFICATE if certificate else DEFAULT,
        **limited_by,
    }
    refused = judged(connection, target, use, settings) or found.problem
    return Resolution(settings=settings, reasons=reasons, refusal=refused)


def _reach_by(policy: NetworkPolicy) -> Reason:
    private = policy.server and policy.private_networks
    return by_rules(policy, "connectory.network.private_networks") if private else DEFAULT


def _certificate(tls: TLSSettings) -> ClientCertificate | None:
    if tls.certificate is None and tls.private_key is None:
        return None
    return ClientCertificate(certificate=tls.certificate, private_key=tls.private_key)

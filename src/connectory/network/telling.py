"""The way to a service told to people: each value by name, in words, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from connectory.connection import Connection
from connectory.network.limits import Use
from connectory.network.reasons import DEFAULT, Reason
from connectory.network.resolve import Resolution, resolve
from connectory.tls import NONE
from connectory.transport import Proxy, Reach, Timeouts, TransportSettings, Trust
from connectory.urls import is_tls, origin_of

_USES = {Use.SDK: "clients", Use.RUN: "run", Use.STREAM: "stream"}
_EXCHANGE = {Use.EXCHANGE: "exchange"}
"""What the limits are told of."""


@dataclass(frozen=True, slots=True)
class Told:
    """One value of the way, as text, a number, or a list of texts."""

    name: str
    value: Any
    reason: Reason


def tell(connection: Connection, url: str) -> Iterator[Told]:
    """Everything that holds for requests of `connection` to `url`: for its exchange of tokens, if that is there."""
    uses = _EXCHANGE if _is_exchange(connection, url) else _USES
    found = {use: resolve(connection, url, use) for use in uses}
    way = found[Use.EXCHANGE if uses is _EXCHANGE else Use.RUN]
    settings, reasons = way.settings, way.reasons
    yield _allowed(connection, way, is_exchange=uses is _EXCHANGE)
    yield Told("proxy", settings.proxy.url if settings.proxy else "none", reasons["proxy"])
    if settings.proxy:
        yield from _of_proxy(settings.proxy, way)
    yield Told("names are looked up", _looked_up(settings), reasons["resolves_here"])
    yield Told("addresses", _reach(settings.reach), reasons["addresses"])
    yield Told("tls.verification", settings.trust.verification, reasons["verification"])
    yield Told("tls.ca", _ca(settings.trust), reasons["ca"])
    yield Told("tls.minimum_version", settings.trust.minimum_version, reasons["minimum_version"])
    shown = "is shown to services that ask for it" if settings.client_certificate else "none"
    yield Told("tls.certificate", shown, reasons["client_certificate"])
    for use, name in uses.items():
        yield from _limits(name, found[use])


def _is_exchange(connection: Connection, url: str) -> bool:
    there = connection.credential.exchanges_at(connection.identity_endpoints)
    is_service = origin_of(url) == origin_of(connection.address.base_url)
    return there is not None and origin_of(url) == origin_of(there) and not is_service


def _allowed(connection: Connection, way: Resolution, *, is_exchange: bool) -> Told:
    """The operator's list of hosts judges an exchange only where the connection itself has chosen the place."""
    if way.refusal:
        return Told("allowed", str(way.refusal), way.reasons["allowed"])
    if not is_exchange:
        return Told("allowed", "yes", way.reasons["allowed"])
    is_own = getattr(connection.credential, "exchange_url", None) is not None
    return Told("allowed", "yes, tokens are exchanged there", way.reasons["allowed"] if is_own else DEFAULT)


def _of_proxy(proxy: Proxy, way: Resolution) -> Iterator[Told]:
    reasons = way.reasons
    if "proxy.login" in reasons:
        given = [name for name, secret in (("user name", proxy.username), ("password", proxy.password)) if secret]
        yield Told("proxy.login", " and ".join(given), reasons["proxy.login"])
    if proxy.headers:
        yield Told("proxy.headers", _names(proxy.headers), reasons["proxy.headers"])
    if is_tls(proxy.url):
        yield Told("proxy.verification", proxy.trust.verification, reasons["proxy.verification"])
        yield Told("proxy.ca", _ca(proxy.trust), reasons["proxy.ca"])


def _names(headers: Iterable[str]) -> str:
    return ", ".join(headers)


def _looked_up(settings: TransportSettings) -> str:
    return "by the proxy" if settings.proxy and not settings.resolves_here else "here"


def _reach(reach: Reach) -> str:
    if not reach.server:
        return "any but those of metadata services"
    networks = ", ".join(map(str, reach.networks))
    return (
        f"public ones, {networks}, and hosts named in the file" if networks else "public ones, hosts named in the file"
    )


def _ca(trust: Trust) -> str:
    if trust.verification == NONE:
        return "any"
    added = [f"those in `{place}`" for place in dict.fromkeys(ca.place for ca in trust.cas)]
    base = trust.file or trust.folder or "the system's"
    return " and ".join(added if trust.alone else [base, *added])


def _limits(use: str, found: Resolution) -> Iterator[Told]:
    settings, reasons = found.settings, found.reasons
    yield Told(f"{use}: timeout", _seconds(settings.timeouts), reasons["timeouts"])
    if settings.first_byte is not None:
        yield Told(f"{use}: first byte within", f"{settings.first_byte:g} s", reasons["first_byte"])
    yield Told(f"{use}: retries", settings.retries, reasons["retries"])
    if settings.longest is not None:
        yield Told(f"{use}: longest answer", f"{settings.longest:,} bytes", reasons["longest"])


def _seconds(timeouts: Timeouts) -> str:
    limits = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.write, "pool": timeouts.pool}
    texts = {phase: "none" if limit is None else f"{limit:g} s" for phase, limit in limits.items()}
    if len(set(texts.values())) == 1:
        return texts["read"]
    if texts["read"] == texts["write"] == texts["pool"]:
        return f"{texts['read']}, to connect {texts['connect']}"
    return ", ".join(f"{phase} {text}" for phase, text in texts.items())

"""What the variables of the environment say of proxies: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

As curl and Python read them: the lower-case name first, one that is empty names no proxy, and a name in NO_PROXY stands
for its subdomains too (https://everything.curl.dev/usingcurl/proxies/env.html).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from connectory.network.addresses import literal, plain_host
from connectory.secret import Secret
from connectory.transport import Network
from connectory.urls import parted, proxy_url_reason

_BYPASS = ("no_proxy", "NO_PROXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The `variable` that decides, and the proxy that it names: none, or one that is of no use because of `problem`."""

    variable: str
    url: str | None = None
    username: Secret | None = None
    password: Secret | None = None
    problem: str | None = None


def proxy_of(environment: Mapping[str, str], *, scheme: str, host: str, port: int) -> Spoken | None:
    """What the environment says of the way to a host; None if nothing."""
    variable = _first(environment, *(f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"))
    if variable is None or not environment[variable].strip():
        return None
    bypass = _first(environment, *_BYPASS)
    if bypass and _passes(environment[bypass], host, port):
        return Spoken(variable=bypass)
    return _spoken(variable, environment[variable].strip())


def _first(environment: Mapping[str, str], *names: str) -> str | None:
    return next((name for name in names if name in environment), None)


@functools.lru_cache(maxsize=64)
def _spoken(variable: str, value: str) -> Spoken:
    url = value if "://" in value else f"http://{value}"
    found = parted(url)
    bare = found.url if found else url
    if reason := proxy_url_reason(bare):
        return Spoken(variable=variable, problem=reason)
    username, password = (found.username, found.password) if found else ("", "")
    return Spoken(
        variable=variable,
        url=bare,
        username=Secret(username) if username else None,
        password=Secret(password) if password else None,
    )


def _passes(no_proxy: str, host: str, port: int) -> bool:
    hosts, networks = _bypassed(no_proxy)
    name = plain_host(host)
    if "*" in hosts or not hosts.isdisjoint((name, f"{name}:{port}", f"[{name}]:{port}")):
        return True
    if networks and (address := literal(name)):
        return any(address.version == network.version and address in network for network in networks)
    labels = name.split(".")
    above = [".".join(labels[place:]) for place in range(1, len(labels))]
    return not hosts.isdisjoint([*above, *(f"{domain}:{port}" for domain in above)])


@functools.lru_cache(maxsize=64)
def _bypassed(no_proxy: str) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Its names, without the dot or the star in front of some and the dot behind, and its networks (`10.0.0.0/8`)."""
    names, networks = set(), []
    for entry in no_proxy.replace(",", " ").lower().split():
        if "/" not in entry:
            bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry.removesuffix(".")
            names.add(bare if bare == "*" else bare.removeprefix("*").removeprefix("."))
            continue
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            continue
    return frozenset(names), tuple(networks)

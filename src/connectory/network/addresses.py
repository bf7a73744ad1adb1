"""IP addresses, judged: which may be dialled, in whatever form they are written or wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from connectory.transport import Network, Reach

Address = IPv4Address | IPv6Address

METADATA_HOSTS = frozenset({"metadata", "metadata.goog", "metadata.google.internal", "instance-data"})
"""Names by which clouds have their metadata services known inside."""

_METADATA: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local: AWS, Azure, Google and most others
        "fe80::/10",
        "fd00:ec2::254/128",  # AWS (EC2 user guide, "Retrieve instance metadata")
        "168.63.129.16/32",  # Azure's own channel to its machines (learn.microsoft.com)
        "100.100.100.200/32",  # Alibaba Cloud
        "192.0.0.192/32",  # Oracle Cloud Classic
    )
)

METADATA_REASON = "is link-local or that of a metadata service, and no connection reaches those"

_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_COMPATIBLE = ip_network("::/96")  # RFC 4291, 2.5.5.1
_PART = re.compile(r"0[xX][0-9a-fA-F]*|\d+")


def literal(host: str) -> Address | None:
    """The address that a host in a URL is, in every spelling that resolvers take: `127.1`, `0x7f000001`, `[::1]`."""
    text = host.removesuffix(".").strip("[]").partition("%")[0]
    try:
        return ip_address(text)
    except ValueError:
        return _old_spelling(text)


def refusal(addresses: Iterable[str], *, host: str, reach: Reach) -> tuple[str, str] | None:
    """The first of a host's addresses that must not be dialled, and why; None if all may be.

    One that may not among many that may refuses all: whoever answers for the name chooses their order.
    """
    named = is_named(host, reach)
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if reason := _reason(address, named=named, reach=reach):
            return text, reason
    return None


def is_named(host: str, reach: Reach) -> bool:
    """Whether the operator has named this very host."""
    return plain_host(host) in reach.hosts


def is_loopback(host: str) -> bool:
    """Whether a host in a URL is this machine, by its name or by any spelling of an address of its own."""
    address = literal(host)
    if address is None:
        return plain_host(host) == "localhost"
    return any(form.is_loopback for form in (address, *_wrapped(address)))


def plain_host(host: str) -> str:
    """A host as it is compared: in lower case, without brackets and without the dot of the root."""
    return host.lower().removesuffix(".").strip("[]")


def _reason(address: Address, *, named: bool, reach: Reach) -> str | None:
    if reach.everywhere:
        return None
    forms = [address, *_wrapped(address)]
    if any(_is_in(form, _METADATA) for form in forms):
        return METADATA_REASON
    if not reach.server or named:
        return None
    wraps = len(forms) > 1
    if all(_is_in(form, reach.networks) or _is_public(form, wraps=wraps and form is address) for form in forms):
        return None
    return "is not public, and this server may not reach it"


def _is_public(address: Address, *, wraps: bool) -> bool:
    """An address that holds another one is none: where it leads is somebody else's choice."""
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (wraps or address.is_multicast or address.is_reserved or site_local)


def _wrapped(address: Address) -> Iterable[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif _is_in(address, _NAT64) or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _old_spelling(text: str) -> IPv4Address | None:
    """One to four numbers, decimal, octal or hexadecimal, the last of which fills what is left (`inet_aton`)."""
    parts = text.split(".")
    if len(parts) > 4 or not all(_PART.fullmatch(part) for part in parts):
        return None
    try:
        *leading, last = [_number(part) for part in parts]
    except ValueError:
        return None
    if any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return IPv4Address(sum(part << 8 * (3 - place) for place, part in enumerate(leading)) + last)


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") else int(text)

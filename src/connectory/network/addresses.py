"""IP addresses, judged: which may be dialled, in whatever form they are written or wrapped."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address

from connectory.network.ranges import Address, forms_of, is_in, is_metadata, is_public
from connectory.transport import Reach

METADATA_HOSTS = frozenset(
    {
        *("metadata", "metadata.goog", "metadata.google.internal"),
        *("instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "api.metadata.cloud.ibm.com"),
    }
)
"""Names by which clouds have their metadata services known inside."""

METADATA_REASON = "is link-local or that of a metadata service, and no connection reaches those"
_NOT_PUBLIC = "is not public, and this server may not reach it"

_PART = re.compile(r"0[xX][0-9a-fA-F]*|\d+")


def literal(host: str) -> Address | None:
    """The address that a host in a URL is, in every spelling that resolvers take: `127.1`, `0x7f000001`, `[::1]`."""
    text = _in_ascii(host).removesuffix(".").strip("[]").partition("%")[0]
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
        if reason := _reason(text, named=named, reach=reach):
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
    return any(form.is_loopback for form in forms_of(address))


def plain_host(host: str) -> str:
    """A host as it is compared: in lower case, without brackets and without the dot of the root."""
    return host.lower().removesuffix(".").strip("[]")


def _reason(text: str, *, named: bool, reach: Reach) -> str | None:
    if reach.everywhere:
        return None
    address, is_of_metadata = _read(text)
    if is_of_metadata:
        return METADATA_REASON
    if not reach.server or named:
        return None
    # Of one that wraps another both count: where it leads is somebody else's choice.
    within = all(is_in(form, reach.networks) or is_public(form) for form in forms_of(address))
    return None if within else _NOT_PUBLIC


@functools.lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Address, bool]:
    """An address as `getaddrinfo` writes it, and whether it is that of a metadata service; asked for every request."""
    address = ip_address(text.partition("%")[0])
    return address, is_metadata(address)


def _in_ascii(host: str) -> str:
    """As `getaddrinfo` has it: other digits and dots become those of ASCII."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


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

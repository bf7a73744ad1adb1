"""Ways to write an address, and to put an IPv4 address inside an IPv6 one."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

from hypothesis import strategies as st

V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)


def within(network: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Any address of a network."""
    found = ip_network(network)
    return st.integers(0, found.num_addresses - 1).map(found.__getitem__)


@st.composite
def old_spelling(draw: st.DrawFn, address: IPv4Address) -> str:
    """One to four numbers in any base, as C's `inet_aton` takes them."""
    count = draw(st.integers(1, 4))
    octets = list(address.packed)
    parts = [*octets[: count - 1], int.from_bytes(bytes(octets[count - 1 :]))]
    return ".".join(draw(number(part)) for part in parts)


def number(value: int) -> st.SearchStrategy[str]:
    zeros = st.integers(0, 3).map("0".__mul__)
    return st.one_of(
        st.just(str(value)),
        zeros.map(lambda more: f"0{more}{value:o}"),
        zeros.map(lambda more: f"0x{more}{value:x}"),
        zeros.map(lambda more: f"0X{more}{value:X}"),
    )


@st.composite
def new_spelling(draw: st.DrawFn, address: IPv6Address) -> str:
    """Compressed or not, in any case, with its end as an IPv4 address or not."""
    text = draw(st.sampled_from([address.compressed, address.exploded, _with_dots(address)]))
    return draw(st.sampled_from([text, text.upper()]))


def _with_dots(address: IPv6Address) -> str:
    groups = address.exploded.split(":")
    return ":".join([*groups[:6], str(IPv4Address(int(address) & 0xFFFFFFFF))])


def at_the_end(prefix: str) -> Callable[[IPv4Address], IPv6Address]:
    return lambda inner: IPv6Address(int(IPv6Address(prefix)) | int(inner))


def _behind(prefix: str) -> Callable[[IPv4Address], IPv6Address]:
    """As RFC 6052 (2.2) puts it behind a prefix: bits 64 to 71 stay empty."""
    network = IPv6Network(prefix)

    def wrapped(inner: IPv4Address) -> IPv6Address:
        squeezed = int(inner) << 120 - network.prefixlen - 32
        low = squeezed & (1 << 56) - 1
        return IPv6Address(int(network.network_address) | squeezed >> 56 << 64 | low)

    return wrapped


def _six_to_four(inner: IPv4Address) -> IPv6Address:
    return IPv6Address(0x2002 << 112 | int(inner) << 80 | 1)


def _teredo_client(inner: IPv4Address) -> IPv6Address:
    return IPv6Address(0x20010000 << 96 | int(IPv4Address("8.8.8.8")) << 64 | int(inner) ^ 0xFFFFFFFF)


def _teredo_server(inner: IPv4Address) -> IPv6Address:
    return IPv6Address(0x20010000 << 96 | int(inner) << 64 | int(IPv4Address("8.8.8.8")) ^ 0xFFFFFFFF)


WRAPS: dict[str, Callable[[IPv4Address], IPv6Address]] = {
    "compatible": at_the_end("::"),
    "mapped": at_the_end("::ffff:0:0"),
    "translated": at_the_end("::ffff:0:0:0"),
    "NAT64": at_the_end("64:ff9b::"),
    "own NAT64, 48": _behind("64:ff9b:1::/48"),
    "own NAT64, 56": _behind("64:ff9b:1:ab00::/56"),
    "own NAT64, 64": _behind("64:ff9b:1:abcd::/64"),
    "own NAT64, 96": at_the_end("64:ff9b:1:abcd::"),
    "6to4": _six_to_four,
    "Teredo, client": _teredo_client,
    "Teredo, server": _teredo_server,
    "ISATAP": at_the_end("2a00:1450::5efe:0:0"),
    "ISATAP, unique": at_the_end("2a00:1450::200:5efe:0:0"),
}

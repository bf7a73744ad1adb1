"""What addresses are: that of a metadata service, one of the public internet, one that holds another.

The tables are ours, for Python's own (`is_global`) says other things in 3.11 than in 3.13.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_METADATA = _networks(
    "169.254.0.0/16",  # link-local: AWS, Azure, Google, Oracle, Tencent and most others
    "fe80::/10",
    "fd00:ec2::/32",  # AWS: instances (EC2 user guide), pods (EKS user guide, "Pod Identity Agent": fd00:ec2::23)
    "fd20:ce::254/128",  # Google (cloud.google.com/compute/docs/metadata/querying-metadata)
    "fd00:c1::a9fe:a9fe/128",  # Oracle (oci-python-sdk, instance_principals_security_token_signer.py)
    "fd00:42::42/128",  # Scaleway (cloud-init's documentation of its datasource)
    "fd00:a9fe:a9fe::1/128",  # Akamai, formerly Linode (techdocs.akamai.com, "Overview of the Metadata service")
    "168.63.129.16/32",  # Azure's own channel to its machines (learn.microsoft.com)
    "100.100.100.200/32",  # Alibaba Cloud (alibabacloud.com/help/ecs, "Instance metadata"), and the next
    "fd00:100::100:200/128",
    "192.0.0.192/32",  # Oracle Cloud Classic
)

# https://www.iana.org/assignments/iana-ipv4-special-registry, and what is not unicast or not assigned. Anycast services
# of the net itself (192.0.0.9, 192.88.99.0/24) are nobody's upstream.
_NOT_PUBLIC_4 = _networks(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4"),
)
# https://www.iana.org/assignments/ipv6-unicast-address-assignments: all that is public lies in the first of these, less
# the others (https://www.iana.org/assignments/iana-ipv6-special-registry).
_UNICAST_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = _networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

# IPv6 addresses whose last 32 bits are an IPv4 address.
_AT_THE_END = _networks(
    "::/96",  # compatible (RFC 4291, 2.5.5.1)
    "::ffff:0:0/96",  # mapped (RFC 4291, 2.5.5.2)
    "::ffff:0:0:0/96",  # translated (RFC 2765, 2.1)
    "64:ff9b::/96",  # NAT64 (RFC 6052, 2.1)
    "64:ff9b:1::/48",  # NAT64 of an organisation's own (RFC 8215), whose prefix may also be one of the next lengths
)
_OWN_NAT64 = _AT_THE_END[-1]
_OWN_LENGTHS = (48, 56, 64)
_ISATAP = 0x00005EFE


def is_metadata(address: Address) -> bool:
    """Whether a metadata service may answer there, however the address is wrapped."""
    return any(is_in(form, _METADATA) for form in forms_of(address))


def is_public(address: Address) -> bool:
    """Whether it is an address of the public internet. One that only wraps another is none."""
    if isinstance(address, IPv4Address):
        return not is_in(address, _NOT_PUBLIC_4)
    return address in _UNICAST_6 and not is_in(address, _NOT_PUBLIC_6)


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def forms_of(address: Address) -> list[Address]:
    """The address, and the IPv4 addresses that it stands for."""
    if isinstance(address, IPv4Address):
        return [address]
    # 0.0.0.0/8 is nobody's (RFC 6890): that is how an address looks that holds none there.
    return [address, *(IPv4Address(held) for held in _held(address) if held >> 24)]


def _held(address: IPv6Address) -> Iterator[int]:
    number = int(address)
    last = number & 0xFFFFFFFF
    if is_in(address, _AT_THE_END):
        yield last
    if address in _OWN_NAT64:  # the bits behind the prefix, without the 65th to 72nd (RFC 6052, 2.2)
        squeezed = number >> 64 << 56 | number & (1 << 56) - 1
        yield from (squeezed >> 88 - length & 0xFFFFFFFF for length in _OWN_LENGTHS)
    if (number >> 32) & 0xFDFFFFFF == _ISATAP:  # RFC 5214, 6.1
        yield last
    if address.sixtofour:  # RFC 3056
        yield int(address.sixtofour)
    if address.teredo:  # RFC 4380: the server, and the client behind it
        yield from map(int, address.teredo)

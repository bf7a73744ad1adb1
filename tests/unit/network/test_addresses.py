"""No spelling of an address is missed, and none is dialled that the operator's rules forbid."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectory.network.addresses import METADATA_REASON, literal, refusal
from connectory.network.ranges import Address, is_metadata, is_public
from connectory.transport import Reach
from tests.unit.network.spellings import V4, V6, WRAPS, new_spelling, old_spelling, within

LIBRARY, SERVER = Reach(), Reach(server=True)
EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))
GENEROUS = Reach(server=True, networks=EVERYTHING, hosts=frozenset({"llm.corp"}))

PUBLIC = ["1.1.1.1", "8.8.8.8", "20.62.134.1", "100.63.255.255", "100.128.0.0", "172.15.1.1", "172.32.0.1", "192.0.1.1"]
PUBLIC += ["198.17.255.255", "198.20.0.1", "223.255.255.254", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1"]

NOT_PUBLIC_4 = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"]
NOT_PUBLIC_4 += ["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"]
NOT_PUBLIC_4 += ["203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"]
NOT_PUBLIC_6 = [
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
]
NOT_PUBLIC_6 += [
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]

METADATA = ["169.254.169.254", "169.254.170.2", "169.254.0.23", "168.63.129.16", "100.100.100.200", "192.0.0.192"]
METADATA_6 = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::a9fe:a9fe"]
METADATA_6 += ["fd00:a9fe:a9fe::1", "fd00:100::100:200"]


def reason(address: Address | str, reach: Reach, *, host: str = "a.name") -> str | None:
    found = refusal([str(address)], host=host, reach=reach)
    return found and found[1]


def of_the_system(host: str) -> Address | None:
    """The address that the system takes a host for without asking anybody."""
    try:
        found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return None
    return ip_address(str(found[0][4][0]).partition("%")[0])


@given(st.text("0123456789abcdefxX.:%\u06f1\uff11\u3002\uff0e\u2460", max_size=24))
def test_whatever_the_system_takes_for_an_address_is_one(host: str) -> None:
    assert of_the_system(host) in (None, literal(host))


@given(V4.flatmap(lambda address: st.tuples(st.just(address), old_spelling(address))), st.sampled_from(["", "."]))
def test_old_spellings_are_seen_through(spelled: tuple[IPv4Address, str], dot: str) -> None:
    address, text = spelled
    assert of_the_system(text) == address
    assert literal(text + dot) == address


@given(
    V6.flatmap(lambda address: st.tuples(st.just(address), new_spelling(address))), st.sampled_from(["", "%lo", "%1"])
)
def test_spellings_of_ipv6_are_seen_through(spelled: tuple[IPv6Address, str], scope: str) -> None:
    address, text = spelled
    assert of_the_system(text) == address
    assert literal(text + scope) == literal(f"[{text}{scope}]") == address


@pytest.mark.parametrize(
    "host", ["\uff11\uff16\uff19.254.169.254", "169\u3002254\uff0e169\uff61254", "\u2460\u2465\u2468.254.169.254"]
)
def test_other_digits_and_dots_are_seen_through(host: str) -> None:
    assert literal(host) == ip_address("169.254.169.254")


@pytest.mark.parametrize(
    "host", ["", ".", "..", "1..2", "256.1", "4294967296", "0x1ffffffff", "08.1", "1.2.3.4.5", "a.b"]
)
def test_names_are_no_addresses(host: str) -> None:
    assert literal(host) is None


@pytest.mark.parametrize("reach", [LIBRARY, SERVER, GENEROUS], ids=["library", "server", "generous"])
@pytest.mark.parametrize("address", [*METADATA, *METADATA_6])
def test_metadata_is_refused_whatever_is_granted(address: str, reach: Reach) -> None:
    assert reason(address, reach, host="llm.corp") == METADATA_REASON
    assert reason(address, reach, host=address) == METADATA_REASON


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@given(within("169.254.0.0/16"))
def test_link_local_is_refused_in_whatever_it_is_wrapped(
    wrap: Callable[[IPv4Address], IPv6Address], inner: IPv4Address
) -> None:
    for reach in (LIBRARY, SERVER, GENEROUS):
        assert reason(wrap(inner), reach, host="llm.corp") == METADATA_REASON


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@given(st.sampled_from([IPv4Address(text) for text in METADATA]))
def test_other_metadata_is_refused_in_whatever_it_is_wrapped(
    wrap: Callable[[IPv4Address], IPv6Address], inner: IPv4Address
) -> None:
    assert is_metadata(wrap(inner))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_server_reaches_what_is_public(address: str) -> None:
    assert reason(address, SERVER) is None


@pytest.mark.parametrize("network", [*NOT_PUBLIC_4, *NOT_PUBLIC_6])
@given(st.data())
def test_a_server_does_not_reach_what_is_not_public(network: str, data: st.DataObject) -> None:
    assert reason(data.draw(within(network)), SERVER) is not None


@given(st.one_of(V4, V6, *map(within, ("2000::/3", "2001::/16", "64:ff9b::/32"))))
def test_what_is_public_is_so_in_every_python_too(address: Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@given(st.sampled_from(NOT_PUBLIC_4).flatmap(within))
def test_a_server_does_not_reach_what_wraps_a_private_address(
    wrap: Callable[[IPv4Address], IPv6Address], inner: IPv4Address
) -> None:
    assume(int(inner) >> 24)  # 0.0.0.0/8 stands for nothing
    assert reason(wrap(inner), SERVER) is not None


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_a_network_that_is_granted_grants_nothing_that_is_wrapped_in_it(
    wrap: Callable[[IPv4Address], IPv6Address],
) -> None:
    granted = Reach(server=True, networks=(ip_network("::/0"),))
    assert reason(wrap(IPv4Address("10.0.0.1")), granted) is not None
    assert reason(wrap(IPv4Address("8.8.8.8")), granted) is None


@given(st.sampled_from([text for text in NOT_PUBLIC_4 if not text.startswith("169.")]).flatmap(within))
def test_what_is_granted_is_reached_and_nothing_else(address: IPv4Address) -> None:
    assume(not is_metadata(address))
    granted = Reach(server=True, networks=(ip_network(f"{address}/32"),))
    assert reason(address, granted) is None
    assert reason("10.1.2.3", granted) is not None or str(address) == "10.1.2.3"


@pytest.mark.parametrize("host", ["llm.corp", "LLM.corp", "llm.corp."])
def test_a_host_that_is_named_may_have_a_private_address(host: str) -> None:
    assert reason("10.0.0.1", Reach(server=True, hosts=frozenset({"llm.corp"})), host=host) is None


@pytest.mark.parametrize("host", ["a.llm.corp", "llm.corp.evil", "xllm.corp", "llm", "", "*", "llm.corp.."])
def test_a_host_that_looks_like_a_named_one_may_not(host: str) -> None:
    assert reason("10.0.0.1", Reach(server=True, hosts=frozenset({"llm.corp"})), host=host) is not None


def test_an_address_is_named_in_one_spelling() -> None:
    reach = Reach(server=True, hosts=frozenset({"127.0.0.1", "::1"}))
    assert reason("127.0.0.1", reach, host="127.0.0.1") is reason("::1", reach, host="[::1]") is None
    assert reason("127.0.0.1", reach, host="127.1") is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "0.0.0.0"])
def test_a_library_reaches_private_addresses(address: str) -> None:
    assert reason(address, LIBRARY) is None


def test_one_bad_address_among_good_ones_refuses_all() -> None:
    assert refusal(["8.8.8.8", "127.0.0.1", "1.1.1.1"], host="h", reach=SERVER) == (
        "127.0.0.1",
        "is not public, and this server may not reach it",
    )


@pytest.mark.parametrize("address", METADATA)
def test_the_sources_of_tokens_reach_metadata(address: str) -> None:
    assert reason(address, Reach(everywhere=True)) is None

"""What the variables say of proxies: which is heard, and whom NO_PROXY lets past."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.errors import ProxyUnusable
from connectory.network.environment import proxy_of
from tests.unit.network.ways import found, variable


def spoken(environment: dict[str, str], *, scheme: str = "https", host: str = "llm.corp", port: int = 443) -> Any:
    found = proxy_of(environment, scheme=scheme, host=host, port=port)
    return found and (found.variable, found.url)


@pytest.mark.parametrize(
    ("environment", "scheme", "expected"),
    [
        ({}, "https", None),
        ({"https_proxy": "http://a", "HTTPS_PROXY": "http://b"}, "https", ("https_proxy", "http://a")),
        ({"HTTPS_PROXY": "http://b", "all_proxy": "http://c"}, "https", ("HTTPS_PROXY", "http://b")),
        ({"HTTPS_PROXY": "http://b"}, "http", None),
        ({"HTTP_PROXY": "http://b"}, "https", None),
        ({"HTTP_PROXY": "http://b"}, "http", ("HTTP_PROXY", "http://b")),
        ({"all_proxy": "http://c", "ALL_PROXY": "http://d"}, "http", ("all_proxy", "http://c")),
        ({"ALL_PROXY": "http://d"}, "https", ("ALL_PROXY", "http://d")),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b", "ALL_PROXY": "http://d"}, "https", None),
        ({"https_proxy": "  "}, "https", None),
        ({"https_proxy": "proxy:3128"}, "https", ("https_proxy", "http://proxy:3128")),
        ({"https_proxy": " https://proxy "}, "https", ("https_proxy", "https://proxy")),
    ],
)
def test_variables_are_heard_in_their_order(environment: dict[str, str], scheme: str, expected: Any) -> None:
    assert spoken(environment, scheme=scheme) == expected


@pytest.mark.parametrize(
    ("no_proxy", "host", "port"),
    [
        ("*", "llm.corp", 443),
        ("llm.corp", "LLM.corp.", 443),
        ("other, llm.corp", "llm.corp", 443),
        ("other llm.corp", "llm.corp", 443),
        (".corp", "llm.corp", 443),
        ("*.corp", "llm.corp", 443),
        ("corp", "a.llm.corp", 443),
        ("llm.corp:8443", "llm.corp", 8443),
        ("corp:8443", "llm.corp", 8443),
        ("10.0.0.0/8", "10.1.2.3", 443),
        ("fd00::/8", "fd00::1", 443),
        ("127.0.0.1", "127.0.0.1", 443),
        ("[::1]:8443", "::1", 8443),
        ("::1", "::1", 443),
        ("[::1]", "::1", 443),
        ("llm.corp.", "llm.corp", 443),
    ],
)
def test_no_proxy_lets_these_past(no_proxy: str, host: str, port: int) -> None:
    environment = {"https_proxy": "http://a", "NO_PROXY": no_proxy}
    assert spoken(environment, host=host, port=port) == ("NO_PROXY", None)


@pytest.mark.parametrize(
    ("no_proxy", "host", "port"),
    [
        ("", "llm.corp", 443),
        (",", "llm.corp", 443),
        ("my.llm.corp", "llm.corp", 443),
        ("m.corp", "llm.corp", 443),
        ("llm.corp.example", "llm.corp", 443),
        ("llm.corp:8443", "llm.corp", 443),
        ("10.0.0.0/8", "11.1.2.3", 443),
        ("10.0.0.0/8", "fd00::1", 443),
        ("10.0.0.0/99", "10.1.2.3", 443),
        ("10.0.0.0/8", "llm.corp", 443),
    ],
)
def test_and_not_these(no_proxy: str, host: str, port: int) -> None:
    environment = {"https_proxy": "http://a", "NO_PROXY": no_proxy}
    assert spoken(environment, host=host, port=port) == ("https_proxy", "http://a")


def test_of_two_spellings_of_no_proxy_the_first_is_heard() -> None:
    assert spoken({"https_proxy": "http://a", "no_proxy": "", "NO_PROXY": "*"}) == ("https_proxy", "http://a")


@pytest.mark.parametrize("value", ["socks5://proxy", "ftp://proxy", "http://", "http://proxy/path", "http://u:p@"])
def test_a_variable_that_names_no_proxy_never_becomes_a_direct_way(value: str) -> None:
    way = found({"environment": {"HTTPS_PROXY": value}})
    assert isinstance(way.refusal, ProxyUnusable)
    assert way.reasons["proxy"] == variable("HTTPS_PROXY")

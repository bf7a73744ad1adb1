"""Who asks a proxy, whom it is trusted by, and which hosts the lists of hosts are for."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.network.reasons import Reason
from connectory.network_policy import ProxyRule
from connectory.secret import Secret
from connectory.transport import CA, Trust
from tests.unit.network.ways import DEFAULT, found, in_file, of_connection, variable

RULE = {"proxy": ProxyRule(url="http://rule:3128")}
OWN: dict[str, Any] = {"network": {"proxy": "http://own:3128"}}
BYPASS, ONLY = {"bypass_hosts": frozenset({"llm.corp"})}, {"only_hosts": frozenset({"llm.corp"})}


@pytest.mark.parametrize("url", ["https://LLM.corp/v1", "http://llm.corp.:8080/v1", "https://llm.corp:8443"])
def test_lists_name_hosts_whatever_their_port_and_spelling(url: str) -> None:
    assert found(RULE | BYPASS, url=url).settings.proxy is None
    assert found(RULE | ONLY, url=url).settings.proxy is not None


@pytest.mark.parametrize("url", ["https://my.llm.corp/v1", "https://llm.corp.example", "https://corp"])
def test_a_list_is_for_the_hosts_in_it_and_not_for_their_domains(url: str) -> None:
    assert found(RULE | BYPASS, url=url).settings.proxy is not None
    assert found(RULE | ONLY, url=url).settings.proxy is None


SIGNED = {"proxy": ProxyRule(url="https://rule", username=Secret("user"), password=Secret("pw"))}
MINE: dict[str, Any] = {"network": {"proxy_username": "me", "proxy_password": "mine"}}
BOTH = {"network": MINE["network"] | OWN["network"]}
CORP = CA(text=Secret("pem"), place="connectory.network.proxy_ca")
OF_ALL = CA(text=Secret("pem"), place="connectory.network.ca")


def login(rules: dict[str, Any], **document: Any) -> tuple[str, str, Reason | None]:
    way = found(rules, **document)
    assert way.settings.proxy
    parts = (way.settings.proxy.username, way.settings.proxy.password)
    user, password = (part.reveal() if part else "" for part in parts)
    return user, password, way.reasons.get("proxy.login")


@pytest.mark.parametrize(
    ("rules", "document", "expected"),
    [
        (RULE, {}, ("", "", None)),
        (SIGNED, {}, ("user", "pw", in_file("xpack.actions.proxyUrl"))),
        (SIGNED, MINE, ("me", "mine", of_connection("network.proxy_username"))),
        (RULE, MINE, ("me", "mine", of_connection("network.proxy_username"))),
        (SIGNED, OWN, ("", "", None)),
        (
            SIGNED,
            {"network": MINE["network"] | OWN["network"]},
            ("me", "mine", of_connection("network.proxy_username")),
        ),
        ({"environment": {"https_proxy": "u:p@p"}}, {}, ("u", "p", variable("https_proxy"))),
        ({"environment": {"https_proxy": "u:p@p"}}, MINE, ("me", "mine", of_connection("network.proxy_username"))),
        ({"environment": {"https_proxy": "p"}}, {}, ("", "", None)),
    ],
)
def test_credentials_go_to_the_proxy_that_they_are_for(rules: Any, document: Any, expected: Any) -> None:
    assert login(rules, **document) == expected


@pytest.mark.parametrize(
    ("rules", "document", "trust", "by"),
    [
        (SIGNED, {}, Trust(), (DEFAULT, DEFAULT)),
        (SIGNED | {"ca": OF_ALL}, {}, Trust(cas=(OF_ALL,)), (DEFAULT, in_file("connectory.network.ca"))),
        (
            {"proxy": ProxyRule(url="https://rule", ca=CORP), "ca": OF_ALL},
            {},
            Trust(cas=(CORP,), alone=True),
            (DEFAULT, in_file("connectory.network.proxy_ca")),
        ),
        (
            {"proxy": ProxyRule(url="https://rule", verification="none"), "verification": "certificate"},
            {},
            Trust(verification="none"),
            (in_file("xpack.actions.ssl.proxyVerificationMode"), DEFAULT),
        ),
        (
            {"proxy": ProxyRule(url="https://rule", verification="none", ca=CORP)},
            {"network": {"proxy": "https://own"}, "tls": {"verification": "none"}},
            Trust(),
            (DEFAULT, DEFAULT),
        ),
        (
            {"environment": {"https_proxy": "https://p", "SSL_CERT_FILE": "/ca.pem"}, "verification": "none"},
            {},
            Trust(file="/ca.pem"),
            (DEFAULT, variable("SSL_CERT_FILE")),
        ),
    ],
)
def test_trust_in_a_proxy_is_not_trust_in_a_service(rules: Any, document: Any, trust: Trust, by: Any) -> None:
    way = found(rules, **document)
    assert way.settings.proxy
    assert (way.settings.proxy.trust, (way.reasons["proxy.verification"], way.reasons["proxy.ca"])) == (trust, by)


def test_headers_are_for_the_operators_proxy_alone() -> None:
    rules = {"proxy": ProxyRule(url="http://rule", headers={"X-Team": "blue"})}
    way = found(rules)
    assert way.settings.proxy
    assert (way.settings.proxy.headers, way.reasons["proxy.headers"]) == (
        {"X-Team": "blue"},
        in_file("xpack.actions.proxyHeaders"),
    )
    own = found(rules, **OWN)
    assert own.settings.proxy
    assert (own.settings.proxy.headers, own.settings.proxy.named) == ({}, False)

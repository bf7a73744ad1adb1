"""Every value of a way has a reason, and every reason names a setting or a variable that there is."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network
from typing import Any

import pytest

from connectory.network.limits import Use
from connectory.network.reasons import Reason, Said
from connectory.network_policy import VARIABLES, HostRule, ProxyRule
from connectory.secret import Secret
from connectory.transport import CA, Proxy, TransportSettings, Trust
from tests.unit.network.ways import DEFAULT, found, in_file
from tests.unit.test_network_docs import WANTED, rows_of

NAMES = {
    "timeouts": "timeouts",
    "retries": "retries",
    "first_byte": "first_byte",
    "longest": "longest",
    "client_certificate": "client_certificate",
    "proxy": "proxy",
    "resolves_here": "resolves_here",
    "reach": "addresses",
    "trust.verification": "verification",
    "trust.minimum_version": "minimum_version",
    **{f"trust.{name}": "ca" for name in ("cas", "alone", "file", "folder")},
    "proxy.url": "proxy",
    "proxy.named": "proxy",
    "proxy.headers": "proxy.headers",
    "proxy.username": "proxy.login",
    "proxy.password": "proxy.login",
    "proxy.trust.verification": "proxy.verification",
    **{f"proxy.trust.{name}": "proxy.ca" for name in ("cas", "alone", "file", "folder", "minimum_version")},
}
"""The reason of each value; of one that is made of others, theirs."""

OPTIONAL = {"proxy.login", "proxy.headers", "first_byte"}
"""There only if there is a value."""

PEM = CA(text=Secret("pem"), place="connectory.network.ca")
BESIDE = "connectory.network.proxy_password"
EVERY_RULE: dict[str, Any] = {
    "server": True,
    "allowed_hosts": frozenset({"llm.corp"}),
    "named_hosts": frozenset({"llm.corp"}),
    "proxy": ProxyRule(
        url="https://rule", password=Secret("u"), login_place=BESIDE, headers={"X": "y"}, verification="none", ca=PEM
    ),
    "only_hosts": frozenset({"llm.corp"}),
    "verification": "certificate",
    "ca": PEM,
    "resolves_here": True,
    "private_networks": (ip_network("10.0.0.0/8"),),
    "longest_answer": 1,
    "response_timeout": 900.0,
}


def values(kind: Any, settings: Any, path: str = "") -> dict[str, Any]:
    """The values that settings are made of, by their paths."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        value, at = getattr(settings, field.name), f"{path}{field.name}"
        if isinstance(value, Trust | Proxy):
            found |= values(type(value), value, f"{at}.")
        else:
            found[at] = value
    return found


@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize("rules", [{}, EVERY_RULE], ids=["no rule", "every rule"])
def test_every_value_has_a_reason(use: Use, rules: dict[str, Any]) -> None:
    way = found(rules, use=use)
    for path, value in values(TransportSettings, way.settings).items():
        name = NAMES[path]
        if value or name not in OPTIONAL:
            assert isinstance(way.reasons[name], Reason), path


def test_every_rule_is_named_where_it_decides() -> None:
    way = found(EVERY_RULE)
    assert {name: reason.name for name, reason in way.reasons.items() if reason.said is Said.CONFIGURATION} == {
        "allowed": "xpack.actions.allowedHosts",
        "proxy": "xpack.actions.proxyUrl",
        "proxy.login": "connectory.network.proxy_password",
        "proxy.headers": "xpack.actions.proxyHeaders",
        "proxy.verification": "xpack.actions.ssl.proxyVerificationMode",
        "proxy.ca": "connectory.network.proxy_ca",
        "resolves_here": "connectory.network.resolve",
        "addresses": "connectory.network.private_networks",
        "verification": "xpack.actions.ssl.verificationMode",
        "ca": "connectory.network.ca",
        "timeouts": "xpack.actions.responseTimeout",
        "longest": "xpack.actions.maxResponseContentLength",
    }


def test_what_a_reason_names_is_a_setting_of_the_file() -> None:
    settings = {row[0].strip("`") for kind, place in WANTED.values() for row in rows_of(kind, place)}
    for rules in (EVERY_RULE, {"bypass_hosts": frozenset({"llm.corp"})}):
        named = {reason.name for reason in found(rules).reasons.values() if reason.said is Said.CONFIGURATION}
        assert named <= settings


def test_without_rules_all_is_by_default() -> None:
    for use in Use:
        assert set(found(use=use).reasons.values()) == {DEFAULT}


def test_a_setting_under_an_old_name_is_named_by_it() -> None:
    old = {
        "xpack.actions.ssl.verificationMode": "xpack.actions.rejectUnauthorized",
        "xpack.actions.ssl.proxyVerificationMode": "xpack.actions.proxyRejectUnauthorizedCertificates",
    }
    way = found(EVERY_RULE | {"places": old})
    assert (way.reasons["verification"], way.reasons["proxy.verification"]) == tuple(map(in_file, old.values()))


def test_a_host_has_the_place_of_its_entry() -> None:
    place = "xpack.actions.customHostSettings.7"
    rules = {"host_rules": {"https://llm.corp:443": HostRule(place=place, cas=(PEM,))}}
    assert (found(rules).reasons["verification"], found(rules).reasons["ca"]) == (in_file(place), in_file(place))


@pytest.mark.parametrize("name", [name for name in VARIABLES if name.lower() != "no_proxy"])
def test_a_variable_that_decides_is_named(name: str) -> None:
    url = "http://llm.corp" if name.lower() == "http_proxy" else "https://llm.corp"
    reasons = found({"environment": {name: "http://proxy"}}, url=url).reasons.values()
    assert Reason(Said.VARIABLE, name) in reasons


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (DEFAULT, "default"),
        (Reason(Said.CONNECTION, "tls.ca"), "tls.ca of the connection"),
        (Reason(Said.VARIABLE, "NO_PROXY"), "variable NO_PROXY"),
        (Reason(Said.CONFIGURATION, "xpack.actions.proxyUrl"), "xpack.actions.proxyUrl"),
        (Reason(Said.ARGUMENT, "--without-proxy"), "--without-proxy"),
    ],
)
def test_a_reason_is_told_in_words(reason: Reason, text: str) -> None:
    assert str(reason) == text

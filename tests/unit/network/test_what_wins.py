"""What wins where several say something, over every combination of who speaks; and that each value has its reason."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from connectory import Connection
from connectory.connection import ClientSettings
from connectory.dialects import configuration, own
from connectory.network.limits import Use
from connectory.network.reasons import DEFAULT, Reason, Said
from connectory.network.resolve import Resolution, resolve
from connectory.network.telling import tell
from connectory.network_policy import HostRule, NetworkPolicy, ProxyRule
from connectory.secret import Secret
from connectory.tls import FULL, TLSSettings
from connectory.transport import CA, NetworkSettings, Timeouts, TransportSettings

URL = "https://llm.corp:8443/v1"
NO_RULES = NetworkPolicy()
MODES = ("full", "certificate", "none")


def every(*choices: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(itertools.product(*choices))


def connection(**parts: Any) -> Connection:
    read = own.read("it", {"provider": "other", "url": URL, "credential": {"api_key": "k"}})
    return dataclasses.replace(read, **parts)


def way(use: Use = Use.RUN, *, rules: NetworkPolicy = NO_RULES, asked: float | None = None, **parts: Any) -> Resolution:
    return resolve(connection(network_policy=rules, **parts), URL, use, asked=asked)


def ca(place: str) -> CA:
    return CA(text=Secret(place), place=place)


def at_host(mode: str = FULL, *cas: CA) -> dict[str, HostRule]:
    return {"https://llm.corp:8443": HostRule(place="the host's", verification=mode, cas=cas)}


@pytest.mark.parametrize(("host", "own", "of_all"), every((None, *MODES), (None, *MODES), (None, *MODES)))
def test_verification_is_the_hosts_then_the_connections_then_that_of_all(
    host: str | None, own: str | None, of_all: str | None
) -> None:
    rules = NetworkPolicy(host_rules=at_host(host) if host else {}, verification=of_all)
    found = way(rules=rules, tls=TLSSettings(verification=own))
    assert found.settings.trust.verification == (host or own or of_all or FULL)
    said = Said.CONFIGURATION if host or (of_all and not own) else Said.CONNECTION if own else Said.DEFAULT
    assert found.reasons["verification"].said is said


@pytest.mark.parametrize("host", ["[::1]", "[2001:db8::1]", "127.0.0.1", "llm.corp"])
def test_rule_of_a_host_is_found_however_the_file_writes_it(host: str, tmp_path: Path) -> None:
    file = tmp_path / "connectory.yml"
    file.write_text(
        f"xpack.actions.customHostSettings: [{{url: 'https://{host}:8443', ssl: {{verificationMode: none}}}}]\n"
    )
    it = connection(network_policy=configuration.read(file).network_policy())
    assert resolve(it, f"https://{host}:8443/v1", Use.RUN).settings.trust.verification == "none"
    assert resolve(it, f"https://{host}:8444/v1", Use.RUN).settings.trust.verification == "full"


@pytest.mark.parametrize("url", ["https://llm.corp.:8443/v1", "https://LLM.corp:8443/v1", "https://me@llm.corp:8443/"])
def test_no_spelling_of_a_host_steps_past_its_rule(url: str) -> None:
    rules = NetworkPolicy(host_rules=at_host("full"))
    it = connection(network_policy=rules, tls=TLSSettings(verification="none"))
    assert resolve(it, url, Use.RUN).settings.trust.verification == "full"


@pytest.mark.parametrize(
    ("host", "own", "own_mode", "of_all", "all_mode"),
    every((False, True), (False, True), ("add", "replace"), (False, True), ("add", "replace")),
)
def test_cas_of_the_host_replace_and_the_others_add_or_replace_as_they_say(
    host: bool, own: bool, own_mode: str, of_all: bool, all_mode: str
) -> None:
    rules = NetworkPolicy(
        host_rules=at_host(FULL, ca("host")) if host else {}, ca=ca("all") if of_all else None, ca_mode=all_mode
    )
    found = way(rules=rules, tls=TLSSettings(ca=Secret("own") if own else None, ca_mode=own_mode))
    trust = found.settings.trust
    if host:
        expected = (["host"], True)
    elif own and own_mode == "replace":
        expected = (["tls.ca"], True)
    else:
        added = [*(["tls.ca"] if own else []), *(["all"] if of_all else [])]
        expected = (added, of_all and all_mode == "replace")
    assert ([each.place for each in trust.cas], trust.alone) == expected


OWN_PROXY, RULES_PROXY, VARIABLES_PROXY = (f"http://{name}:3128" for name in ("own", "rule", "variable"))


@pytest.mark.parametrize(
    ("without", "own", "bypassed", "only", "rule", "variable"),
    every(
        (False, True), ("default", "none", OWN_PROXY), (False, True), (None, False, True), (False, True), (False, True)
    ),
)
def test_proxy_is_that_of_who_asks_then_of_the_connection_the_lists_the_rule_and_the_environment(
    without: bool, own: str, bypassed: bool, only: bool | None, rule: bool, variable: bool
) -> None:
    rules = NetworkPolicy(
        without_proxy=without,
        bypass_hosts=frozenset({"llm.corp"} if bypassed else ()),
        only_hosts=None if only is None else frozenset({"llm.corp"} if only else ()),
        proxy=ProxyRule(url=RULES_PROXY) if rule else None,
        environment={"HTTPS_PROXY": VARIABLES_PROXY} if variable else {},
    )
    found = way(rules=rules, network=NetworkSettings(proxy=own))
    proxy, reason = found.settings.proxy, found.reasons["proxy"]
    if without:
        expected, by = None, Reason(Said.ARGUMENT, "--without-proxy")
    elif own != "default":
        expected, by = None if own == "none" else own, Reason(Said.CONNECTION, "network.proxy")
    elif bypassed:
        expected, by = None, Reason(Said.CONFIGURATION, "xpack.actions.proxyBypassHosts")
    elif only is False:
        expected, by = None, Reason(Said.CONFIGURATION, "xpack.actions.proxyOnlyHosts")
    elif rule:
        expected, by = RULES_PROXY, Reason(Said.CONFIGURATION, "xpack.actions.proxyUrl")
    elif variable:
        expected, by = VARIABLES_PROXY, Reason(Said.VARIABLE, "HTTPS_PROXY")
    else:
        expected, by = None, DEFAULT
    assert (proxy.url if proxy else None, reason) == (expected, by)


@pytest.mark.parametrize("network", [{}, {"proxy": OWN_PROXY}])
def test_credentials_of_the_connection_win_over_those_of_the_proxy(network: dict[str, str]) -> None:
    rules = NetworkPolicy(proxy=ProxyRule(url=RULES_PROXY, username=Secret("rule"), password=Secret("rule's")))
    own_login = {"proxy_username": Secret("own"), "proxy_password": Secret("own's")}
    proxy = way(rules=rules, network=NetworkSettings(**network, **own_login)).settings.proxy  # type: ignore[arg-type]
    assert proxy
    assert (proxy.username, proxy.password) == (Secret("own"), Secret("own's"))


def test_password_of_the_operators_never_goes_to_a_proxy_of_the_connections() -> None:
    rules = NetworkPolicy(proxy=ProxyRule(url=RULES_PROXY, username=Secret("rule"), password=Secret("rule's")))
    proxy = way(rules=rules, network=NetworkSettings(proxy=OWN_PROXY)).settings.proxy
    assert proxy
    assert (proxy.username, proxy.password, proxy.headers) == (None, None, {})


SDK, RUN, STREAM, EXCHANGE = Use.SDK, Use.RUN, Use.STREAM, Use.EXCHANGE
OWN = Timeouts.all(7.0)


@pytest.mark.parametrize(
    ("use", "rule", "asked", "own", "read", "first_byte"),
    [
        (SDK, 60.0, None, None, 600.0, None),
        (SDK, 900.0, None, None, 600.0, None),
        (SDK, 60.0, None, OWN, 7.0, None),
        (RUN, 60.0, None, None, 200.0, None),
        (RUN, 300.0, None, None, 300.0, None),
        (RUN, 60.0, 30.0, None, 60.0, None),
        (RUN, 60.0, 90.0, None, 90.0, None),
        (RUN, 300.0, 500.0, OWN, 7.0, None),
        (STREAM, 60.0, None, None, 600.0, 60.0),
        (STREAM, 90.0, None, None, 600.0, 90.0),
        (STREAM, 60.0, 30.0, None, 600.0, 60.0),
        (STREAM, 60.0, 120.0, None, 600.0, 120.0),
        (STREAM, 60.0, None, OWN, 7.0, 7.0),
        (EXCHANGE, 900.0, None, OWN, 10.0, None),
    ],
)
def test_limits_are_the_connections_own_then_what_the_rule_or_the_caller_raises(
    use: Use, rule: float, asked: float | None, own: Timeouts | None, read: float, first_byte: float | None
) -> None:
    found = way(use, rules=NetworkPolicy(response_timeout=rule), asked=asked, client=ClientSettings(timeout=own))
    assert (found.settings.timeouts.read, found.settings.first_byte) == (read, first_byte)


@pytest.mark.parametrize(("use", "retries"), [(SDK, 2), (RUN, 0), (STREAM, 0), (EXCHANGE, 2)])
def test_only_clients_try_again_unless_the_connection_says_so(use: Use, retries: int) -> None:
    assert way(use).settings.retries == retries
    if use is not EXCHANGE:
        assert way(use, client=ClientSettings(max_retries=5)).settings.retries == 5


@pytest.mark.parametrize(("use", "longest"), [(SDK, None), (RUN, 1000), (STREAM, None), (EXCHANGE, None)])
def test_only_answers_in_one_piece_have_a_longest_length(use: Use, longest: int | None) -> None:
    assert way(use, rules=NetworkPolicy(longest_answer=1000)).settings.longest == longest


NAMES = {
    "trust": {"verification", "ca", "minimum_version"},
    "reach": {"addresses"},
}
"""Reasons for values that have parts; the others are called as the values are."""


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize(
    "rules",
    [
        NetworkPolicy(),
        NetworkPolicy(server=True, proxy=ProxyRule(url=RULES_PROXY, headers={"X-A": "b"}), resolves_here=True),
        NetworkPolicy(verification="none", ca=ca("all"), longest_answer=5, response_timeout=900.0),
    ],
)
def test_every_value_has_a_reason(rules: NetworkPolicy, use: Use) -> None:
    found = way(use, rules=rules)
    for setting in dataclasses.fields(TransportSettings):
        if getattr(found.settings, setting.name) is not None or setting.name == "proxy":
            assert NAMES.get(setting.name, {setting.name}) <= found.reasons.keys()


def test_what_is_told_names_the_rule() -> None:
    rules = NetworkPolicy(
        proxy=ProxyRule(url=RULES_PROXY, username=Secret("me"), headers={"X-A": "b"}, verification="none"),
        host_rules=at_host("certificate", ca("host")),
        places={"xpack.actions.ssl.proxyVerificationMode": "xpack.actions.proxyRejectUnauthorizedCertificates"},
    )
    told = {each.name: (each.value, str(each.reason)) for each in tell(connection(network_policy=rules), URL)}
    assert told["proxy"] == (RULES_PROXY, "xpack.actions.proxyUrl")
    assert told["proxy.login"] == ("user name", "xpack.actions.proxyUrl")
    assert told["proxy.headers"] == ("X-A", "xpack.actions.proxyHeaders")
    assert told["tls.verification"] == ("certificate", "the host's")
    assert told["tls.ca"] == ("those in `host`", "the host's")
    assert told["clients: timeout"] == ("600 s, to connect 5 s", "default")

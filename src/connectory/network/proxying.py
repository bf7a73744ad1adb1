"""Which proxy stands on the way to a host, and who said so."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from connectory.errors import ProxyUnusable
from connectory.network import environment
from connectory.network.addresses import plain_host
from connectory.network.reasons import DEFAULT, Reason, Reasons, Said, by_rules
from connectory.network.trust import trust_in_proxies
from connectory.network_policy import NetworkPolicy, ProxyRule
from connectory.tls import FULL
from connectory.transport import NetworkSettings, Proxy, Trust
from connectory.urls import origin_of

_OWN = Reason(Said.CONNECTION, "network.proxy")
_ASKED = Reason(Said.ARGUMENT, "--without-proxy")


@dataclass(frozen=True, slots=True)
class Found:
    """The proxy, None for a direct way. `problem` is why it is of no use."""

    proxy: Proxy | None
    reasons: Reasons
    problem: ProxyUnusable | None = None


def proxy_to(policy: NetworkPolicy, network: NetworkSettings, *, scheme: str, host: str, port: int) -> Found:
    """In this order: `--without-proxy`, the connection's word, the lists of hosts, the rules', the environment's."""
    if policy.without_proxy:
        return _direct(_ASKED)
    if network.proxy == "none":
        return _direct(_OWN)
    if url := network.proxy_url:
        trust, reasons = trust_in_proxies(policy)
        named = origin_of(url) in policy.named_proxies
        return _through(Proxy(url=url, trust=trust, named=named), network, {"proxy": _OWN, **reasons})
    name = plain_host(host)
    if name in policy.bypass_hosts:
        return _direct(by_rules(policy, "xpack.actions.proxyBypassHosts"))
    if policy.only_hosts is not None and name not in policy.only_hosts:
        return _direct(by_rules(policy, "xpack.actions.proxyOnlyHosts"))
    if policy.proxy:
        proxy, reasons = _of_rule(policy, policy.proxy)
        return _through(proxy, network, reasons)
    spoken = environment.proxy_of(policy.environment, scheme=scheme, host=host, port=port)
    if spoken is None:
        return _direct(DEFAULT)
    by = Reason(Said.VARIABLE, spoken.variable)
    if spoken.problem:
        return Found(None, {"proxy": by}, problem=ProxyUnusable(f"the variable {spoken.variable}", spoken.problem))
    if spoken.url is None:
        return _direct(by)
    trust, reasons = trust_in_proxies(policy)
    login = {"proxy.login": by} if spoken.username or spoken.password else {}
    proxy = Proxy(url=spoken.url, username=spoken.username, password=spoken.password, trust=trust)
    return _through(proxy, network, {"proxy": by, **login, **reasons})


def _direct(by: Reason) -> Found:
    return Found(None, {"proxy": by})


def _through(proxy: Proxy, network: NetworkSettings, reasons: Reasons) -> Found:
    """The connection's own user name and password win over those that came with the proxy."""
    if network.proxy_username or network.proxy_password:
        proxy = dataclasses.replace(proxy, username=network.proxy_username, password=network.proxy_password)
        said = "network.proxy_username" if network.proxy_username else "network.proxy_password"
        reasons = {**reasons, "proxy.login": Reason(Said.CONNECTION, said)}
    return Found(proxy, reasons)


def _of_rule(policy: NetworkPolicy, rule: ProxyRule) -> tuple[Proxy, Reasons]:
    trust, by = trust_in_proxies(policy)
    reasons = {"proxy": by_rules(policy, "xpack.actions.proxyUrl"), **by}
    if rule.ca:
        trust, reasons["proxy.ca"] = Trust(cas=(rule.ca,), alone=True), by_rules(policy, "connectory.network.proxy_ca")
    if rule.verification != FULL:
        reasons["proxy.verification"] = by_rules(policy, "xpack.actions.ssl.proxyVerificationMode")
    if rule.username or rule.password:
        reasons["proxy.login"] = by_rules(policy, rule.login_place)
    if rule.headers:
        reasons["proxy.headers"] = by_rules(policy, "xpack.actions.proxyHeaders")
    trust = dataclasses.replace(trust, verification=rule.verification)
    return Proxy(
        url=rule.url, username=rule.username, password=rule.password, headers=rule.headers, trust=trust
    ), reasons

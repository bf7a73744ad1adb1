"""The operator's rules for the network: `xpack.actions` and `connectory.network` become a NetworkPolicy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

from connectory.dialects.actions_settings import ActionsSettings
from connectory.dialects.custom_hosts import CustomHosts, ca_reason
from connectory.dialects.host_names import ANY, compared, host_reason
from connectory.dialects.old_modes import Mode, mode_of
from connectory.dialects.operator_settings import NetworkRules
from connectory.errors import Problem
from connectory.network_policy import NetworkPolicy, ProxyRule
from connectory.secret import Secret
from connectory.tls import FULL
from connectory.transport import CA, Network
from connectory.urls import parted, proxy_url_reason

_SSL = "xpack.actions.ssl"
_BOTH_LISTS = (
    "The configurations xpack.actions.proxyBypassHosts and xpack.actions.proxyOnlyHosts can not be used at the same "
    "time. The configuration xpack.actions.proxyOnlyHosts will be ignored."
)
"""Kibana's words (kibana.git, `actions/server/config.ts`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy as the file says it, what is wrong with what it says, and what people should know."""

    policy: NetworkPolicy
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def rules_of(actions: ActionsSettings, network: NetworkRules, *, folder: Path) -> Rules:
    """The rules of a file in `folder`, to which the names of other files are relative."""
    hosts = CustomHosts(actions.custom_host_settings, folder=folder)
    services, proxies = _modes(actions)
    policy = NetworkPolicy(
        allowed_hosts=None if ANY in actions.allowed_hosts else _hosts(actions.allowed_hosts),
        proxy=_proxy(actions, network, proxies.mode or FULL),
        bypass_hosts=_hosts(actions.proxy_bypass_hosts or ()),
        only_hosts=_only_hosts(actions),
        verification=services.mode,
        host_rules=hosts.rules,
        ca=_ca(network.ca, "connectory.network.ca"),
        ca_mode=network.ca_mode,
        resolves_here=network.resolve == "here",
        private_networks=tuple(filter(None, map(_network, network.private_networks))),
        named_hosts=_hosts(actions.allowed_hosts) - {ANY} | hosts.hosts,
        longest_answer=actions.max_response_content_length,
        response_timeout=actions.response_timeout,
        places={**services.places, **proxies.places},
    )
    return Rules(
        policy=policy,
        problems=(
            *_problems_with_lists(actions),
            *_problems_with_proxy(actions, network),
            *_of(network),
            *hosts.problems,
        ),
        warnings=(*_of_lists(actions), *services.warnings, *proxies.warnings, *hosts.warnings),
    )


def _hosts(entries: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(compared, entries))


def _only_hosts(actions: ActionsSettings) -> frozenset[str] | None:
    if actions.proxy_only_hosts is None or actions.proxy_bypass_hosts is not None:
        return None
    return _hosts(actions.proxy_only_hosts)


def _modes(actions: ActionsSettings) -> tuple[Mode, Mode]:
    """How services are verified, and how proxies are."""
    ssl = actions.ssl
    olds = [
        (f"{_SSL}.rejectUnauthorized", ssl.reject_unauthorized),
        ("xpack.actions.rejectUnauthorized", actions.reject_unauthorized),
    ]
    of_proxy = [("xpack.actions.proxyRejectUnauthorizedCertificates", actions.proxy_reject_unauthorized)]
    return (
        mode_of(f"{_SSL}.verificationMode", ssl.verification_mode, olds),
        mode_of(f"{_SSL}.proxyVerificationMode", ssl.proxy_verification_mode, of_proxy),
    )


def _proxy(actions: ActionsSettings, network: NetworkRules, verification: str) -> ProxyRule | None:
    """User name and password that are given beside the URL win over those in it."""
    if actions.proxy_url is None:
        return None
    found = parted(actions.proxy_url)
    rule = ProxyRule(
        url=found.url if found else actions.proxy_url,
        username=Secret(found.username) if found and found.username else None,
        password=Secret(found.password) if found and found.password else None,
        headers=actions.proxy_headers,
        verification=verification,
        ca=_ca(network.proxy_ca, "connectory.network.proxy_ca"),
    )
    beside = [name for name in ("proxy_username", "proxy_password") if getattr(network, name)]
    return replace(
        rule,
        username=network.proxy_username or rule.username,
        password=network.proxy_password or rule.password,
        login_place=f"connectory.network.{beside[0]}" if beside else rule.login_place,
    )


def _ca(text: Secret | None, place: str) -> CA | None:
    return CA(text=text, place=place) if text else None


def _network(text: str) -> Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _problems_with_lists(actions: ActionsSettings) -> Iterator[Problem]:
    lists = {
        "allowedHosts": actions.allowed_hosts,
        "proxyBypassHosts": actions.proxy_bypass_hosts or (),
        "proxyOnlyHosts": actions.proxy_only_hosts or (),
    }
    for key, entries in lists.items():
        for index, entry in enumerate(entries):
            is_any = key == "allowedHosts" and entry == ANY
            if not is_any and (reason := host_reason(entry)):
                yield Problem(f"xpack.actions.{key}.{index}", reason)


def _of_lists(actions: ActionsSettings) -> Iterator[Problem]:
    if actions.proxy_only_hosts is not None and actions.proxy_bypass_hosts is not None:
        yield Problem("xpack.actions.proxyOnlyHosts", _BOTH_LISTS)


def _problems_with_proxy(actions: ActionsSettings, network: NetworkRules) -> Iterator[Problem]:
    """A proxy that cannot be used never becomes a direct connection."""
    if actions.proxy_url is not None:
        found = parted(actions.proxy_url)
        if reason := proxy_url_reason(found.url if found else actions.proxy_url):
            yield Problem("xpack.actions.proxyUrl", reason)
        return
    for name in ("proxy_username", "proxy_password", "proxy_ca"):
        if getattr(network, name):
            yield Problem(f"connectory.network.{name}", "goes with `xpack.actions.proxyUrl`, which is not given")


def _of(network: NetworkRules) -> Iterator[Problem]:
    for index, text in enumerate(network.private_networks):
        if _network(text) is None:
            told = "is no network: write it as `10.1.0.0/16` or `fd00:1::/32`"
            yield Problem(f"connectory.network.private_networks.{index}", told)
    for name in ("proxy_ca", "ca"):
        secret: Secret | None = getattr(network, name)
        if secret and secret.at_hand and (reason := ca_reason(secret.reveal())):
            yield Problem(f"connectory.network.{name}", reason)
    if network.ca is None and network.ca_mode == "replace":
        yield Problem(
            "connectory.network.ca_mode", "is `replace`, and there is no `connectory.network.ca` to put there"
        )

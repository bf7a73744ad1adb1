"""Whom a connection trusts at one host, and who said so (the order: rule of the host, connection, rules of all)."""

from __future__ import annotations

from connectory.network.reasons import DEFAULT, Reason, Reasons, Said, by_rules
from connectory.network_policy import HostRule, NetworkPolicy
from connectory.tls import FULL, TLSSettings
from connectory.transport import CA, Trust

_OWN_MODE = Reason(Said.CONNECTION, "tls.verification")
_OWN_CA = Reason(Said.CONNECTION, "tls.ca")
_OWN_VERSION = Reason(Said.CONNECTION, "tls.minimum_version")
_OLDEST = TLSSettings().minimum_version


def trust_at(policy: NetworkPolicy, tls: TLSSettings, rule: HostRule | None) -> tuple[Trust, dict[str, Reason]]:
    """The trust of a connection with these settings at a host that this rule is for, if there is one."""
    mode, mode_by = _verification(policy, tls, rule)
    (cas, alone), ca_by = _cas(policy, tls, rule)
    file, folder, system_by = (None, None, DEFAULT) if alone else of_system(policy)
    trust = Trust(
        verification=mode, cas=cas, alone=alone, file=file, folder=folder, minimum_version=tls.minimum_version
    )
    version_by = DEFAULT if tls.minimum_version == _OLDEST else _OWN_VERSION
    return trust, {"verification": mode_by, "ca": ca_by or system_by, "minimum_version": version_by}


def trust_in_proxies(policy: NetworkPolicy) -> tuple[Trust, Reasons]:
    """The trust in a proxy that no setting speaks of."""
    cas, alone = _of_all(policy)
    file, folder, system_by = (None, None, DEFAULT) if alone else of_system(policy)
    by = by_rules(policy, "connectory.network.ca") if cas else system_by
    return Trust(cas=cas, alone=alone, file=file, folder=folder), {"proxy.verification": DEFAULT, "proxy.ca": by}


def of_system(policy: NetworkPolicy) -> tuple[str | None, str | None, Reason]:
    """The file or folder of CAs that a variable names in place of the system's, and the reason."""
    if file := policy.environment.get("SSL_CERT_FILE"):
        return file, None, Reason(Said.VARIABLE, "SSL_CERT_FILE")
    if folder := policy.environment.get("SSL_CERT_DIR"):
        return None, folder, Reason(Said.VARIABLE, "SSL_CERT_DIR")
    return None, None, DEFAULT


def _verification(policy: NetworkPolicy, tls: TLSSettings, rule: HostRule | None) -> tuple[str, Reason]:
    if rule:
        return rule.verification, Reason(Said.CONFIGURATION, rule.place)
    if tls.verification:
        return tls.verification, _OWN_MODE
    if policy.verification:
        return policy.verification, by_rules(policy, "xpack.actions.ssl.verificationMode")
    return FULL, DEFAULT


def _cas(
    policy: NetworkPolicy, tls: TLSSettings, rule: HostRule | None
) -> tuple[tuple[tuple[CA, ...], bool], Reason | None]:
    """The CAs, whether they count alone, and the reason; None where no setting names any."""
    if rule and rule.cas:
        return (rule.cas, True), Reason(Said.CONFIGURATION, rule.place)
    own = (CA(text=tls.ca, place="tls.ca"),) if tls.ca else ()
    if own and tls.ca_mode == "replace":
        return (own, True), _OWN_CA
    added, alone = _of_all(policy)
    if own:
        return ((*own, *added), alone), _OWN_CA
    return (added, alone), by_rules(policy, "connectory.network.ca") if added else None


def _of_all(policy: NetworkPolicy) -> tuple[tuple[CA, ...], bool]:
    return ((policy.ca,), policy.ca_mode == "replace") if policy.ca else ((), False)

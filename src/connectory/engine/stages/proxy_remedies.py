"""The fix for a proxy that fails: its host and port, its TLS, who asks, whom it lets through."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectory.engine.stages.sight import Sight, place_of
from connectory.engine.stages.tls_remedies import of_certificate
from connectory.errors import AddressRefused, NetworkError, ProxyFailed, ProxyStage, TLSFailed
from connectory.network.reasons import Reason, Said
from connectory.transport import Proxy


def of_proxy(error: ProxyFailed, sight: Sight) -> str:
    """How to mend what the proxy on the way has against a request, or what is wrong with the line to it."""
    rule = _rule(sight)
    match error.stage:
        case ProxyStage.NAME:
            return f"check the host of the proxy in {rule}, and that this machine can resolve it"
        case ProxyStage.TCP | ProxyStage.TLS if error.stage is ProxyStage.TLS or sight.with_proxy.begun:
            return _of_tls(error.failure, sight, rule)
        case ProxyStage.TCP if isinstance(error.failure, AddressRefused):
            return f"take a proxy that a connection may have here, or let the operator name it: see {rule}"
        case ProxyStage.TCP:
            tried = f" ({place_of(error.proxy)} was tried)" if error.proxy else ""
            return f"check host and port of the proxy in {rule}{tried}, and that it runs and lets this machine in"
    place, proxy = place_of(sight.url), sight.found.settings.proxy
    if error.status in (401, 407) and proxy:  # tinyproxy 1.11 says 401 of a password that is wrong
        return _of_login(proxy, sight)
    if error.status == 403:
        return f"let the proxy allow CONNECT to {place}, or take another way in {rule}"
    if error.status and error.status >= 500:
        return (
            f"check the host in {sight.named_in}, and see that the proxy gets through to {place}: its name service or "
            "a firewall may be at fault"
        )
    return (
        f"see that what {rule} names is an HTTP proxy that takes CONNECT to {place}; one that speaks TLS itself has a "
        "URL that begins with `https://`"
    )


def _of_login(proxy: Proxy, sight: Sight) -> str:
    """Who asks is said where the proxy is named, beside it, or by the connection."""
    reasons = sight.found.reasons
    by = reasons.get("proxy.login", reasons["proxy"])
    given = {"user name": proxy.username, "password": proxy.password}
    if header := next((name for name in proxy.headers if name.lower() == "proxy-authorization"), None):
        return f"check the header `{header}` in `xpack.actions.proxyHeaders`, which says who asks the proxy"
    missing = [what for what, secret in given.items() if not secret]
    if not missing:
        return f"check the user name and password for the proxy in {_said_in(by)}"
    if len(missing) == 1:
        return f"there is no {missing[0]} for the proxy: give it {_place_of(missing, by)}"
    return f"give a user name and password for the proxy {_place_of(missing, by)}"


def _said_in(by: Reason) -> str:
    section, _, name = by.name.rpartition(".")
    if by.said is Said.CONNECTION:
        return f"`{section}` of the connection"
    return f"`{section}`" if name.startswith("proxy_") else f"`{by.name}`"


def _place_of(missing: list[str], by: Reason) -> str:
    """Where something that is missing is given, to who said the rest."""
    if by.said is Said.VARIABLE:
        return f"in {by.name}, as `http://USER:PASSWORD@HOST:PORT`"
    section = "network" if by.said is Said.CONNECTION else "connectory.network"
    names = " and ".join(f"`{section}.{_SETTINGS[what]}`" for what in missing)
    return f"as {names}{' of the connection' if by.said is Said.CONNECTION else ''}"


_SETTINGS = {"user name": "proxy_username", "password": "proxy_password"}


def _of_tls(failure: NetworkError | None, sight: Sight, rule: str) -> str:
    if isinstance(failure, TLSFailed) and failure.verify_code is not None:
        host = urlsplit(sight.found.settings.proxy.url).hostname if sight.found.settings.proxy else ""
        return of_certificate(failure, sight.with_proxy, host=host or "", add=_where_to_add(sight), named_in=rule)
    return f"see that the proxy speaks TLS at this port: if it does not, let its URL in {rule} begin with `http://`"


def _where_to_add(sight: Sight) -> str:
    """A CA for the proxy alone goes with the operator's own proxy; in others all trust whom services are trusted by."""
    is_rules = sight.found.reasons["proxy"].said is Said.CONFIGURATION
    return f"add it as `connectory.network.{'proxy_ca' if is_rules else 'ca'}`"


def _rule(sight: Sight) -> str:
    reason = sight.found.reasons["proxy"]
    return f"`{reason.name}`" if reason.name else "its setting"

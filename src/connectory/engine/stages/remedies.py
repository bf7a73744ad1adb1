"""The fix for what went wrong between here and a service: one sentence, from the facts of the error."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectory.engine.stages.sight import Sight
from connectory.engine.stages.tls_remedies import HUNG_UP, of_certificate, of_client, of_tls
from connectory.errors import (
    AddressRefused,
    CertificateUnusable,
    ClientCertificateRefused,
    ConnectionBroken,
    ConnectoryError,
    HostNotAllowed,
    NameNotResolved,
    NetworkError,
    ProxyFailed,
    ProxyStage,
    ProxyUnusable,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
    TrustUnavailable,
)
from connectory.network.addresses import METADATA_HOSTS, literal, plain_host
from connectory.network.ranges import is_metadata
from connectory.urls import is_tls

_NO_WAY = ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL")


def remedy(error: ConnectoryError, sight: Sight) -> str:
    """How to mend what `error` says of the line to `sight.url`."""
    match error:
        case HostNotAllowed():
            return f"add `{error.host}` to `xpack.actions.allowedHosts`, or change the host in {sight.named_in}"
        case AddressRefused():
            return _of_address(error, sight)
        case ProxyUnusable():
            return f"let {error.place} be the URL of an HTTP proxy (`http://HOST:PORT`), or unset it"
        case ProxyFailed():
            return _of_proxy(error, sight)
        case NameNotResolved():
            return f"check the host in {sight.named_in}, and that this machine can resolve it"
        case TrustUnavailable():
            return f"let {error.variable} name CA certificates in PEM form, or unset it"
        case CertificateUnusable():
            return f"mend `{error.place}`"
        case ClientCertificateRefused():
            return of_client(error, sight.handshake)
        case TLSFailed():
            return of_tls(error, sight)
        case NetworkError():
            return _of_line(error, sight)
    return "see what the service says"


def _of_line(error: NetworkError, sight: Sight) -> str:
    place = place_of(sight.url)
    match error:
        case ServiceUnreachable() | ConnectionBroken() if sight.handshake.begun and not sight.handshake.shown:
            return HUNG_UP
        case ServiceUnreachable() if error.os_error in _NO_WAY:
            return (
                f"this machine knows no way to {place}: see its network, or name the proxy that leads there "
                "(`network.proxy`, `xpack.actions.proxyUrl`)"
            )
        case ServiceUnreachable():
            return f"nobody listens at {place}: check the port in {sight.named_in}, and that the service runs"
        case TimedOut(phase="connect") if sight.handshake.begun:
            return (
                f"what answers at {place} is silent to TLS: check the port, let {sight.named_in} begin with `http://` "
                "if it speaks none, and see whether something on the way holds TLS up"
            )
        case TimedOut(phase="connect"):
            return (
                f"a firewall may swallow what is sent to {place}: let this machine through, or name the proxy that "
                "leads there (`network.proxy`, `xpack.actions.proxyUrl`)"
            )
        case TimedOut():
            return f"see why {place} is silent, or give it more time with `client.timeout`"
        case ConnectionBroken() if not is_tls(sight.url):
            return f"look at the log of what answers at {place}; if it speaks TLS, let {sight.named_in} begin with `https://`"
        case ConnectionBroken():
            return f"look at the log of what answers at {place}: it took the request and gave no whole answer"
    return f"see that this machine gets through to {place}"


def _of_address(error: AddressRefused, sight: Sight) -> str:
    host = urlsplit(sight.url).hostname or ""
    address = literal(error.address)
    if plain_host(error.address) in METADATA_HOSTS or (address and is_metadata(address)):
        return f"change the host in {sight.named_in}: metadata services are reached by the sources of tokens only"
    if address is None and plain_host(error.address) != plain_host(host):
        return f"take the header `Host` away, or name `{error.address}` in `xpack.actions.allowedHosts`"
    if address is None:
        return f"name `{host}` in `xpack.actions.allowedHosts`, or let `connectory.network.resolve` be `here`"
    return (
        f"if it is meant to be reached, add its network to `connectory.network.private_networks` or name `{host}` in "
        "`xpack.actions.allowedHosts`"
    )


def _of_proxy(error: ProxyFailed, sight: Sight) -> str:
    rule = _rule_of_proxy(sight)
    match error.stage:
        case ProxyStage.NAME:
            return f"check the host of the proxy in {rule}, and that this machine can resolve it"
        case ProxyStage.TCP | ProxyStage.TLS if error.stage is ProxyStage.TLS or sight.with_proxy.begun:
            return _of_tls_with_proxy(error.failure, sight, rule)
        case ProxyStage.TCP if isinstance(error.failure, AddressRefused):
            return f"take a proxy that a connection may have here, or let the operator name it: see {rule}"
        case ProxyStage.TCP:
            return f"check host and port of the proxy in {rule}, and that it runs and lets this machine in"
    place = place_of(sight.url)
    if error.status in (401, 407):  # tinyproxy 1.11 says 401 of a password that is wrong
        proxy = sight.found.settings.proxy
        known = proxy and (proxy.username or proxy.password)
        what = "check the user name and password" if known else "give a user name and password"
        return f"{what} for the proxy: `connectory.network.proxy_username`, or the connection's own in `network`"
    if error.status == 403:
        return f"let the proxy allow CONNECT to {place}, or take another way in {rule}"
    if error.status and error.status >= 500:
        return f"see that the proxy gets through to {place}: its name service or a firewall may be at fault"
    return (
        f"see that what {rule} names is an HTTP proxy that takes CONNECT to {place}; one that speaks TLS itself has a "
        "URL that begins with `https://`"
    )


def _of_tls_with_proxy(failure: NetworkError | None, sight: Sight, rule: str) -> str:
    if isinstance(failure, TLSFailed) and failure.verify_code is not None:
        host = urlsplit(sight.found.settings.proxy.url).hostname if sight.found.settings.proxy else ""
        add = "add it as `connectory.network.proxy_ca`"
        return of_certificate(failure, sight.with_proxy, host=host or "", add=add, named_in=rule)
    return f"see that the proxy speaks TLS at this port: if it does not, let its URL in {rule} begin with `http://`"


def _rule_of_proxy(sight: Sight) -> str:
    reason = sight.found.reasons["proxy"]
    return f"`{reason.name}`" if reason.name else "its setting"


def place_of(url: str) -> str:
    """Host and port of a URL, for people."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

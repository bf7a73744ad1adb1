"""The fix for what went wrong between here and a service: one sentence, from the facts of the error."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectory.engine.stages.proxy_remedies import of_proxy
from connectory.engine.stages.sight import Sight, place_of
from connectory.engine.stages.tls_remedies import HUNG_UP, of_client, of_tls
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
    ProxyUnusable,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
    TrustUnavailable,
)
from connectory.network.addresses import METADATA_HOSTS, literal, plain_host
from connectory.network.ranges import is_metadata
from connectory.network.reasons import Said
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
            return of_proxy(error, sight)
        case NameNotResolved():
            return of_name(sight)
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


def of_name(sight: Sight) -> str:
    """How to mend a host that has no address here. Behind a proxy that everything has to take, none has."""
    check, by = (
        f"check the host in {sight.named_in}, and that this machine can resolve it",
        sight.found.reasons["proxy"],
    )
    if sight.found.settings.proxy:
        return f"{check}, or let the proxy do so (`connectory.network.resolve`)"
    if by.said is Said.DEFAULT:
        return f"{check}; if the way out is a proxy, name it as `xpack.actions.proxyUrl` or in HTTPS_PROXY"
    mend = "leave `--without-proxy` away" if by.said is Said.ARGUMENT else f"see `{by.name}`"
    return f"{check}; if it is reached through a proxy only, {mend}"


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

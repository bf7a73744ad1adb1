"""Names of hosts in lists: how they are compared, and what people write there by mistake."""

from __future__ import annotations

from ipaddress import ip_network

from connectory.network.addresses import literal, plain_host
from connectory.secret import may_be_a_key
from connectory.urls import HOST, parts_of

ANY = "*"
"""All hosts, where it stands alone."""

_ALONE = "must be the name of a host alone, without scheme, user, port and path"


def host_reason(entry: str) -> str | None:
    """Why an entry names no host, in one sentence that says what to write; None if it names one."""
    if not entry.strip():
        return "is empty, where the name of a host belongs"
    if ANY in entry:
        return f"has a `{ANY}` in it, which stands for all hosts, in `allowedHosts` and alone: name every host"
    if not entry.isascii():
        return "has a character outside ASCII: write the host as `xn--...`"
    if _is_network(entry):
        return "is a network, where the name of a host belongs: name every host"
    if HOST.fullmatch(entry) or literal(entry):
        return None
    name = _host_in(entry)
    return f"{_ALONE}: `{name}`" if name else _ALONE


def compared(entry: str) -> str:
    """A host as it is compared: in lower case, without brackets."""
    return plain_host(entry)


def host_of_url(url: object) -> str | None:
    """The host of a URL, as it is compared; None if that cannot be read."""
    parts = parts_of(url) if isinstance(url, str) else None
    return plain_host(parts.hostname) if parts and parts.hostname else None


def _is_network(entry: str) -> bool:
    try:
        return "/" in entry and bool(ip_network(entry, strict=False))
    except ValueError:
        return False


def _host_in(entry: str) -> str | None:
    """The host in what may be a URL, or a host with a port."""
    text = entry.strip()
    host = host_of_url(text if "://" in text else f"//{text}")
    return host if host and (HOST.fullmatch(host) or literal(host)) and not may_be_a_key(host) else None

"""The hosts that the connections of a configuration file name: what an operator has named, a server may reach.

Documents are looked into as they stand. One that is wrong names what can be read of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.dialects import kibana
from connectory.dialects.dotted import section
from connectory.dialects.host_names import host_of_url
from connectory.dialects.plain_values import Gathering
from connectory.urls import origin_of

_OURS = (
    *(("url",), ("endpoint",), ("client", "base_url"), ("client", "websocket_base_url")),
    *(("credential", "exchange_url"), ("credential", "authority")),
)
_PROXY = (("network", "proxy"),)
_ELASTICS = (("apiUrl",), ("openai_client_kwargs", "base_url"), ("openai_client_kwargs", "websocket_base_url"))


def hosts_in(ours: Mapping[str, Any], elastics: Mapping[str, Any]) -> frozenset[str]:
    """Every host that is named, as it is compared."""
    urls = [url for document in ours.values() for url in _at(document, _OURS)]
    for entry in elastics.values():
        if isinstance(entry, Mapping) and not kibana.is_other_type(entry):
            urls += _at(section(entry, "config", Gathering()), _ELASTICS)
    return frozenset(filter(None, map(host_of_url, urls)))


def proxies_in(ours: Mapping[str, Any]) -> frozenset[str]:
    """The origin of every proxy that is named: what is there is spoken to as to a proxy, and is no service."""
    named = [url for document in ours.values() for url in _at(document, _PROXY) if host_of_url(url)]
    return frozenset(map(origin_of, named))


def _at(document: Any, places: tuple[tuple[str, ...], ...]) -> Iterator[Any]:
    for place in places:
        value = document
        for key in place:
            value = value.get(key) if isinstance(value, Mapping) else None
        yield value

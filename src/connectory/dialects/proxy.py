"""The URL of a proxy in a document: what is one, and the user name and password that people write into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.dialects.plain_values import is_given
from connectory.urls import parted, proxy_url_reason

_WORDS = ("default", "none")


def with_credentials_apart(network: Mapping[Any, Any]) -> tuple[dict[Any, Any], list[str]]:
    """The settings with what stands before the `@` of the proxy's URL in its places, and the names of those places.

    A user name or password that is given beside the URL wins.
    """
    found = parted(network.get("proxy"))
    if found is None:
        return dict(network), []
    lifted = {"proxy_username": found.username, "proxy_password": found.password}
    lifted = {name: text for name, text in lifted.items() if text and not is_given(network.get(name))}
    return {**network, **lifted, "proxy": found.url}, list(lifted)


def proxy_reason(proxy: str) -> str | None:
    """Why a document's `proxy` cannot be used, in one sentence; None if it can."""
    if proxy in _WORDS:
        return None
    reason, is_word = proxy_url_reason(proxy), "://" not in proxy
    return f"{reason}; `default` and `none` are taken too" if reason and is_word else reason

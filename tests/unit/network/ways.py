"""Connections under rules, and what becomes of their way: short words for tables."""

from __future__ import annotations

import dataclasses
from typing import Any

from connectory import Connection
from connectory.dialects import own
from connectory.network.limits import Use
from connectory.network.reasons import Reason, Said
from connectory.network.resolve import Resolution, resolve
from connectory.network_policy import NetworkPolicy

URL = "https://llm.corp/v1"
DEFAULT = Reason(Said.DEFAULT)


def connection(**document: Any) -> Connection:
    return own.read("it", {"provider": "other", "url": URL, "credential": {"kind": "none"}, **document})


def found(
    rules: dict[str, Any] | None = None,
    *,
    url: str = URL,
    use: Use = Use.RUN,
    asked: float | None = None,
    **document: Any,
) -> Resolution:
    """The way of a connection with this document under these rules (fields of a NetworkPolicy)."""
    ruled = dataclasses.replace(connection(**document), network_policy=NetworkPolicy(**(rules or {})))
    return resolve(ruled, url, use, asked=asked)


def in_file(setting: str) -> Reason:
    return Reason(Said.CONFIGURATION, setting)


def of_connection(setting: str) -> Reason:
    return Reason(Said.CONNECTION, setting)


def variable(name: str) -> Reason:
    return Reason(Said.VARIABLE, name)

"""What Apache's hook refuses of a connection's `extra`, in its order and its words.

null and `""` are nothing here, where Apache sends them to the exchange: Airflow's form writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SOURCES = ("kubernetes", "azure", "gcp", "custom")
_OURS = ("none", "x509_workload_identity", "entra")
"""Kinds that Apache's hook does not know."""


def refuse(conn_id: str, extra: Mapping[str, Any]) -> None:
    """Raises ValueError."""
    auth_type = extra.get("auth_type") or "api_key"
    if auth_type == "api_key" or auth_type in _OURS:
        return
    if auth_type != "workload_identity":
        raise ValueError(
            f"Unsupported auth_type {auth_type!r} for OpenAI connection {conn_id!r}; "
            "expected 'api_key' or 'workload_identity'."
        )
    for key in ("identity_provider_id", "service_account_id"):
        if not extra.get(key):
            raise ValueError(f"Missing required {key!r} for workload_identity auth on OpenAI connection {conn_id!r}.")
    source = extra.get("workload_identity_provider")
    if source == "custom" and not extra.get("token_provider"):
        raise ValueError(
            f"Missing required 'token_provider' for custom workload_identity auth on OpenAI connection {conn_id!r}."
        )
    if source not in _SOURCES:
        raise ValueError(
            f"Unsupported workload_identity_provider {source!r} for OpenAI connection {conn_id!r}; "
            "expected one of 'kubernetes', 'azure', 'gcp', 'custom'."
        )

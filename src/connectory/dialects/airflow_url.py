"""Host, port and schema of an Airflow connection as one URL.

Apache's hook hands `host` on as it is and ignores the other two (`hooks/openai.py` of apache-airflow-providers-openai
2.2.0); but an Airflow URI puts port and path there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlunsplit

from connectory.dialects.airflow_value import AirflowFields
from connectory.errors import Problem
from connectory.urls import parts_of

_SCHEMES = ("http", "https")


def url_of(fields: AirflowFields) -> str | None:
    """The URL; None if there is no host. One that cannot be read stays as it is, for others to say so."""
    if not fields.host:
        return None
    url, path = _with_scheme(fields), _path_of(fields)
    parts = given = parts_of(url)
    if parts is None:
        return url
    if fields.port and parts.port is None:
        parts = parts._replace(netloc=f"{parts.netloc.removesuffix(':')}:{fields.port}")
    if path and parts.path in ("", "/"):
        parts = parts._replace(path=f"/{path.lstrip('/')}")
    return url if parts == given else urlunsplit(parts)


def warnings_of(fields: AirflowFields) -> Iterator[Problem]:
    """What was added to the host, or left out beside it."""
    if not fields.host:
        return
    if "://" not in fields.host and fields.schema not in _SCHEMES:
        yield Problem("host", "names no scheme; it is read with `https://` before it")
    for name in unused(fields):
        is_path = name == "schema" and _path_of(fields)
        yield Problem(name, f"is left alone, for `host` {'has a path' if is_path else 'names another'}")


def unused(fields: AirflowFields) -> list[str]:
    """Which of port and schema are given and are no part of the URL."""
    given = [name for name in ("port", "schema") if getattr(fields, name)]
    parts = parts_of(_with_scheme(fields)) if fields.host else None
    if parts is None:
        return [] if fields.host else given
    path = _path_of(fields).strip("/")
    meant = {"port": (None, fields.port), "schema": ("", path) if _path_of(fields) else (fields.schema,)}
    found = {"port": parts.port, "schema": parts.path.strip("/") if _path_of(fields) else parts.scheme}
    return [name for name in given if found[name] not in meant[name]]


def _with_scheme(fields: AirflowFields) -> str:
    scheme, found, host = (fields.host or "").partition("://")
    if not found:
        scheme, host = fields.schema if fields.schema in _SCHEMES else "https", fields.host or ""
    return f"{scheme}://{f'[{host}]' if _is_ipv6(host) else host}"


def _path_of(fields: AirflowFields) -> str:
    """The schema, unless it is the scheme: HTTP connections of Airflow keep that there."""
    return "" if fields.schema is None or fields.schema in _SCHEMES else fields.schema


def _is_ipv6(host: str) -> bool:
    """Airflow takes the brackets off an IPv6 address."""
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False

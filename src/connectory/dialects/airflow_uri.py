"""The URI of an Airflow connection, as `get_uri()` of Airflow's task SDK writes it.

Source: apache-airflow-task-sdk 1.3.2, `airflow.sdk.definitions.connection`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from connectory.dialects.airflow_keys import CLIENT, DESCRIPTION


def to_uri(fields: Mapping[str, Any]) -> str:
    """`type://[scheme://][login][:password]@host[:port]/schema?query` of the fields of a connection.

    It has no place for a description; `for_uri` finds it one.
    """
    conn_type = fields.get("conn_type") or ""
    kind = f"{conn_type.lower().replace('_', '-')}://" if conn_type else "//"
    scheme, host = _split(fields.get("host") or "", conn_type)
    user = _user(fields)
    path = f"/{quote(schema, safe='')}" if (schema := fields.get("schema")) else ""
    query = _query(fields.get("extra"))
    return f"{kind}{scheme}{user}{_netloc(host, fields.get('port'), user)}{path or (query and '/')}{query}"


def for_uri(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same connection in fields that a URI can say: a description stands in `extra`, and a host whose capital
    letters would be lost among the arguments of the client."""
    said = dict(fields)
    extra = dict(said.get("extra", {}))
    if description := said.pop("description", None):
        extra[DESCRIPTION] = description
    host = str(said.get("host", ""))
    if host != host.lower() and "/" not in host.partition("://")[2]:
        extra[CLIENT] = {"base_url": said.pop("host"), **extra.get(CLIENT, {})}
    return {**said, "extra": extra} if extra else said


def _split(host: str, conn_type: str) -> tuple[str, str]:
    """The scheme of the host, which stands before the credentials, and the rest; but not where it is the type."""
    scheme, found, rest = host.partition("://")
    return (f"{scheme}://", rest) if found and scheme != conn_type else ("", host)


def _user(fields: Mapping[str, Any]) -> str:
    """Empty text is not nothing here: `:@` says that there is a password, and that it is empty."""
    login, password = (fields.get(name) for name in ("login", "password"))
    user = "" if login is None else quote(login, safe="")
    user += "" if password is None else f":{quote(password, safe='')}"
    return user and f"{user}@"


def _netloc(host: str, port: object, user: str) -> str:
    if port is None:
        return quote(host, safe="")
    return f"{quote(host, safe='')}{'' if host or user else '@'}:{port}"


def _query(extra: Any) -> str:
    """Parameters where all values are text, else the whole as JSON in one."""
    if not extra:
        return ""
    text = extra if isinstance(extra, str) else json.dumps(extra)
    flat = _flat(json.loads(text))
    return f"?{flat or urlencode({'__extra__': text})}"


def _flat(extra: Any) -> str:
    if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
        return ""
    try:
        query = urlencode(extra)
    except UnicodeEncodeError:  # half of a character, which JSON can say
        return ""
    return query if dict(parse_qsl(query, keep_blank_values=True)) == extra else ""

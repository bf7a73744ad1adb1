"""Questions to a server of the demo's over a bare HTTP connection."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

CHAT = {"messages": [{"role": "user", "content": "Hello there"}]}


def open_to(origin: str, tls: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    address = urlsplit(origin).netloc
    return (
        http.client.HTTPSConnection(address, timeout=10, context=tls)
        if tls
        else http.client.HTTPConnection(address, timeout=10)
    )


def ask(
    origin: str,
    path: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and document of the answer. A body that is no text is sent as JSON; without one it is a GET."""
    connection = open_to(origin, tls)
    try:
        data = body if isinstance(body, str | None) else json.dumps(body)
        connection.request("GET" if data is None else "POST", path, data, dict(headers or {}))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()

"""The user name and password that people write into a URL, before its `@`: a secret in a place where all would see it.

In the URL of a connection they become the header that HTTP clients make of them, `Authorization: Basic ...`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection
from connectory.dialects.client_identity import X509
from connectory.dialects.plain_values import is_given
from connectory.errors import Problem
from connectory.provider import OTHER
from connectory.secret import Secret
from connectory.urls import parted

_HEADER = "Authorization"
_NEVER_SENT = "holds a user name or password that is never sent"


def bare(url: str) -> str:
    """The URL without its user info, if that can be read."""
    found = parted(url)
    return found.url if found else url


def without_user_info(document: Mapping[str, Any]) -> tuple[dict[str, Any], Secret | None]:
    """A connection's document with the user info of its `url` among the `headers`, and the header's value.

    One that the document names itself wins. An `endpoint` may repeat the user info of the URL, and no other. X.509
    workload identity takes none, in the SDK neither (openai 3.54, `auth/_x509.py`): it stays, to be refused.
    """
    found, headers = parted(document.get("url")), document.get("headers")
    credential = document.get("credential")
    if found is None or (isinstance(credential, Mapping) and credential.get("kind") == X509):
        return dict(document), None
    whole, header = {**document, "url": found.url}, found.header
    if (again := parted(document.get("endpoint"))) and again.header == header:
        whole["endpoint"] = again.url
    if header and not is_given(headers):
        whole["headers"] = {_HEADER: header}
    elif header and isinstance(headers, Mapping) and not _named(headers):
        whole["headers"] = {**headers, _HEADER: header}
    return whole, header


def stands_for_a_key(document: Mapping[str, Any]) -> bool:
    """Whether a URL says who calls, so that an API key may be left out: that of an Other service with user info."""
    client = document.get("client")
    argument = client.get("base_url") if isinstance(client, Mapping) else None
    found = parted(argument if is_given(argument) else document.get("url"))
    headers = document.get("headers")
    return (
        document.get("provider") == OTHER.name
        and found is not None
        and found.header is not None
        and not (isinstance(headers, Mapping) and _named(headers))
    )


def warnings_about(header: Secret | None, connection: Connection) -> Iterator[Problem]:
    """That user info is not sent, where something else takes its header."""
    if header is None:
        return
    if header not in connection.headers.values():
        yield Problem("url", f"{_NEVER_SENT}: `headers` has an `{_HEADER}` of its own")
    elif _named(connection.client.default_headers):
        yield Problem("url", f"{_NEVER_SENT}: `client.default_headers` has an `{_HEADER}` of its own")
    elif header not in connection.own_headers().values():
        yield Problem("url", f"{_NEVER_SENT}: the credential goes out as `{_HEADER}`, where it would stand")


def _named(headers: Mapping[Any, Any]) -> bool:
    """Whether the header is given."""
    return any(str(name).lower() == _HEADER.lower() and is_given(value) for name, value in headers.items())

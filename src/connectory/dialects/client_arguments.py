"""`client` of a document: arguments of the SDK's constructor, some of which are parts of the connection itself.

Source: openai 3.54.0, `OpenAI.__init__`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectory.connection import ClientSettings
from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects.client_identity import X509, identity_problems
from connectory.dialects.plain_values import is_given
from connectory.dialects.reading import Document
from connectory.dialects.words import key_of, listed, nearest
from connectory.errors import Problem
from connectory.secret import Secret
from connectory.setting import settings_of

LIFTED = ("api_key", "base_url", "workload_identity")
"""Arguments that win over what stands in the credential and the URL, as in Airflow."""

_NETWORK = re.compile(r"prox|cert|verif|ssl|tls|^ca")
_NETWORK_KEYS = ("network.proxy", "tls.ca", "tls.verification", "tls.certificate")


@dataclass(frozen=True, slots=True)
class Lifted:
    """A document whose parts all stand in their places. `paths`: where what was lifted stood before.

    `user_info` is the header that a user name and password in the URL became.
    """

    document: dict[str, Any]
    paths: dict[str, str]
    problems: tuple[Problem, ...] = ()
    user_info: Secret | None = None


def lifted(document: Document) -> Lifted:
    """The document with its client's `api_key`, `base_url` and `workload_identity` in their places."""
    client = document.get("client")
    if not isinstance(client, Mapping):
        return Lifted(dict(document), {})
    known = settings_of(ClientSettings)
    rest = {name: value for name, value in client.items() if name in known}
    whole, paths = {**document, "client": rest}, {}
    if is_given(client.get("base_url")):
        whole["url"], paths["url"] = client["base_url"], "client.base_url"
    if _takes_key(document) and is_given(client.get("api_key")):
        whole["credential"] = {**_credential(document), "api_key": client["api_key"]}
        paths["credential.api_key"] = "client.api_key"
    if is_given(identity := client.get("workload_identity")):
        whole["credential"] = _of_identity(identity)
        paths["credential"] = paths["credential.kind"] = "client.workload_identity"
    return Lifted(whole, paths, tuple(_problems(document, client)))


def brings_a_credential(client: object) -> bool:
    """Whether the arguments hold something that takes the place of every other credential."""
    names = ("api_key", "workload_identity")
    return isinstance(client, Mapping) and any(is_given(client.get(name)) for name in names)


def _of_identity(identity: object) -> dict[str, Any]:
    """Nothing of one that is refused anyway, so that the rules say no more of it."""
    given = dict(identity) if isinstance(identity, Mapping) and not any(identity_problems(identity)) else {}
    given.pop("type", None)
    return {**given, "kind": X509}


def _problems(document: Document, client: Mapping[str, Any]) -> Iterator[Problem]:
    for name in client:
        if name not in settings_of(ClientSettings) and name not in LIFTED:
            yield Problem(f"client.{key_of(name)}", _no_argument(name))
    identity = client.get("workload_identity")
    if is_given(identity):
        yield from identity_problems(identity)
    if is_given(client.get("api_key")):
        kind = X509 if is_given(identity) else _kind(document)
        if kind in CREDENTIALS.names and (is_given(identity) or not _takes_key(document)):
            yield Problem(
                "client.api_key", f"stands beside a credential of the kind `{kind}`; leave one of the two out"
            )


def _no_argument(name: object) -> str:
    names = sorted([*settings_of(ClientSettings), *LIFTED])
    if near := nearest(name, names):
        return f"is no argument of the SDK's client; did you mean `{near}`?"
    public = listed(name for name in names if not name.startswith("_"))
    message = f"is no argument of the SDK's client that a document can give; it has {public}"
    if isinstance(name, str) and _NETWORK.search(name.lower()):
        return f"{message}; proxies and TLS have keys of their own: {listed(_NETWORK_KEYS)}"
    return message


def _takes_key(document: Document) -> bool:
    name = _kind(document)
    if name not in CREDENTIALS.names:
        return False
    kind: type = CREDENTIALS.kind(str(name))
    return "api_key" in settings_of(kind)


def _kind(document: Document) -> object:
    credential = _credential(document)
    if not isinstance(credential, Mapping):
        return None
    return credential["kind"] if is_given(credential.get("kind")) else DEFAULT_KIND


def _credential(document: Document) -> Any:
    credential = document.get("credential")
    return credential if is_given(credential) else {}

"""What a connection says in Elastic's words: a `.gen-ai` connector, as far as one can say it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from connectory.connection import Connection
from connectory.credential import Credential
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects.flat_names import AUTH_TYPE, FlatName, names_of
from connectory.dialects.kibana_client import parted, written
from connectory.dialects.kibana_pki import PKI
from connectory.dialects.kibana_words import (
    API_KEY,
    CLIENT,
    CONNECTOR_TYPE,
    EXPOSED,
    HIDDEN_HEADERS,
    MODE,
    MODES,
    ONLY_FOR,
    PROVIDERS,
    UNUSED,
    Envelope,
)
from connectory.dialects.plain_values import Gathering, a_boolean, is_given
from connectory.dialects.secret_values import is_missing, read_secret
from connectory.dialects.values import VALUE_TYPES
from connectory.pem import Unusable, pem_of
from connectory.provider import OPENAI, OTHER
from connectory.secret import Secret
from connectory.setting import settings_of
from connectory.subject_token import SubjectTokenSource


def entry_of(connection: Connection, envelope: Envelope) -> dict[str, Any]:
    """The connector. A secret that cannot be had stands in `secrets` as it is; none stands elsewhere."""
    shown, hidden = parted(connection)
    flat, flat_secrets = _credential(connection)
    headers = connection.headers
    config = {
        "apiProvider": word_of(connection),
        "apiUrl": connection.url,
        "defaultModel": connection.model,
        "headers": {name: value for name, value in headers.items() if not isinstance(value, Secret)},
        **flat,
        **_unused(connection),
        MODE: _mode(connection),
        CLIENT: shown,
    }
    secrets = {
        **flat_secrets,
        **_pki(connection),
        HIDDEN_HEADERS: {name: written(value) for name, value in headers.items() if isinstance(value, Secret)},
        CLIENT: hidden,
    }
    around = {"name": connection.name or connection.id, envelope.type_key: CONNECTOR_TYPE}
    return around | {"config": _given(config), "secrets": _given(secrets)} | _exposed(connection, envelope)


def word_of(connection: Connection) -> str:
    """What Elastic calls the connection's provider."""
    return next(word for word, provider in PROVIDERS.items() if provider == connection.provider)


def _given(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parts.items() if is_given(value) and value != {}}


def _credential(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its parts in `config` and in `secrets`, in Kibana's own words where it knows the kind."""
    credential = connection.credential
    if isinstance(credential, ApiKey):
        ids = {"organizationId": credential.organization, "projectId": credential.project}
        key = {API_KEY: written(credential.api_key)} if credential.api_key else {}
        return (ids if connection.provider is OPENAI else {}), key
    if isinstance(credential, NoCredential) and connection.provider is OTHER and _shows_certificate(connection):
        return {}, {}
    flat = {key: (name, value) for key, name, value in _flat(credential)}
    config = {key: _plain(name, value) for key, (name, value) in flat.items() if not isinstance(value, Secret)}
    secrets = {key: written(value) for key, (_, value) in flat.items() if isinstance(value, Secret)}
    return {AUTH_TYPE: credential.kind, **config}, {API_KEY: _left_key(connection), **secrets}


def _left_key(connection: Connection) -> Any:
    """A key that stood beside another credential; where it is kept elsewhere, it is no more than what was said."""
    left = connection.foreign.kibana.get(API_KEY)
    is_secret = is_given(left) and Gathering().read("", read_secret, left) is not None
    return written(left) if isinstance(left, Secret) else left if is_secret else None


def _flat(credential: Credential) -> list[tuple[str, FlatName, Any]]:
    """Its settings that are not at their defaults, side by side with those of its source of tokens."""
    names = names_of(credential.kind, _source(credential))
    values = [(key, name, _at(credential, name.place)) for key, name in names.items()]
    return [(key, name, value) for key, name, value in values if value != name.setting.default]


def _source(credential: Credential) -> str | None:
    kind: type = type(credential)
    sources = [name for name, setting in settings_of(kind).items() if setting.type is SubjectTokenSource]
    return next((str(getattr(credential, name).kind) for name in sources), None)


def _at(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = getattr(value, name)
    return value


def _plain(name: FlatName, value: Any) -> Any:
    """A source of tokens is said by its name."""
    return VALUE_TYPES[name.setting.type].write(value) if name.setting.type in VALUE_TYPES else value


def _unused(connection: Connection) -> dict[str, Any]:
    """What only Kibana reads, if this connector may have it."""
    left, tried = connection.foreign.kibana, Gathering()
    fitting = [key for key in UNUSED if key in left and ONLY_FOR.get(key) in (None, word_of(connection))]
    return {key: left[key] for key in fitting if tried.read("", UNUSED[key], left[key]) is not None}


def _exposed(connection: Connection, envelope: Envelope) -> dict[str, Any]:
    left = connection.foreign.kibana.get(EXPOSED)
    takes = EXPOSED in envelope.also and Gathering().read("", a_boolean, left) is not None
    return {EXPOSED: left} if takes else {}


def _shows_certificate(connection: Connection) -> bool:
    return connection.tls.certificate is not None or connection.tls.private_key is not None


def _mode(connection: Connection) -> Any:
    """That of the client certificate; where it may be missing with the other secrets, that of the connection; else one
    that changed nothing when it was read."""
    if _shows_certificate(connection):
        return connection.tls.verification
    if connection.provider is not OTHER and not connection.credential.certified:
        return None
    left = connection.foreign.kibana.get(MODE)
    left = left if isinstance(left, str) and left in MODES else None
    key = connection.credential.api_key if isinstance(connection.credential, ApiKey) else None
    return connection.tls.verification or left if is_missing(key) else left


def _pki(connection: Connection) -> dict[str, Any]:
    """Base64 of PEM in `secrets`."""
    if not _shows_certificate(connection):
        return {}
    pems = {key: getattr(connection.tls, place.partition(".")[2]) for key, place in PKI.items()}
    return {key: _in_base64(pem) for key, pem in pems.items() if pem is not None}


def _in_base64(secret: Secret) -> Any:
    if not secret.at_hand:
        return written(secret)
    return base64.b64encode(_pem(secret.reveal()).encode(errors="replace")).decode()


def _pem(text: str) -> str:
    """PEM as Kibana takes it: one that came as base64 or with written line breaks is made plain."""
    if "-----BEGIN " in text and "\\" not in text:
        return text
    try:
        return pem_of(text)
    except Unusable:
        return text

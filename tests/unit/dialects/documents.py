"""Connections, documents and junk for property tests."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from connectory.connection import RESIDENCIES, AzureSettings, ClientSettings, Connection
from connectory.credential import Credential
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects import own
from connectory.provider import AZURE, OPENAI, OTHER, Provider
from connectory.secret import (
    Secret,
    holds_a_key,
    is_credential_header,
    is_credential_parameter,
    looks_like_a_key,
)
from connectory.transport import Timeouts

CANARIES = (
    "sk-proj-canary-0123456789abcdef",
    "0c4a9a2e7b1d4f3c8e6d5b0a1f2e3d4c",
    "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl",
    "Bearer gsk_canary0123456789",
)
"""Secrets of the shapes that services give out."""

TOKEN = st.text("!#$%&'*+.^_`|~0123456789ABCXYZabcxyz-", min_size=1, max_size=12)
WORD = st.text(min_size=1, max_size=20)
SENDABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20).map(str.strip)
SENDABLE = SENDABLE.filter(bool)
SECONDS = st.none() | st.floats(min_value=1e-3, max_value=1e6)
PLACES = st.text("ABCXYZ_/.-", min_size=1, max_size=20).filter(lambda name: not looks_like_a_key(name))
SECRETS = st.builds(Secret, SENDABLE) | st.builds(Secret.env, PLACES) | st.builds(Secret.file, PLACES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def texts(values: st.SearchStrategy[Any] = WORD) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(WORD, values, max_size=3)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, Any]:
    """Header names have no case, and those that look like credentials are secrets."""
    framing = ("connection", "content-length", "transfer-encoding")
    names = st.lists(TOKEN.filter(lambda name: name.lower() not in framing), max_size=3, unique_by=str.lower)
    return {name: draw(SECRETS | _plain(name)) for name in draw(names)}


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters, of which those that look like credentials are secrets."""
    named = draw(st.dictionaries(WORD | st.sampled_from(["key", "API_KEY", "token"]), JSON, max_size=3))
    return {name: _hidden(name, value) for name, value in named.items()}


def _hidden(name: str, value: Any) -> Any:
    return Secret(value) if isinstance(value, str) and value and is_credential_parameter(name, value) else value


def _plain(name: str) -> st.SearchStrategy[Any]:
    return SENDABLE.filter(lambda text: not is_credential_header(name, text)) if name.lower() != "cookie" else SECRETS


@st.composite
def credentials(draw: st.DrawFn, provider: Provider) -> Credential:
    key = st.builds(ApiKey, api_key=SECRETS, organization=st.none() | SENDABLE, project=st.none() | SENDABLE)
    return draw(key if provider is AZURE else key | st.just(NoCredential()))


@st.composite
def clients(draw: st.DrawFn, residency: str | None) -> ClientSettings:
    timeouts = st.builds(Timeouts, connect=SECONDS, read=SECONDS, write=SECONDS, pool=SECONDS)
    return ClientSettings(
        admin_api_key=draw(st.none() | SECRETS),
        organization=draw(st.none() | SENDABLE),
        project=draw(st.none() | SENDABLE),
        webhook_secret=draw(st.none() | st.builds(Secret, WORD)),
        data_residency=residency,
        websocket_base_url=draw(st.sampled_from([None, "wss://h/v1"])),
        timeout=draw(st.none() | timeouts),
        max_retries=draw(st.none() | st.integers(0, 100)),
        default_headers=draw(headers()),
        default_query=draw(queries()),
        _strict_response_validation=draw(st.booleans()),
    )


@st.composite
def connections(draw: st.DrawFn) -> Connection:
    """Any connection that can be read."""
    provider = draw(st.sampled_from([OPENAI, AZURE, OTHER]))
    residency = draw(st.sampled_from([None, *RESIDENCIES])) if provider is OPENAI else None
    host = "https://api.example.com" if residency is None else _regional(residency)
    path = draw(st.sampled_from(["", "/", "/v1", "/openai/v1", "//v1/chat/completions/", "/openai/v1?a=b"]))
    return Connection(
        id=draw(st.from_regex(r"(?!new$)[A-Za-z0-9.-][A-Za-z0-9_.-]{0,20}", fullmatch=True)),
        name=draw(WORD.filter(lambda word: not holds_a_key(word))),
        description=draw(st.text(max_size=8)),
        labels=draw(texts()),
        provider=provider,
        url=host + (path if residency is None else ""),
        endpoint=draw(st.sampled_from([None, f"{host.removesuffix('/v1')}/generate"])),
        model=draw(st.none() | WORD),
        credential=draw(credentials(provider)),
        headers=draw(headers()),
        azure=AzureSettings(api_version=draw(st.none() | WORD), deployments=draw(texts())),
        client=draw(clients(residency)),
    )


def _regional(residency: str) -> str:
    return "https://api.openai.com/v1" if residency == "global" else f"https://{residency}.api.openai.com/v1"


def junk(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Anything that JSON can hold, made of these leaves; keys may be leaves too, where they are text."""
    keys = leaves.filter(_is_key) | st.text(max_size=8)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


def own_documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of connections with a few things changed in them."""
    return changed(connections().map(own.write), leaves)


def airflow_documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    kwargs = {"timeout": 10, "max_retries": "3", "api_key": "k", "default_headers": {"X": "a"}, "base_url": "https://h"}
    extra = {"openai_client_kwargs": kwargs, "auth_type": "api_key", "provider": "other", "labels": {"a": "b"}}
    fields = {"conn_type": "openai", "description": "d", "host": "h", "login": "l", "password": "k", "schema": "v1"}
    return changed(st.just({**fields, "port": 80, "extra": extra}) | st.just({"uri": "openai://:k@h:80/v1"}), leaves)


def elastic_documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    url = {"apiProvider": "OpenAI", "apiUrl": "https://h/v1", "headers": {"X": "a"}, "temperature": "0.7"}
    secrets = {"apiKey": "k", "secretHeaders": {"Y": "b"}}
    return changed(st.just({"name": "n", "actionTypeId": ".gen-ai", "config": url, "secrets": secrets}), leaves)


@st.composite
def changed(draw: st.DrawFn, documents: st.SearchStrategy[Any], leaves: st.SearchStrategy[Any]) -> dict[str, Any]:
    """A document in which some values, or the keys beside them, give way to nothing, to text, or to junk."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        place: dict[str, Any] = draw(st.sampled_from(list(_objects_in(document))))
        key = draw(st.sampled_from([*place]) | leaves.filter(_is_key)) if place else "x"
        place[key] = draw(st.sampled_from([None, "", str(place.get(key, "1"))]) | junk(leaves))
    return dict(document)


def _objects_in(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    for value in document.values():
        if isinstance(value, dict):
            yield from _objects_in(value)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, str)

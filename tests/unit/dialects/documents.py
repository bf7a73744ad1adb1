"""Connections, documents and junk for property tests."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from connectory.connection import RESIDENCIES, AzureSettings, ClientSettings, Connection, ForeignSettings
from connectory.credential import Credential
from connectory.credentials.api_key import ApiKey
from connectory.credentials.entra import Entra
from connectory.credentials.none import NoCredential
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.credentials.x509_workload_identity import X509WorkloadIdentity
from connectory.dialects import own
from connectory.provider import AZURE, OPENAI, OTHER, Provider
from connectory.secret import (
    Secret,
    holds_a_key,
    is_credential_header,
    is_credential_parameter,
    looks_like_a_key,
)
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens.azure import AzureToken
from connectory.subject_tokens.custom import CustomToken
from connectory.subject_tokens.gcp import GCPToken
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings, Timeouts

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
TENANTS = st.text("abcXYZ0189.-", min_size=1, max_size=12)
SECONDS = st.none() | st.floats(min_value=1e-3, max_value=1e6)
PLACES = st.text("ABCXYZ_/.-", min_size=1, max_size=20).filter(lambda name: not looks_like_a_key(name))
SECRETS = st.builds(Secret, SENDABLE) | st.builds(Secret.env, PLACES) | st.builds(Secret.file, PLACES)
SECRETS = SECRETS | st.just(Secret.missing())
ANY_JSON_LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
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
    values = JSON | st.sampled_from(["elsewhere", "nowhere"])
    named = draw(st.dictionaries(WORD | st.sampled_from(["key", "API_KEY", "token"]), values, max_size=3))
    return {name: _hidden(name, value) for name, value in named.items()}


def _hidden(name: str, value: Any) -> Any:
    if value in ("elsewhere", "nowhere") and is_credential_parameter(name, ""):
        return Secret.env("PLACE") if value == "elsewhere" else Secret.missing()
    return Secret(value) if isinstance(value, str) and value and is_credential_parameter(name, value) else value


def _plain(name: str) -> st.SearchStrategy[Any]:
    return SENDABLE.filter(lambda text: not is_credential_header(name, text)) if name.lower() != "cookie" else SECRETS


@st.composite
def credentials(draw: st.DrawFn, provider: Provider) -> Credential:
    key = st.builds(ApiKey, api_key=SECRETS, organization=st.none() | SENDABLE, project=st.none() | SENDABLE)
    ids = {"identity_provider_id": WORD, "service_account_id": WORD}
    seconds = st.floats(min_value=0, max_value=1e6)
    identity = st.builds(WorkloadIdentity, **ids, source=sources(), refresh_buffer_seconds=seconds)
    certified = st.builds(X509WorkloadIdentity, **ids, refresh_buffer_seconds=seconds)
    entra = st.builds(Entra, tenant_id=TENANTS, client_id=WORD, client_secret=SECRETS)
    fitting = {"azure": key | entra, "other": key | identity | st.just(NoCredential())}
    return draw(fitting.get(provider.name, key | identity | certified | st.just(NoCredential())))


def sources() -> st.SearchStrategy[SubjectTokenSource]:
    azure = st.builds(AzureToken, resource=WORD, client_id=st.none() | WORD)
    return st.builds(GCPToken, audience=WORD) | st.builds(CustomToken, token_provider=WORD) | azure


@st.composite
def tls_settings(draw: st.DrawFn, provider: Provider) -> TLSSettings:
    """Certificates stand elsewhere: what they hold is no matter of properties."""
    elsewhere = st.builds(Secret.env, PLACES) | st.builds(Secret.file, PLACES)
    with_pair = provider is OTHER and draw(st.booleans())
    return TLSSettings(
        verification=draw(st.sampled_from([None, "full", "certificate", "none"])),
        certificate=draw(elsewhere) if with_pair else None,
        private_key=draw(elsewhere) if with_pair else None,
        ca=draw(st.none() | elsewhere),
        ca_mode=draw(st.sampled_from(["replace", "add"])),
        minimum_version=draw(st.sampled_from(["1.2", "1.3"])),
    )


def networks() -> st.SearchStrategy[NetworkSettings]:
    proxies = st.sampled_from(["default", "none", "http://proxy", "https://[::1]:3128/"])
    return st.builds(
        NetworkSettings, proxy=proxies, proxy_username=st.none() | SECRETS, proxy_password=st.none() | SECRETS
    )


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
    credential = draw(credentials(provider))
    regions = credential.default_urls or RESIDENCIES
    residency = draw(st.sampled_from([None, *regions])) if provider is OPENAI else None
    host = "https://api.example.com" if residency is None else regions[residency]
    path = draw(st.sampled_from(["", "/", "/v1", "/openai/v1", "//v1/chat/completions/", "/openai/v1?a=b"]))
    tls = draw(tls_settings(provider))
    assume(not tls.certificate or credential != ApiKey(api_key=Secret.missing()))  # it is read as no credential
    return Connection(
        id=draw(st.from_regex(r"(?!new$)[A-Za-z0-9.-][A-Za-z0-9_.-]{0,20}", fullmatch=True)),
        name=draw(WORD.filter(lambda word: not holds_a_key(word))),
        description=draw(st.text(max_size=8)),
        labels=draw(texts()),
        provider=provider,
        url=host + (path if residency is None else ""),
        endpoint=draw(st.sampled_from([None, f"{host.removesuffix('/v1')}/generate"])),
        model=draw(st.none() | WORD),
        credential=credential,
        tls=tls,
        network=draw(networks()),
        headers=draw(headers()),
        azure=AzureSettings(api_version=draw(st.none() | WORD), deployments=draw(texts())),
        client=draw(clients(residency)),
        foreign=ForeignSettings(airflow=draw(texts(SECRETS)), kibana=draw(queries())),
    )


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
    network = {"proxy": "http://u:p@h:1", "ca": "x", "client_certificate": "y", "client_key": "z", "ca_mode": "add"}
    alone = {"my_key": {"a": [1]}, "a.b": 1, "description": "d", "organization": "o", "auth_type": "none", **_X509}
    extras = (extra, {**extra, **network}, alone, *_flat_documents())
    documents = [{**fields, "port": 80, "team_name": "t", "extra": more} for more in extras]
    return changed(st.sampled_from([*documents, {"uri": "openai://:k@h:80/v1"}]), leaves)


_X509 = {
    "openai_client_kwargs": {
        "workload_identity": {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}
    }
}


def _flat_documents() -> list[dict[str, Any]]:
    """The keys of every kind of credential and of every source side by side, for each kind."""
    ids = {"identity_provider_id": "i", "service_account_id": "s", "refresh_buffer_seconds": "3"}
    sources = {"workload_identity_provider": "azure", "resource": "r", "audience": "a", "token_provider": "a.b"}
    entra = {"entra_tenant_id": "t", "entra_client_id": "c", "entra_client_secret": "s"}
    kinds = ("workload_identity", "x509_workload_identity", "entra", "none")
    return [{"auth_type": kind, **ids, **sources, **entra} for kind in kinds]


def elastic_documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    url = {"apiProvider": "OpenAI", "apiUrl": "https://h/v1", "headers": {"X": "a"}, "temperature": "0.7"}
    secrets = {"apiKey": "k", "secretHeaders": {"Y": "b"}}
    pki = {"certificateData": "x", "privateKeyData": "eQ==", "caData": "z"}
    entry = {"name": "n", "actionTypeId": ".gen-ai", "config": url, "secrets": secrets}
    left = {"contextWindowLength": 8000, "verificationMode": "none", "enableNativeFunctionCalling": "true"}
    other = {**url, "apiProvider": "Other", "defaultModel": "m", **left}
    elsewhere = {"certificateData": {"env": "C"}, "privateKeyData": {"file": "/k"}, "apiKey": {"missing": True}}
    flat = [{**entry, "config": {**url, **more}} for more in _flat_documents()]
    arguments = {**url, "openai_client_kwargs": {"timeout": 10, "workload_identity": {"type": "x509"}}}
    hidden = {"admin_api_key": "a", "default_headers": {"Z": "b"}, "default_query": {"key": "c"}}
    shown = {**url, "openai_client_kwargs": {"max_retries": 3, "default_headers": {"W": "d"}}}
    documents = [
        {**entry, "exposeConfig": True},
        *({**entry, "config": other, "secrets": given} for given in (secrets, pki, elsewhere)),
        {**entry, "config": arguments},
        {**entry, "config": shown, "secrets": {**secrets, "openai_client_kwargs": hidden}},
        *flat,
    ]
    return changed(st.sampled_from(documents), leaves)


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

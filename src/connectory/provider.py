"""How a service wants to be spoken to: OpenAI, Azure OpenAI, or Other (any OpenAI-compatible service)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from connectory.errors import Problem

KNOWN_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/embeddings")
"""Endpoint suffixes that a connection's URL may end in; longest first."""

DEPLOYMENT_ENDPOINTS = (
    *("/completions", "/chat/completions", "/embeddings", "/images/generations", "/images/edits"),
    *("/audio/transcriptions", "/audio/translations", "/audio/speech"),
)
"""Operations that belong to a deployment in Azure's classic URLs (openai 3.54, `lib/azure.py`)."""

_VERSION = "api-version"
NO_VERSION = (
    "names no api version, which the SDK's client for a classic Azure URL needs: `?api-version=2024-10-21`, say"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the requests of one connection go, derived from its URL.

    `base_url` has neither query nor trailing slash: every operation is joined to it, with `query`. `endpoint` is the
    whole URL that `run`, `test` and `stream` post to; None when it depends on the model (Azure without a deployment).
    `deployment` and `classic` speak of Azure's `/openai/deployments/...` URLs, in which the model has a place.
    """

    base_url: str
    endpoint: str | None
    query: Mapping[str, str]
    deployment: str | None = None
    classic: bool = False

    def join(self, path: str) -> str:
        """The URL of an operation such as `/models`."""
        return _with_query(self.base_url + path, self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way of speaking to a service. `name` is the word in documents, `label` the one for people.

    `key_header` carries the credential, after `key_scheme`. `reports_stream_usage`: a stream is asked for its usage
    with `stream_options`, which some compatible services refuse. `keeps_tool_choice`: `tool_choice` without tools is
    left in a body. `keeps_line`: after a stream the next request may go over the same connection. Some compatible
    services (llama.cpp) close it without a word, and a request on its way over it is lost.
    """

    name: str
    label: str
    default_url: str | None = None
    key_header: str = "Authorization"
    key_scheme: str = "Bearer "
    reports_stream_usage: bool = True
    keeps_tool_choice: bool = False
    keeps_line: bool = True

    @property
    def bearer(self) -> bool:
        """Whether the credential goes where everybody's does, in `Authorization: Bearer`."""
        return self.key_header == "Authorization"

    def credential_header(self, token: str) -> tuple[str, str]:
        """The header that proves who calls."""
        return self.key_header, self.key_scheme + token

    def address(self, url: str, *, endpoint: str | None = None, api_version: str | None = None) -> Address:
        """Where requests go. A known endpoint at the end of `url` is cut off for the base; the query goes with it."""
        base, _, suffix = _split(url)
        posted = endpoint or (url if suffix else base + "/chat/completions")
        return Address(base_url=base, endpoint=on_the_wire(posted), query={})

    def writes_stream_flag(self, url: str) -> bool:
        """Whether a body posted to `url` names `stream` even where it is off and the caller did not name it."""
        return True

    def url_warning(self, url: str, *, api_version: str | None) -> Problem | None:
        """What this provider has against a URL that is well formed."""
        return None


class _OpenAI(Provider):
    """Elastic's connector names `stream` at OpenAI's own two chat URLs only (compared letter by letter)."""

    _chat_urls: ClassVar = frozenset(
        {"https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/completions"}
    )

    def writes_stream_flag(self, url: str) -> bool:
        return url in self._chat_urls


class _Azure(Provider):
    """Azure OpenAI: a key header of its own, the query belongs to every call, two shapes of URL.

    Classic: `https://RESOURCE/openai/deployments/DEPLOYMENT/...?api-version=V`. v1: `https://RESOURCE/openai/v1`, where
    the model is the deployment. A bare `https://RESOURCE` is classic when it has an api version, else v1.
    Source: https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle
    """

    _classic: ClassVar = re.compile(r"(?P<base>.*?/openai)(/deployments(/(?P<deployment>[^/]+)(/.*)?)?)?")
    _chat: ClassVar = re.compile(r"/openai/deployments/[^/]+/((extensions/)?chat/)?completions")

    def address(self, url: str, *, endpoint: str | None = None, api_version: str | None = None) -> Address:
        url, endpoint = _in_version(url, api_version), endpoint and _in_version(endpoint, api_version)
        base, query, suffix = _split(url)
        if api_version:
            query[_VERSION] = api_version
        parts = urlsplit(base)
        path = parts.path or ("" if suffix else "/openai" if _VERSION in query else "/openai/v1")
        classic = self._classic.fullmatch(path)
        base = urlunsplit(parts._replace(path=classic["base"] if classic else path))
        posted = endpoint or (url if suffix else self._chat_url(base, classic))
        return Address(
            base_url=base,
            endpoint=posted and _with_query(on_the_wire(posted), query),
            query=query,
            deployment=unquote(classic["deployment"]) if classic and classic["deployment"] else None,
            classic=classic is not None,
        )

    def writes_stream_flag(self, url: str) -> bool:
        return bool(self._chat.search(url))

    def url_warning(self, url: str, *, api_version: str | None) -> Problem | None:
        address = self.address(url, api_version=api_version)
        if not address.classic or _VERSION in address.query:
            return None
        return Problem("azure.api_version", NO_VERSION)

    @staticmethod
    def _chat_url(base: str, classic: re.Match[str] | None) -> str | None:
        """Where chat is posted unless the URL says it; a classic URL without a deployment waits for the model."""
        if classic is None:
            return f"{base}/chat/completions"
        return f"{base}/deployments/{classic['deployment']}/chat/completions" if classic["deployment"] else None


OPENAI = _OpenAI(name="openai", label="OpenAI", default_url="https://api.openai.com/v1")
AZURE = _Azure(name="azure", label="Azure OpenAI", key_header="api-key", key_scheme="", keeps_tool_choice=True)
OTHER = Provider(name="other", label="Other (OpenAI-compatible service)", reports_stream_usage=False, keeps_line=False)

PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (OPENAI, AZURE, OTHER)}


def on_the_wire(url: str) -> str:
    """The URL as it is sent: runs of `/` in its path are one, and a trailing one is gone."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=re.sub(r"/{2,}", "/", parts.path).rstrip("/")))


def named_endpoint(url: str) -> str | None:
    """The known endpoint that a URL ends in (`/chat/completions`), if any."""
    path = urlsplit(on_the_wire(url)).path
    return next((suffix for suffix in KNOWN_ENDPOINTS if path.endswith(suffix)), None)


def deployment_path(deployment: str) -> str:
    """The place of a deployment under Azure's classic base URL."""
    return f"/deployments/{quote(deployment, safe='')}"


def _split(url: str) -> tuple[str, dict[str, str], str | None]:
    """Base URL, query and known endpoint of a connection's URL."""
    suffix = named_endpoint(url)
    parts = urlsplit(on_the_wire(url))
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix(suffix or ""), "", ""))
    return base, dict(parse_qsl(parts.query, keep_blank_values=True)), suffix


def _in_version(url: str, api_version: str | None) -> str:
    """`url` less its own api version, where that is blank or another one is set."""
    parts = urlsplit(url)
    own = dict(parse_qsl(parts.query, keep_blank_values=True)).get(_VERSION)
    if own is None or (own and api_version in (None, own)):
        return url
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != _VERSION]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """`url` with those parameters of `query` that it does not name itself."""
    parts = urlsplit(url)
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    missing = urlencode({name: value for name, value in query.items() if name not in named})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, missing)))))

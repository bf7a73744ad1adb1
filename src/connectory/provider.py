"""How a service wants to be spoken to: OpenAI, Azure OpenAI, or Other (any OpenAI-compatible service)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

KNOWN_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/embeddings")
"""Endpoint suffixes that a connection's URL may end in; longest first."""


DEPLOYMENT_ENDPOINTS = (
    *("/completions", "/chat/completions", "/embeddings", "/images/generations", "/images/edits"),
    *("/audio/transcriptions", "/audio/translations", "/audio/speech"),
)
"""Operations that belong to a deployment in Azure's classic URLs (openai 3.54, `lib/azure.py`)."""


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
    left in a body.
    """

    name: str
    label: str
    default_url: str | None = None
    key_header: str = "Authorization"
    key_scheme: str = "Bearer "
    reports_stream_usage: bool = True
    keeps_tool_choice: bool = False

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

    def url_problem(self, url: str, *, api_version: str | None) -> str | None:
        """What this provider has against a URL that is well formed, in one sentence."""
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

    _classic: ClassVar = re.compile(r"(?P<base>.*/openai)(/deployments/(?P<deployment>[^/]+)(/.*)?)?")
    _chat: ClassVar = re.compile(r"/openai/deployments/[^/]+/((extensions/)?chat/)?completions")

    def address(self, url: str, *, endpoint: str | None = None, api_version: str | None = None) -> Address:
        base, query, suffix = _split(url)
        if api_version:
            query = {**query, "api-version": api_version}
        posted = on_the_wire(endpoint or url) if endpoint or suffix or base.endswith("/extensions") else None
        if not urlsplit(base).path:
            base += "/openai" if "api-version" in query else "/openai/v1"
        classic = self._classic.fullmatch(base)
        if classic is None:
            return Address(
                base_url=base,
                endpoint=_with_query(posted or base + "/chat/completions", query),
                query=query,
            )
        deployment = classic["deployment"]
        if posted is None and deployment:
            posted = f"{classic['base']}/deployments/{deployment}/chat/completions"
        return Address(
            base_url=classic["base"],
            endpoint=posted and _with_query(posted, query),
            query=query,
            deployment=deployment,
            classic=True,
        )

    def writes_stream_flag(self, url: str) -> bool:
        return bool(self._chat.search(url))

    def url_problem(self, url: str, *, api_version: str | None) -> str | None:
        if re.search(r"[{}]|%7[BbDd]", url):
            return "a part of Azure's template is still in braces; put in your resource, deployment and api version"
        if self.address(url, api_version=api_version).classic and not self.api_version(url, api_version):
            return (
                "this classic Azure URL needs an api version: end it with `?api-version=2024-10-21`, "
                "or set `azure.api_version`"
            )
        return None

    @staticmethod
    def api_version(url: str, api_version: str | None) -> str | None:
        return api_version or dict(parse_qsl(urlsplit(url).query)).get("api-version")


OPENAI = _OpenAI(name="openai", label="OpenAI", default_url="https://api.openai.com/v1")
AZURE = _Azure(name="azure", label="Azure OpenAI", key_header="api-key", key_scheme="", keeps_tool_choice=True)
OTHER = Provider(name="other", label="Other (OpenAI-compatible service)", reports_stream_usage=False)

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


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """`url` with those parameters of `query` that it does not name itself."""
    parts = urlsplit(url)
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    missing = urlencode({name: value for name, value in query.items() if name not in named})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, missing)))))

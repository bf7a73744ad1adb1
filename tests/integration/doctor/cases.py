"""One fault that the doctor is to find: the world in which it happens, the stage it belongs to, and the fix."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectory import Connection
from connectory.dialects import own
from connectory.engine.diagnosis import Asked, State
from connectory.network_policy import NetworkPolicy
from tests.upstream import OpenAIService, Pki, RotatingTokenFile, TokenExchange, Upstream, running

KEY = "sk-planted-0123456789abcdef"
WORD = "planted-word-0123456789abcdef"
SUBJECT = "planted-subject-0123456789abcdef"
PLANTED = (KEY, WORD, SUBJECT)

NOTHING = Asked()

Find = Callable[[], Connection]


@dataclass(frozen=True, slots=True)
class Place:
    """What worlds are made of: certificates, and a folder."""

    pki: Pki
    folder: Path


World = Callable[[Place], AbstractContextManager[Find]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`seen` and `fix` are words that the stage must say; `state` is how it went."""

    name: str
    world: World
    stage: str
    fix: str
    seen: str = ""
    state: State = State.FAILED
    asked: Asked = NOTHING

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def found(document: dict[str, Any], **rules: Any) -> Find:
    """What finds the connection that a document describes, under these rules of an operator."""

    def find() -> Connection:
        connection = own.read("it", document, source="a test")
        return dataclasses.replace(connection, network_policy=NetworkPolicy(**rules))

    return find


def document(url: str, **more: Any) -> dict[str, Any]:
    """A connection with planted secrets, that waits for nothing long."""
    return {
        "provider": "other",
        "url": f"{url}/v1",
        "model": "gpt-test",
        "credential": {"api_key": KEY},
        "client": {"timeout": 0.7},
        **more,
    }


def documented(url: str, *, rules: dict[str, Any] | None = None, **more: Any) -> World:
    """A world with nobody in it."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        yield found(document(url, **more), **(rules or {}))

    return world


def served(*, provider: str = "other", path: str = "/v1", model: str = "gpt-test", fault: str | None = None) -> World:
    """A service without TLS, whose every answer has a fault, or one that the model of a request asks for."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        with running(OpenAIService(keys={KEY}, fault=fault)) as upstream:
            yield found({**document(upstream.url, provider=provider, model=model), "url": f"{upstream.url}{path}"})

    return world


@dataclass(frozen=True, slots=True)
class Identity:
    """A pod's identity: where its tokens are exchanged, the file with its own token, and a service that takes both."""

    exchange: TokenExchange
    at: Upstream
    file: RotatingTokenFile
    service: Upstream

    def document(self, **credential: Any) -> dict[str, Any]:
        return {
            "url": f"{self.service.url}/v1",
            "client": {"max_retries": 0, "timeout": 2},
            "credential": {
                "kind": "workload_identity",
                "identity_provider_id": "idp-123",
                "service_account_id": "sa-456",
                "source": {"kind": "kubernetes", "token_file_path": str(self.file.path)},
                "exchange_url": f"{self.at.url}/oauth/token",
                **credential,
            },
        }


@contextlib.contextmanager
def identity(place: Place, **exchange_at: Any) -> Iterator[Identity]:
    """Everything in order; `exchange_at` is how the exchange is served (`tls`)."""
    exchange = TokenExchange(subject_tokens={SUBJECT}, identity_provider_id="idp-123", service_account_id="sa-456")
    file = RotatingTokenFile(place.folder / "token")
    file.rotate(SUBJECT)
    with (
        running(exchange, **exchange_at) as at,
        running(OpenAIService(keys=exchange.tokens)) as service,
    ):
        yield Identity(exchange, at, file, service)

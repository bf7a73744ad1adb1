"""A place where tokens are exchanged, and a service that takes those and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectory import Connection
from connectory.dialects import own
from tests.upstream import OpenAIService, RotatingTokenFile, TokenExchange, Upstream, running


@dataclass(frozen=True, slots=True)
class Place:
    """A token service and where it listens."""

    app: TokenExchange
    at: Upstream

    @property
    def url(self) -> str:
        return f"{self.at.url}/oauth/token"

    @property
    def exchanges(self) -> int:
        return len(self.at.requests)


@pytest.fixture
def subject_tokens() -> set[str]:
    return {"subject-1"}


@pytest.fixture
def place(subject_tokens: set[str]) -> Iterator[Place]:
    app = TokenExchange(subject_tokens=subject_tokens, identity_provider_id="idp-123", service_account_id="sa-456")
    with running(app) as upstream:
        yield Place(app, upstream)


@pytest.fixture
def service(place: Place) -> Iterator[Upstream]:
    with running(OpenAIService(keys=place.app.tokens)) as upstream:
        yield upstream


@pytest.fixture
def token_file(tmp_path: Path) -> RotatingTokenFile:
    file = RotatingTokenFile(tmp_path / "serviceaccount")
    file.rotate("subject-1")
    return file


@pytest.fixture
def document(service: Upstream, place: Place, token_file: RotatingTokenFile) -> dict[str, Any]:
    return {
        "url": f"{service.url}/v1",
        "model": "gpt-test",
        "credential": {
            "kind": "workload_identity",
            "identity_provider_id": "idp-123",
            "service_account_id": "sa-456",
            "source": {"kind": "kubernetes", "token_file_path": str(token_file.path)},
            "exchange_url": place.url,
        },
    }


@pytest.fixture
def connection(document: dict[str, Any]) -> Connection:
    return own.read("it", document)

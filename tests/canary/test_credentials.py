"""Planted secrets come out nowhere: no message, repr, log, traceback, event, `list` or `show`, for every kind."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectory import Connection
from connectory.credential import IdentityEndpoints
from connectory.credentials import CREDENTIALS
from connectory.dialects import own
from connectory.dialects.schema import configuration_schema
from connectory.engine.diagnosis import as_json
from connectory.engine.doctor import examine
from connectory.errors import NetworkError, ServiceError
from connectory.subject_tokens import SOURCES
from tests.canary.telling import Everything, executed, said_by, streamed
from tests.upstream import (
    Answer,
    AzureMetadata,
    EntraService,
    GoogleMetadata,
    Pki,
    Received,
    TokenExchange,
    json_answer,
    running,
    scripted,
)
from tests.upstream.issued_tokens import IssuedTokens

CANARY = "canary-Zq7w0123456789abcdef"
IDS = {"identity_provider_id": "idp_test", "service_account_id": "sa_test"}


def subject_token() -> str:
    return f"{CANARY}-subject"


def failing() -> str:
    raise RuntimeError(f"the vault says {CANARY}-subject")


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if re.match(r"(?i).*_proxy$|ssl_cert_|connectory_|airflow_conn", name):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


GOSSIP = "refused, with everything repeated that was sent"


class Gossip:
    """A token service that, asked to, refuses with the words that it was sent."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, request: Received) -> Answer:
        if self._app.always != GOSSIP:
            answer: Answer = await self._app(request)
            return answer
        words = [*request.body.decode().split("&"), request.target]
        if request.body.startswith(b"{"):
            words = [str(value) for value in request.json().values()]
        return scripted.refused("invalid_grant", f"wrong: {' '.join(words)}")


class World:
    """Services that hand out planted tokens, and documents of every kind that hold planted secrets."""

    def __init__(self, folder: Path, pki: Pki, at: Callable[[Any], str]) -> None:
        self.exchange = TokenExchange(subject_tokens=lambda token: True)
        self.entra = EntraService(secrets={f"{CANARY}-secret"}, certificate=pki.client_rsa.certificate)
        self.metadata = AzureMetadata(), GoogleMetadata()
        for app in (self.exchange, self.entra, *self.metadata):
            app.tokens = IssuedTokens(f"{CANARY}-token-")
        self.answers: list[Answer] = []
        self.gossips = False
        self.token_file = folder / "token"
        self.token_file.write_text(f"{CANARY}-subject\n")
        self.exchange_url = f"{at(Gossip(self.exchange))}/oauth/token"
        self.authority = at(Gossip(self.entra))
        azure, google = (at(Gossip(app)) for app in self.metadata)
        self.endpoints = IdentityEndpoints(azure_metadata_url=azure, gcp_metadata_url=google)
        self.url = at(self.answer)
        self.pki = pki

    async def answer(self, request: Received) -> Answer:
        if self.gossips:
            words = f"wrong: {request.header('authorization')} {request.header('api-key')}"
            return json_answer({"error": {"message": words, "code": words}}, status=401)
        if self.answers:
            return self.answers[0]
        return json_answer({"object": "list", "data": [{"id": "m"}], "choices": [], "usage": None})

    def documents(self) -> dict[str, dict[str, Any]]:
        pem = self.pki.client_rsa.chain_pem + self.pki.client_rsa.key_pem
        exchanged = {"kind": "workload_identity", **IDS, "exchange_url": self.exchange_url}
        entra = {"kind": "entra", "authority": self.authority, "tenant_id": "tenant-test", "client_id": "client-test"}
        sources: dict[str, dict[str, Any]] = {
            "kubernetes": {"token_file_path": str(self.token_file)},
            "azure": {},
            "gcp": {},
            "custom": {"token_provider": f"{__name__}.subject_token"},
        }
        assert sources.keys() == set(SOURCES.names)
        kinds: dict[str, list[dict[str, Any]]] = {
            "api_key": [{"api_key": f"{CANARY}-key"}],
            "none": [{"kind": "none"}],
            "workload_identity": [
                {**exchanged, "source": {"kind": kind, **settings}} for kind, settings in sources.items()
            ],
            "x509_workload_identity": [
                {"kind": "x509_workload_identity", **IDS, "exchange_url": "https://127.0.0.1:9/"}
            ],
            "entra": [
                {**entra, "client_secret": f"{CANARY}-secret"},
                {**entra, "client_certificate": pem},
                {"kind": "entra", "managed_identity": True},
            ],
        }
        assert kinds.keys() == set(CREDENTIALS.names)
        return {
            f"{kind}-{number}": self._document(kind, credential)
            for kind, credentials in kinds.items()
            for number, credential in enumerate(credentials)
        }

    def _document(self, kind: str, credential: dict[str, Any]) -> dict[str, Any]:
        provider = {"entra": "azure", "x509_workload_identity": "openai"}.get(kind, "other")
        document: dict[str, Any] = {
            "provider": provider,
            "url": f"{self.url}/openai/v1",
            "model": "m",
            "credential": credential,
            "headers": {"X-Secret": {"secret": f"{CANARY}-header"}},
            "client": {"max_retries": 0},
        }
        if provider != "azure":
            proof = {"certificate": self.pki.client_rsa.chain_pem, "private_key": self.pki.client_rsa.key_pem}
            document["tls"] = proof
        if provider == "openai":
            document["url"] = "https://127.0.0.1:9/v1"
        return document

    def connections(self) -> Iterator[Connection]:
        for id, document in self.documents().items():
            yield dataclasses.replace(own.read(id, document), identity_endpoints=self.endpoints)


@pytest.fixture
def world(tmp_path: Path, pki: Pki) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        yield World(tmp_path, pki, lambda app: stack.enter_context(running(app)).url)


@pytest.fixture
def forbidden(pki: Pki) -> list[str]:
    """What may stand nowhere: the canary, and no line of a private key, in PEM or in base64."""
    lines = [line for line in pki.client_rsa.key_pem.splitlines() if not line.startswith("-----")]
    return [CANARY, *lines, base64.b64encode(pki.client_rsa.key_pem.encode()).decode()[200:260]]


FAULTS: dict[str, Any] = {
    "nothing": None,
    GOSSIP: GOSSIP,
    "500": scripted.status(500),
    "html": scripted.html(),
    "empty": scripted.empty(),
    "wrong type": scripted.having(expires_in="3600"),
    "closed": scripted.closed(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_secrets_come_out_nowhere(world: World, log: Everything, forbidden: list[str], fault: str) -> None:
    for app in (world.exchange, world.entra, *world.metadata):
        app.always = FAULTS[fault]
    told = {connection.id: list(said_by(connection)) for connection in world.connections()}
    found = [
        (id, text)
        for id, texts in [*told.items(), ("log", log.said)]
        for text in texts
        if any(word in text for word in forbidden)
    ]
    assert found == []


def test_secrets_come_out_of_no_service_that_refuses_them(world: World, log: Everything, forbidden: list[str]) -> None:
    world.answers = [json_answer({"error": {"message": "no"}}, status=401)]
    told = [text for connection in world.connections() for text in said_by(connection)]
    assert [text for text in [*told, *log.said] if any(word in text for word in forbidden)] == []


def test_a_token_that_a_service_repeats_is_hidden(world: World, forbidden: list[str]) -> None:
    world.gossips = True
    told = []
    for connection in world.connections():
        told.append(json.dumps(as_json(examine(connection.id, lambda connection=connection: connection))))  # type: ignore[misc]
        for attempt in (executed, streamed):
            with contextlib.suppress(NetworkError):
                told.append(_error_of(attempt, connection))
    assert [text for text in told if any(word in text for word in forbidden)] == []


def _error_of(attempt: Callable[[Connection, Callable[[Any], None]], None], connection: Connection) -> str:
    try:
        attempt(connection, lambda event: None)
    except ServiceError as error:
        return f"{error!s}{error!r}{vars(error)}"
    return ""


def test_what_a_providers_own_code_raises_is_not_repeated(world: World, forbidden: list[str]) -> None:
    document = world.documents()["workload_identity-0"]
    document["credential"]["source"] = {"kind": "custom", "token_provider": f"{__name__}.failing"}
    told = list(said_by(own.read("it", document)))
    assert [text for text in told if any(word in text for word in forbidden)] == []


def test_wrong_documents_repeat_no_secret(world: World, forbidden: list[str]) -> None:
    from connectory.errors import DocumentError

    told = []
    for id, document in world.documents().items():
        for wrong in ({"provider": "azure"}, {"provider": "openai"}, {"modle": "x"}, {"url": "h"}):
            try:
                own.read(id, {**document, **wrong})
            except DocumentError as error:
                told.append("".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)))
    assert told
    assert [text for text in told if any(word in text for word in forbidden)] == []
    assert CANARY not in json.dumps(configuration_schema())

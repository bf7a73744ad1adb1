"""One connection leaves the same way by every path: clients, executions, and the exchange of its tokens."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import pytest

from connectory import Connection
from connectory.catalog import Catalog
from connectory.engine.doctor import examine
from tests.integration.network.paths import PATHS, port_of
from tests.integration.network.ways import DIRECT, PROXY, TLS_PROXY, WAYS, Way
from tests.upstream import (
    OpenAIService,
    Pki,
    RecordingProxy,
    RotatingTokenFile,
    TokenExchange,
    Upstream,
    running,
    running_proxy,
    tls_server,
)

Sends = Callable[[Connection], object]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def proxies(pki: Pki) -> Iterator[dict[str, RecordingProxy]]:
    with running_proxy() as plain, running_proxy(tls=tls_server(pki.server)) as with_tls:
        yield {PROXY: plain, TLS_PROXY: with_tls}


@dataclass(frozen=True, slots=True)
class Far:
    """Where requests go in the end."""

    service: Upstream
    exchange: Upstream

    def at(self, way: Way) -> tuple[str, str]:
        """The URLs of both, by the host that a way names."""
        service, exchange = (f"{way.scheme}://{way.host}:{port_of(each)}" for each in (self.service, self.exchange))
        return service, exchange


@pytest.fixture
def far(pki: Pki) -> Iterator[dict[str, Far]]:
    app = TokenExchange(subject_tokens={"subject-1"}, identity_provider_id="idp-123")
    api = OpenAIService(keys=app.tokens)
    tls = tls_server(pki.server)
    with (
        running(api, tls=tls) as service,
        running(app, tls=tls) as exchange,
        running(api) as plain,
        running(app) as place,
    ):
        yield {"https": Far(service, exchange), "http": Far(plain, place)}


def _examined(connection: Connection) -> None:
    assert examine("it", lambda: connection).failed is None


ALL_PATHS: dict[str, Sends] = {**PATHS, "doctor": _examined}


@pytest.mark.parametrize("path", ALL_PATHS)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_path_leaves_the_same_way(
    way: Way,
    path: str,
    pki: Pki,
    proxies: dict[str, RecordingProxy],
    far: dict[str, Far],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, exchange = far[way.scheme].at(way)
    ca = tmp_path / "ca.pem"
    ca.write_text(pki.root.pem)
    filled = {
        "proxy": proxies[PROXY].url,
        "proxy_at": urlsplit(proxies[PROXY].url).netloc,
        "tls_proxy": proxies[TLS_PROXY].url,
        "service": service,
        "exchange": exchange,
        "ca": str(ca),
    }
    environ = {key: Template(value).substitute(filled) for key, value in way.environ.items()}
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    ALL_PATHS[path](_found(way, filled, tmp_path))
    asked = {name: each.requests for name, each in proxies.items()}
    assert {name for name, requests in asked.items() if requests} == {way.takes} - {DIRECT}
    for requests in asked.values():
        for request in requests:
            assert {name: request.header(name) for name in way.sends} == way.sends
    expected = [] if way.takes == DIRECT else _asked_for(way, service, exchange, path)
    assert sorted({(each.method, each.target) for requests in asked.values() for each in requests}) == sorted(expected)


def _found(way: Way, filled: dict[str, str], folder: Path) -> Connection:
    """The connection with an identity of its own (a file of its own), so that every path has to have a token."""
    token = RotatingTokenFile(folder / "token")
    token.rotate("subject-1")
    connection = {
        "provider": "other",
        "url": f"{filled['service']}/v1",
        "model": "gpt-test",
        "network": {key: Template(value).substitute(filled) for key, value in way.network.items()},
        "credential": {
            "kind": "workload_identity",
            "identity_provider_id": "idp-123",
            "service_account_id": "sa_test",
            "source": {"kind": "kubernetes", "token_file_path": str(token.path)},
            "exchange_url": f"{filled['exchange']}/oauth/token",
        },
    }
    trust = f"connectory.network.ca: {{file: {filled['ca']}}}\n" if way.trusted and way.scheme == "https" else ""
    rules = Template(textwrap.dedent(way.rules)).substitute(filled)
    file = folder / "connectory.yml"
    file.write_text(f"{trust}{rules}\nconnectory.connections: {json.dumps({'it': connection})}\n")
    return Catalog.open(config=file).find("it")


def _asked_for(way: Way, service: str, exchange: str, path: str) -> list[tuple[str, str]]:
    ports = [urlsplit(url).port for url in (service, exchange)]
    if way.scheme == "https":
        return [("CONNECT", f"{way.asks}:{port}") for port in ports]
    asked = ("GET", "/v1/models") if path == "doctor" else ("POST", "/v1/chat/completions")
    return [
        (method, f"http://{way.asks}:{port}{where}")
        for port, (method, where) in zip(ports, (asked, ("POST", "/oauth/token")), strict=True)
    ]

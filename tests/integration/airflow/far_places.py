"""OpenAI, its exchange, some services and the clouds' metadata, on loopback under their own names.

A proxy of the environment leads to them, so a connection is used as it stands, and what it would have sent to whom is
seen. The metadata services are reached directly, and the configuration says where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.integration.identity.script import Script
from tests.upstream import Identity, Pki, Received, certificates, running, running_proxy, tls_server

SERVICES = (
    "api.openai.com",
    "eu.api.openai.com",
    "mtls.api.openai.com",
    "r.openai.azure.com",
    "h",
    "host",
    "other",
    "api.example.com",
)
EXCHANGES = ("auth.openai.com", "mtls.auth.openai.com")
_CASES_PORT = 8080
_SHOWN = ("authorization", "api-key")


@dataclass(frozen=True, slots=True)
class FarPlaces:
    """The services of one case, and the variables by which a task finds them."""

    api: Script
    exchange: Script
    metadata: Script
    environment: dict[str, str]

    def seen(self) -> dict[str, Any]:
        """What came to them, as far as cases speak of it; nothing of those to which nothing came."""
        told = {
            "api": [_call(request) for request in self.api.requests],
            "exchange": [{"url": _url(request), "json": request.json()} for request in self.exchange.requests],
            "metadata": [_question(request) for request in self.metadata.requests],
        }
        return {name: requests for name, requests in told.items() if requests}

    @property
    def pauses(self) -> list[float]:
        """Seconds between the exchanges."""
        return [later - earlier for earlier, later in pairwise(self.exchange.arrivals)]


Far = Callable[[dict[str, Any]], AbstractContextManager[FarPlaces]]
"""The fixture `far`: what a case is `given` makes its places."""


def certificate_of_all(pki: Pki) -> Identity:
    return certificates.server("far", *SERVICES, *EXCHANGES, issuer=pki.root)


@contextmanager
def far_places(given: dict[str, Any], *, pki: Pki, server: Identity, folder: Path) -> Iterator[FarPlaces]:
    prefix = "xt" if "x509" in json.dumps(given.get("connection")) else "at"
    api = Script(given.get("api") or [{"status": 200}], lambda _: {"object": "list", "data": []})
    exchange = Script(
        given.get("exchange") or [{"status": 200}],
        lambda number: {"access_token": f"{prefix}-{number}", "expires_in": 3600},
    )
    metadata = Script([given.get("response") or {"status": 200}], lambda _: {"access_token": "subject"})
    with ExitStack() as stack:
        tls = tls_server(server)
        apis, exchanges = (stack.enter_context(running(app, tls=tls)).url for app in (api, exchange))
        routes = {f"{host}:{port}": _where(apis) for host in SERVICES for port in (443, _CASES_PORT)}
        routes |= {f"{host}:443": _where(exchanges) for host in EXCHANGES}
        proxy = stack.enter_context(running_proxy(routes=routes))
        clouds = stack.enter_context(running(metadata)).url
        environment = {
            "HTTPS_PROXY": proxy.url,
            "SSL_CERT_FILE": str(_written(folder / "ca.pem", pki.root.pem)),
            "CONNECTORY_HOME": str(folder),
            "CONNECTORY_CONFIG": str(_written(folder / "far.yml", _pointing_at(clouds))),
        }
        yield FarPlaces(api, exchange, metadata, environment)


def _pointing_at(metadata: str) -> str:
    identity = {"azure_metadata_url": metadata, "gcp_metadata_url": metadata}
    return json.dumps({"connectory": {"workload_identity": identity}})


def _written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _where(url: str) -> str:
    return url.removeprefix("https://")


def _url(request: Received) -> str:
    return f"https://{request.header('host')}{request.target}"


def _call(request: Received) -> dict[str, Any]:
    return {"url": _url(request), **{name: value for name in _SHOWN if (value := request.header(name))}}


def _question(request: Received) -> dict[str, Any]:
    headers = {name: value for name in ("metadata", "metadata-flavor") if (value := request.header(name))}
    return {"path": request.path, "params": dict(parse_qsl(request.query)), "headers": headers}

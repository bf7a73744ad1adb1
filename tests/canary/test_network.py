"""Planted words for proxies come out nowhere, whoever has written them and whatever goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectory.catalog import Catalog
from connectory.errors import DocumentError
from connectory.explaining import explained
from tests.canary.telling import Everything, said_by
from tests.upstream import OpenAIService, Pki, raw, running, running_proxy, tls_server

CANARY = "canary-Zq7w0123456789abcdef"

RULES = {
    "in the URL": f"xpack.actions.proxyUrl: http://{CANARY}-user:{CANARY}-word@$at",
    "beside it": f"""
xpack.actions.proxyUrl: $scheme://$at
connectory.network: {{proxy_username: {CANARY}-user, proxy_password: {CANARY}-word}}
""",
    "in a header": f"""
xpack.actions: {{proxyUrl: $scheme://$at, proxyHeaders: {{Proxy-Authorization: "Basic {CANARY}", X-Api-Key: {CANARY}}}}}
""",
    "in the connection": "",
    "in a variable": "",
}
OF_CONNECTION = {"proxy_username": f"{CANARY}-user", "proxy_password": f"{CANARY}-word"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(params=["good", "refusing", "forbidding", "hanging up", "absent", "with TLS"])
def proxy(request: pytest.FixtureRequest, pki: Pki) -> Iterator[str]:
    """The URL of a proxy, that works or does not."""
    forbids = raw.answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    match request.param:
        case "good":
            with running_proxy() as found:
                yield found.url
        case "refusing":
            with running_proxy(username="me", password="another") as found:
                yield found.url
        case "forbidding" | "hanging up":
            with raw.listening(forbids if request.param == "forbidding" else raw.hanging_up) as port:
                yield f"http://127.0.0.1:{port}"
        case "absent":
            yield "http://127.0.0.1:1"
        case "with TLS":
            with running_proxy(tls=tls_server(pki.server)) as found:
                yield found.url


@pytest.mark.parametrize("where", RULES)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_words_for_a_proxy_come_out_nowhere(
    where: str, scheme: str, proxy: str, pki: Pki, log: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(proxy)
    environ = {"CONNECTORY_HOME": str(tmp_path), "CONNECTORY_CONFIG": str(tmp_path / "connectory.yml")}
    if where == "in a variable":
        environ |= {f"{scheme}_proxy": f"{parts.scheme}://{CANARY}-user:{CANARY}-word@{parts.netloc}"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with running(OpenAIService(keys={"key"}), tls=tls_server(pki.server) if scheme == "https" else None) as service:
        network = {"proxy": proxy, **OF_CONNECTION} if where == "in the connection" else {}
        document = {
            "provider": "other",
            "url": f"{service.url}/v1",
            "credential": {"api_key": "key"},
            "network": network,
            "client": {"timeout": 2, "max_retries": 0},
        }
        rules = RULES[where].replace("$at", parts.netloc).replace("$scheme", parts.scheme)
        (tmp_path / "connectory.yml").write_text(f"{rules}\nconnectory.connections: {json.dumps({'it': document})}\n")
        catalog = Catalog.open(environ)
        told = [*said_by(catalog.find("it")), repr(explained(catalog, "it")), repr(catalog.entries())]
    assert [text for text in [*told, *log.said] if CANARY in text] == []


@pytest.mark.parametrize(
    "url", ["socks5://$words@proxy:1080", "http://$words@proxy:99999", "http://$words@:80", "$words@x"]
)
def test_words_in_a_proxy_that_is_of_no_use_come_out_nowhere(url: str, tmp_path: Path) -> None:
    words = url.replace("$words", f"{CANARY}-user:{CANARY}-word")
    (tmp_path / "connectory.yml").write_text(f"xpack.actions.proxyUrl: {words}\n")
    environ = {"CONNECTORY_HOME": str(tmp_path), "CONNECTORY_CONFIG": str(tmp_path / "connectory.yml")}
    with pytest.raises(DocumentError) as caught:
        Catalog.open(environ)
    assert CANARY not in str(caught.value) + repr(vars(caught.value))

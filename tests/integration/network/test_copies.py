"""Copies of a client that go elsewhere: by the way that the rules want there, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory import connect
from connectory.errors import CallerError
from tests.upstream import OpenAIService, Pki, Upstream, running, running_proxy, tls_server

KEY, OTHER = "sk-first-0123456789", "sk-other-0123456789"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def other(pki: Pki) -> Iterator[Upstream]:
    """A service whose certificate nobody here trusts."""
    with running(OpenAIService(keys={OTHER}), tls=tls_server(pki.server)) as upstream:
        yield upstream


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, rules: str, url: str) -> None:
    connection = f"connectory.connections.first: {{provider: other, url: '{url}/v1', credential: {{api_key: {KEY}}}}}\n"
    (folder / "connectory.yml").write_text(rules + connection)
    monkeypatch.setenv("CONNECTORY_CONFIG", str(folder / "connectory.yml"))
    monkeypatch.setenv("CONNECTORY_HOME", str(folder))


def test_trust_in_one_host_is_not_taken_to_another(
    pki: Pki, other: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(OpenAIService(keys={KEY}), tls=tls_server(pki.server)) as first:
        rules = f"xpack.actions.customHostSettings: [{{url: '{first.url}', ssl: {{verificationMode: none}}}}]\n"
        write(tmp_path, monkeypatch, rules, first.url)
        with connect("first") as client:
            assert client.models.list().data
            with pytest.raises(CallerError, match=r"make one that does, by `connect\('first', base_url=...\)`"):
                client.with_options(base_url=f"{other.url}/v1", api_key=OTHER).models.list()
    assert other.connections == 0


def test_host_that_goes_past_the_proxy_is_not_reached_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(OpenAIService(keys={KEY, OTHER})) as service, running_proxy() as proxy:
        rules = f"xpack.actions: {{proxyUrl: '{proxy.url}', proxyBypassHosts: [localhost]}}\n"
        write(tmp_path, monkeypatch, rules, service.url)
        elsewhere = service.url.replace("127.0.0.1", "localhost") + "/v1"
        with connect("first") as client:
            assert client.models.list().data
            asked = len(proxy.requests)
            with pytest.raises(CallerError, match=r"does not go the way that the rules want"):
                client.with_options(base_url=elsewhere, api_key=OTHER).models.list()
        with connect("first", base_url=elsewhere, api_key=OTHER) as client:
            assert client.models.list().data
        assert len(proxy.requests) == asked


def test_copy_that_goes_the_same_way_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(OpenAIService(keys={KEY, OTHER})) as service:
        write(tmp_path, monkeypatch, "", service.url)
        with connect("first") as client:
            elsewhere = service.url.replace("127.0.0.1", "localhost") + "/v1"
            assert client.with_options(base_url=elsewhere, api_key=OTHER).models.list().data

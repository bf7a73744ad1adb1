"""Kept secrets go with a connection as long as they go where they went."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.kept import Place
from connectory.keeping.binding import moved, without_moved
from connectory.secret import Secret

KEY = ("credential", "api_key")


def connection(**document: Any) -> Connection:
    return own.read("c", {"provider": "other", "url": "https://a/v1", "credential": {"api_key": "k"}, **document})


def identity(**source: Any) -> dict[str, Any]:
    ids = {"identity_provider_id": "i", "service_account_id": "s"}
    return {"credential": {"kind": "workload_identity", **ids, "source": source}}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "https://b/v1"}, "url"),
        ({"url": "http://a/v1"}, "url"),
        ({"url": "https://a:8443/v1"}, "url"),
        ({"network": {"proxy": "http://p:3128"}}, "network.proxy"),
        ({"tls": {"verification": "none"}}, "tls.verification"),
        ({"tls": {"ca_mode": "add"}}, "tls.ca_mode"),
        ({"tls": {"ca": {"file": "/ca.pem"}}}, "tls.ca"),
        ({"client": {"websocket_base_url": "wss://b"}}, "client.websocket_base_url"),
        ({"headers": {"host": "b"}}, "headers.Host"),
        ({"client": {"default_headers": {"Host": "b"}}}, "client.default_headers.Host"),
    ],
)
def test_another_way_is_told(change: dict[str, Any], path: str) -> None:
    assert moved(connection(), connection(**change)) == [path]


@pytest.mark.parametrize(
    "change",
    [{"url": "https://a/other"}, {"model": "m"}, {"headers": {"X": "y"}}, {"client": {"timeout": 1}}, {"name": "n"}],
)
def test_other_changes_move_nothing(change: dict[str, Any]) -> None:
    assert moved(connection(), connection(**change)) == []


def test_another_source_of_tokens_or_place_of_exchange_is_told() -> None:
    before = connection(**identity(kind="gcp", audience="a"))
    assert moved(before, connection(**identity(kind="gcp", audience="b"))) == ["credential.source"]
    assert moved(before, connection(**identity(kind="azure"))) == ["credential.source"]
    elsewhere = identity(kind="gcp", audience="a")
    elsewhere["credential"]["exchange_url"] = "https://x/token"
    assert moved(before, connection(**elsewhere)) == ["credential.exchange_url"]


def test_secrets_that_would_go_elsewhere_are_missing_unless_they_are_given_again() -> None:
    secrets: dict[Place, Secret] = {
        KEY: Secret("new"),
        ("headers", "X-Api-Key"): Secret("old"),
        ("tls", "ca"): Secret("pem"),
    }
    assert without_moved(secrets, connection(), connection(url="https://b/v1"), given=[KEY]) == {
        KEY: Secret("new"),
        ("headers", "X-Api-Key"): Secret.missing(),
        ("tls", "ca"): Secret("pem"),
    }


def test_a_certificate_stays_only_without_its_key() -> None:
    place, pem = ("tls", "certificate"), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
    for text, kept in ((pem, True), (f"{pem}-----BEGIN PRIVATE KEY-----\ny\n", False)):
        [secret] = without_moved({place: Secret(text)}, connection(), connection(url="https://b"), given=[]).values()
        assert (secret == Secret(text)) is kept
    client = ("credential", "client_certificate")
    assert without_moved({client: Secret("pem")}, connection(), connection(url="https://b"), given=[]) == {
        client: Secret.missing()
    }


def test_secrets_stay_where_nothing_moved() -> None:
    assert without_moved({KEY: Secret("k")}, connection(), connection(model="m"), given=[]) == {KEY: Secret("k")}

"""A user name and password in a connection's URL: they become a header that nobody sees."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from connectory.catalog import Entry
from connectory.cli import connection_view as view
from connectory.connection import Connection
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects import airflow, kibana, own
from connectory.dialects.model_table import shipped_table
from connectory.secret import Secret
from tests.unit.problems import problems

CANARY = "canary/0c4a:9a2e"
URL = "https://us%40er:canary%2F0c4a%3A9a2e@h/v1"
BASIC = Secret("Basic " + base64.b64encode(f"us@er:{CANARY}".encode()).decode())
REFUSED = "holds a user name or password, which is no place for a credential"


def read(**document: Any) -> Connection:
    return own.read("c", document)


def warnings(connection: Connection) -> list[str]:
    return [str(warning) for warning in connection.warnings]


def test_they_become_the_header_that_clients_make_of_them() -> None:
    connection = read(url=URL, credential={"kind": "none"})
    assert (connection.url, connection.headers, connection.warnings) == ("https://h/v1", {"Authorization": BASIC}, ())


@pytest.mark.parametrize(
    ("user_info", "sent"),
    [("user", "user:"), ("user:", "user:"), (":word", ":word"), ("u:p:q", "u:p:q"), ("%C3%BC:p", "ü:p"), ("", None)],
)
def test_every_form_of_them_is_sent_as_clients_send_it(user_info: str, sent: str | None) -> None:
    headers = read(url=f"https://{user_info}@h/v1", credential={"kind": "none"}).headers
    expected = sent and Secret("Basic " + base64.b64encode(sent.encode()).decode())
    assert headers == ({"Authorization": expected} if expected else {})


def test_the_rest_of_the_url_stays_as_it_was() -> None:
    url = "https://u:p@h:8443//openai/deployments/d?api-version=v&"
    connection = read(provider="azure", url=url, credential={"api_key": "k"})
    assert connection.url == "https://h:8443//openai/deployments/d?api-version=v&"
    assert connection.own_headers() == {"Authorization": Secret("Basic dTpw")}


def test_other_headers_stay_beside_them() -> None:
    connection = read(url="https://u:p@h/v1", headers={"X": "a"}, credential={"kind": "none"})
    assert connection.headers == {"X": "a", "Authorization": Secret("Basic dTpw")}


def test_nobody_sees_them() -> None:
    connection = read(url=URL, credential={"kind": "none"}, endpoint=URL.replace("v1", "generate"))
    entry = Entry(id="c", source="here", connection=connection)
    told = [
        view.as_json(connection, shipped_table()),
        [*view.lines(connection)],
        view.listed_as_json(entry, shipped_table()),
        view.row(entry),
    ]
    shown = [repr(connection), str(connection), *map(json.dumps, told), *view.below_row(entry)]
    assert not [text for text in shown if "canary" in text or "0c4a" in text or BASIC.reveal() in text]


def test_what_is_written_reads_as_the_same() -> None:
    connection = read(url=URL, credential={"kind": "none"})
    assert own.read("c", own.write(connection)) == connection


@pytest.mark.parametrize("provider", ["openai", "other"])
def test_where_the_key_takes_their_header_a_warning_says_so(provider: str) -> None:
    connection = read(provider=provider, url=URL, credential={"api_key": "k"})
    assert connection.own_headers() == {}
    assert warnings(connection) == [
        "url: holds a user name or password that is never sent: "
        "the credential goes out as `Authorization`, where it would stand"
    ]


def test_a_header_of_that_name_wins_with_a_warning() -> None:
    connection = read(url=URL, credential={"kind": "none"}, headers={"authorization": "Basic x"})
    assert connection.headers == {"authorization": Secret("Basic x")}
    assert warnings(connection) == [
        "url: holds a user name or password that is never sent: `headers` has an `Authorization` of its own"
    ]


def test_so_does_one_among_the_clients_arguments() -> None:
    client = {"base_url": URL, "default_headers": {"Authorization": "Basic x"}}
    assert warnings(read(client=client, credential={"kind": "none"})) == [
        "client.base_url: holds a user name or password that is never sent: "
        "`client.default_headers` has an `Authorization` of its own"
    ]


def test_an_endpoint_may_repeat_them_and_has_none_of_its_own() -> None:
    credential = {"kind": "none"}
    connection = read(url=URL, endpoint="https://us%40er:canary%2f0c4a%3a9a2e@h/generate", credential=credential)
    assert connection.endpoint == "https://h/generate"
    document = {"url": URL, "endpoint": "https://canary:0c4a@h/generate", "credential": credential}
    assert problems(lambda: own.read("c", document)) == [("endpoint", REFUSED)]
    document = {"url": "https://h/v1", "endpoint": URL, "credential": credential}
    assert problems(lambda: own.read("c", document)) == [("endpoint", REFUSED)]


@pytest.mark.parametrize("credential", [None, {}, {"kind": "api_key"}])
def test_they_stand_for_the_key_of_another_service(credential: Any) -> None:
    connection = read(provider="other", url=URL, credential=credential)
    assert (connection.credential, connection.headers) == (NoCredential(), {"Authorization": BASIC})


@pytest.mark.parametrize(
    "document",
    [
        {"provider": "openai", "url": URL},
        {"provider": "other", "url": "https://@h/v1"},
        {"provider": "other", "url": URL, "headers": {"Authorization": "Basic x"}},
    ],
)
def test_and_of_no_other(document: dict[str, Any]) -> None:
    [(path, _)] = problems(lambda: own.read("c", document))
    assert path == "credential.api_key"


@pytest.mark.parametrize(
    "url",
    ["https://u:canary%@h", "https://u:canary%zz@h", "https://u:canary%ff@h"],
)
def test_what_is_badly_encoded_is_refused(url: str) -> None:
    assert problems(lambda: own.read("c", {"url": url, "credential": {"kind": "none"}})) == [
        ("url", "holds a user name or password with a percent escape that is none; `%` itself is written `%25`")
    ]


def test_other_urls_are_no_place_for_them() -> None:
    identity = {"kind": "workload_identity", "identity_provider_id": "i", "service_account_id": "s"}
    source = {"kind": "gcp", "audience": "a"}
    document = {
        "client": {"websocket_base_url": "wss://u:canary@h"},
        "credential": {**identity, "source": source, "exchange_url": "https://u:canary@h"},
    }
    assert sorted(problems(lambda: own.read("c", document))) == [
        ("client.websocket_base_url", REFUSED),
        ("credential.exchange_url", REFUSED),
    ]


def test_nor_is_that_of_an_identity_proven_by_a_certificate() -> None:
    credential = {"kind": "x509_workload_identity", "identity_provider_id": "i", "service_account_id": "s"}
    assert problems(lambda: own.read("c", {"url": URL, "credential": credential})) == [("url", REFUSED)]


# In foreign words


@pytest.mark.parametrize("key", ["", "password"])
def test_in_airflows_host(key: str) -> None:
    value = {"conn_type": "openai", "host": URL, "password": key, "extra": {"provider": "other"}}
    connection = airflow.read("c", value)
    assert (connection.url, connection.headers) == ("https://h/v1", {"Authorization": BASIC})
    assert connection.credential == (ApiKey(api_key=Secret(key)) if key else NoCredential())
    assert [warning.path for warning in connection.warnings] == (["host"] if key else [])


def test_in_the_url_of_airflows_client_arguments() -> None:
    extra = {"provider": "other", "openai_client_kwargs": {"base_url": URL}}
    connection = airflow.read("c", {"conn_type": "openai", "extra": extra})
    assert (connection.url, connection.credential, connection.headers["Authorization"]) == (
        "https://h/v1",
        NoCredential(),
        BASIC,
    )


def test_in_elastics_url_which_is_posted_to_as_it_stands() -> None:
    config = {"apiProvider": "Other", "apiUrl": URL.replace("v1", "generate"), "defaultModel": "m"}
    connection = kibana.read("c", {"name": "n", "actionTypeId": ".gen-ai", "config": config})
    assert (connection.url, connection.endpoint) == ("https://h/generate", "https://h/generate")
    assert (connection.credential, connection.headers) == (NoCredential(), {"Authorization": BASIC})


def test_beside_elastics_key_a_warning_says_that_they_are_not_sent() -> None:
    config = {"apiProvider": "OpenAI", "apiUrl": URL}
    entry = {"name": "n", "actionTypeId": ".gen-ai", "config": config, "secrets": {"apiKey": "k"}}
    assert [warning.path for warning in kibana.read("c", entry, default_model="m").warnings] == ["config.apiUrl"]

"""Our own document: what is left out, what is coerced, what wins, and what is written back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectory.connection import AzureSettings, ClientSettings, Connection
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.dialects import own
from connectory.errors import DocumentError, Problem
from connectory.provider import AZURE, OPENAI, OTHER
from connectory.secret import Secret
from connectory.transport import Timeouts
from tests.unit.problems import problems

KEY = {"credential": {"api_key": "k"}}


def read(**document: Any) -> Connection:
    return own.read("case", {**KEY, **document})


def connection(**settings: Any) -> Connection:
    given = {"name": "case", "url": "https://api.openai.com/v1", "credential": ApiKey(api_key=Secret("k"))}
    return Connection(id="case", **{**given, **settings})


def test_a_key_is_all_it_takes() -> None:
    assert own.read("case", KEY) == connection()


def test_everything_can_be_said() -> None:
    document = {
        "name": "Case",
        "description": "What for.",
        "labels": {"team": "a"},
        "provider": "azure",
        "url": "https://r.openai.azure.com/openai",
        "endpoint": "https://r.openai.azure.com/openai/x",
        "model": "m",
        "credential": {"kind": "api_key", "api_key": {"env": "KEY"}, "organization": "o", "project": "p"},
        "headers": {"X-Team": "a", "cookie": "c", "X-Kept": {"file": "/run/x"}, "X-Hidden": {"secret": "h"}},
        "azure": {"api_version": "V", "deployments": {"m": "d"}},
        "client": {
            "admin_api_key": {"file": "/run/admin"},
            "organization": "o2",
            "project": "p2",
            "webhook_secret": "w",
            "websocket_base_url": "wss://h/v1",
            "timeout": {"connect": 1, "read": None, "write": 2.5, "pool": 3},
            "max_retries": 0,
            "default_headers": {"Authorization": "Bearer t"},
            "default_query": {"a": [1, {"b": None}]},
            "_strict_response_validation": True,
        },
    }
    assert own.read("case", document, space="lab", source="here") == Connection(
        id="case",
        space="lab",
        source="here",
        name="Case",
        description="What for.",
        labels={"team": "a"},
        provider=AZURE,
        url="https://r.openai.azure.com/openai",
        endpoint="https://r.openai.azure.com/openai/x",
        model="m",
        credential=ApiKey(api_key=Secret.env("KEY"), organization="o", project="p"),
        headers={
            "X-Team": "a",
            "cookie": Secret("c"),
            "X-Kept": Secret.file("/run/x"),
            "X-Hidden": Secret("h"),
        },
        azure=AzureSettings(api_version="V", deployments={"m": "d"}),
        client=ClientSettings(
            admin_api_key=Secret.file("/run/admin"),
            organization="o2",
            project="p2",
            webhook_secret=Secret("w"),
            websocket_base_url="wss://h/v1",
            timeout=Timeouts(connect=1.0, read=None, write=2.5, pool=3.0),
            max_retries=0,
            default_headers={"Authorization": Secret("Bearer t")},
            default_query={"a": [1, {"b": None}]},
            _strict_response_validation=True,
        ),
    )


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    "key",
    [
        *("name", "description", "labels", "provider", "url", "endpoint", "model", "headers", "azure", "client"),
        *("tls", "network", "gateway"),
    ],
)
def test_null_and_empty_text_mean_that_a_key_was_left_out(key: str, nothing: Any) -> None:
    assert read(**{key: nothing}) == connection()


@pytest.mark.parametrize("nothing", [None, ""])
def test_inside_too(nothing: Any) -> None:
    given = read(
        labels={"a": nothing},
        headers={"X": nothing},
        azure={"api_version": nothing, "deployments": {"m": nothing}},
        client={"api_key": nothing, "base_url": nothing, "max_retries": nothing, "workload_identity": nothing},
        credential={"kind": nothing, "api_key": "k", "organization": nothing},
    )
    assert given == connection()


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_credential_that_is_left_out_is_an_api_key_that_is_missing(nothing: Any) -> None:
    assert [path for path, _ in problems(lambda: own.read("case", {"credential": nothing}))] == ["credential.api_key"]


def test_a_phase_of_the_timeout_with_nothing_in_it_is_left_out() -> None:
    timeout = {"connect": 1, "read": None, "write": 1, "pool": ""}
    [(path, message)] = problems(lambda: read(client={"timeout": timeout}))
    assert (path, message.partition(";")[0]) == ("client.timeout.pool", "is left out")


def test_a_timeout_of_more_than_a_year_is_refused() -> None:
    [(path, message)] = problems(lambda: read(client={"timeout": 1e10}))
    assert (path, message) == ("client.timeout", "must be 31,536,000 seconds (a year) at most; null means no limit")


def test_only_a_null_timeout_means_something_else() -> None:
    assert read(client={"timeout": None}) == connection(client=ClientSettings(timeout=Timeouts.all(None)))


def test_an_unknown_key_is_an_error_even_with_nothing_in_it() -> None:
    assert problems(lambda: read(modle=None)) == [("modle", "is no key that is known here; did you mean `model`?")]


@pytest.mark.parametrize(
    ("client", "settings"),
    [
        ({"timeout": "10"}, ClientSettings(timeout=Timeouts.all(10.0))),
        ({"timeout": 10}, ClientSettings(timeout=Timeouts.all(10.0))),
        ({"timeout": 0.5}, ClientSettings(timeout=Timeouts.all(0.5))),
        ({"max_retries": "3"}, ClientSettings(max_retries=3)),
        ({"max_retries": 3.0}, ClientSettings(max_retries=3)),
        ({"_strict_response_validation": "True"}, ClientSettings(_strict_response_validation=True)),
        ({"organization": " o "}, ClientSettings(organization="o")),
        ({"default_query": {"q": ""}}, ClientSettings(default_query={"q": ""})),
    ],
)
def test_values_are_coerced(client: dict[str, Any], settings: ClientSettings) -> None:
    assert read(client=client) == connection(client=settings)


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("X-Team", "  a ", "a"),
        ("X-Team", "a\tb", "a\tb"),
        ("Authorization", "x", Secret("x")),
        ("X-Team", "Bearer abc", Secret("Bearer abc")),
        ("X-Team", {"secret": " s "}, Secret("s")),
        ("X-Team", {"env": "NAME"}, Secret.env("NAME")),
        ("host", "h", "h"),
    ],
)
def test_headers_are_text_or_secrets(name: str, value: Any, read_as: Any) -> None:
    assert read(headers={name: value}).headers == {name: read_as}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"name": "\ud800"}, "name"),
        ({"labels": {"a": "\ud800"}}, "labels.a"),
        ({"labels": {"\ud800": "a"}}, "labels.(a key)"),
        ({"client": {"webhook_secret": "\ud800"}}, "client.webhook_secret"),
    ],
)
def test_half_a_character_is_no_text(document: dict[str, Any], path: str) -> None:
    assert problems(lambda: read(**document)) == [(path, "has half of a character in it, which nothing can print")]


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("trace", "1", "1"),
        ("trace", "sk-canary-0123", Secret("sk-canary-0123")),
        ("Api_Key", "x", Secret("x")),
        ("api-version", "2024-10-21", "2024-10-21"),
        ("key", 1, 1),
        ("key", ["a"], ["a"]),
        ("key", "", ""),
    ],
)
def test_parameters_of_the_query_that_are_credentials_are_secrets(name: str, value: Any, read_as: Any) -> None:
    assert read(client={"default_query": {name: value}}).client.default_query == {name: read_as}


@pytest.mark.parametrize("value", [["sk-canary-0123"], {"key": "canary"}, [{"a": {"token": "canary"}}]])
def test_a_key_inside_a_parameter_is_refused_for_it_could_not_be_hidden(value: Any) -> None:
    with pytest.raises(DocumentError) as caught:
        read(client={"default_query": {"filter": value}})
    [problem] = caught.value.problems
    assert (problem.path, "holds a key inside an object" in problem.message) == ("client.default_query.filter", True)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"name": "sk-proj-Canary0123456789"}, "name"),
        ({"description": "The key is sk-proj-Canary0123456789."}, "description"),
        ({"labels": {"a": "sk-proj-Canary0123456789"}}, "labels.a"),
        ({"url": "https://h/v1?x=sk-proj-Canary0123456789"}, "url"),
        ({"url": "https://h/v1", "endpoint": "https://h/sk-proj-Canary0123456789/x"}, "endpoint"),
        ({"client": {"websocket_base_url": "wss://h/v1?x=sk-proj-Canary0123456789"}}, "client.websocket_base_url"),
        ({"client": {"base_url": "https://h/v1?x=sk-proj-Canary0123456789"}}, "client.base_url"),
        ({"url": "https://h/v1?subscription-key=0123456789abcdef"}, "url"),
    ],
)
def test_a_key_in_what_anybody_sees_is_refused(document: dict[str, Any], path: str) -> None:
    message = "holds what looks like a key, and would be shown to anybody; a key belongs in `credential.api_key`"
    assert problems(lambda: read(**document)) == [(path, message)]


def test_words_that_keys_begin_with_are_words() -> None:
    given = read(name="Bearer tokens", description="Basic models for sk-production", labels={"tier": "basic one"})
    assert (given.name, given.labels) == ("Bearer tokens", {"tier": "basic one"})


def test_name_of_a_host_or_of_a_cluster_is_no_key() -> None:
    given = read(url="https://sk-bratislava-01.example.com/v1", labels={"cluster": "sk-cluster-eu1"})
    assert given.labels == {"cluster": "sk-cluster-eu1"}


def test_headers_that_stand_twice_are_told_beside_others_that_are_wrong() -> None:
    given = {"X-Team": "a", "x-team": "b", "X-Word": "wörd", "X-Null": None, "x-null": "c"}
    assert [path for path, _ in problems(lambda: read(headers=given))] == [
        "headers.X-Team",
        "headers.x-team",
        "headers.X-Word",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("max_retrys", "is no argument of the SDK's client; did you mean `max_retries`?"),
        ("Timeout", "is no argument of the SDK's client; did you mean `timeout`?"),
        ("basse_url", "is no argument of the SDK's client; did you mean `base_url`?"),
    ],
)
def test_an_argument_that_is_nearly_one_names_it(name: str, message: str) -> None:
    assert problems(lambda: read(client={name: 1})) == [(f"client.{name}", message)]


@pytest.mark.parametrize("value", [float("nan"), "\ud800", {"a": ["\ud800"]}, {1, 2}, b"x"])
def test_a_query_is_made_of_what_json_can_hold(value: Any) -> None:
    assert problems(lambda: read(client={"default_query": {"a": value}})) == [
        ("client.default_query", "must be made of what JSON can hold")
    ]


# ---- what wins


def test_the_clients_key_and_url_win() -> None:
    given = read(url="https://h/v1", client={"api_key": "client's", "base_url": "https://client/v1"})
    assert given == connection(url="https://client/v1", credential=ApiKey(api_key=Secret("client's")))


def test_the_clients_key_leaves_the_rest_of_the_credential() -> None:
    given = own.read("case", {"credential": {"organization": "o"}, "client": {"api_key": {"env": "KEY"}}})
    assert given.credential == ApiKey(api_key=Secret.env("KEY"), organization="o")


@pytest.mark.parametrize(
    ("residency", "url"),
    [("global", "https://api.openai.com/v1"), ("eu", "https://eu.api.openai.com/v1")],
)
def test_a_region_chooses_the_url_when_nothing_else_does(residency: str, url: str) -> None:
    assert read(client={"data_residency": residency}).url == url


@pytest.mark.parametrize("url", [{"url": "https://h/v1"}, {"client": {"base_url": "https://h/v1"}}])
def test_a_region_beside_a_url_is_an_error(url: dict[str, Any]) -> None:
    client = {"data_residency": "eu", **url.get("client", {})}
    path = "client.data_residency"
    assert problems(lambda: read(**{**url, "client": client})) == [
        (path, "chooses a URL, and this connection has one; leave one of the two out")
    ]


@pytest.mark.parametrize("endpoint", ["https://h/other", "https://H:443/other", "HTTPS://h/v1/generate"])
def test_an_endpoint_of_the_same_origin_is_taken(endpoint: str) -> None:
    assert read(url="https://h/v1", endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["https://g/v1", "http://h/v1", "https://h:8443/v1", "https://h.g/v1"])
def test_an_endpoint_of_another_origin_is_refused(endpoint: str) -> None:
    assert [path for path, _ in problems(lambda: read(url="https://h/v1", endpoint=endpoint))] == ["endpoint"]


def test_a_service_without_a_credential_is_asked_for_by_name() -> None:
    given = own.read("case", {"provider": "other", "url": "http://localhost:1234", "credential": {"kind": "none"}})
    assert (given.provider, given.credential) == (OTHER, NoCredential())


# ---- ids


@pytest.mark.parametrize("id", ["a", "A-1_b.c", "0", "-", ".", "a" * 200, "newer", "New"])
def test_ids_are_letters_digits_and_three_signs(id: str) -> None:
    assert own.read(id, KEY).id == id


@pytest.mark.parametrize("id", ["", "new", "_a", "a b", "a/b", "é", "a\n", "a" * 201])
def test_other_ids_are_refused(id: str) -> None:
    [(path, message)] = problems(lambda: own.read(id, KEY))
    assert (path, message[:37]) == ("", "has an id that no connection can have")


# ---- problems


def test_the_error_names_the_connection_and_its_place() -> None:
    with pytest.raises(DocumentError) as caught:
        own.read("case", {}, source="variable X")
    assert caught.value.subject == "connection 'case' (variable X)"


def test_rules_are_checked_beside_what_cannot_be_read() -> None:
    found = problems(
        lambda: read(
            url="https://h/v1", client={"max_retries": -1, "data_residency": "eu"}, endpoint="https://g", provider="x"
        )
    )
    assert [path for path, _ in found] == ["provider", "client.max_retries", "client.data_residency", "endpoint"]


def test_a_problem_is_told_once() -> None:
    found = problems(lambda: own.read("case", {"credential": {"api_key": 1}, "url": 1, "provider": "other"}))
    assert [path for path, _ in found] == ["url", "credential.api_key"]


def test_a_lifted_value_is_judged_where_it_stood() -> None:
    found = problems(lambda: own.read("case", {"client": {"api_key": "é", "base_url": "h"}}))
    assert [path for path, _ in found] == ["client.api_key", "client.base_url"]


def test_a_dialect_has_the_last_word_at_its_own_places() -> None:
    found = problems(
        lambda: own.read(
            "case",
            {"provider": "other", "credential": {"api_key": "é"}},
            paths={"credential.api_key": "password", "url": "host"},
            problems=[Problem("password", "is not right")],
        )
    )
    assert found == [("password", "is not right"), ("host", "is required for the provider `other`")]


def test_sentences_use_the_dialects_words() -> None:
    paths = {"network.proxy": "extra.proxy", "client": "extra.kwargs"}
    problem = own.in_words(Problem("client.proxy", "see `network.proxy` and `tls.ca`"), paths)
    assert problem == Problem("extra.kwargs.proxy", "see `extra.proxy` and `tls.ca`")


# ---- writing


def test_settings_at_their_defaults_are_not_written() -> None:
    assert own.write(connection()) == {
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {"kind": "api_key", "api_key": "k"},
    }


def test_a_name_that_is_not_the_id_is_written() -> None:
    given = connection(name="Case", provider=OPENAI, credential=NoCredential())
    assert own.write(given) == {
        "name": "Case",
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {"kind": "none"},
    }


@pytest.mark.parametrize(
    "client",
    [
        {"timeout": None},
        {"timeout": 3.0},
        {"timeout": {"connect": 1.0, "read": None, "write": None, "pool": None}},
        {"max_retries": 0},
        {"data_residency": "eu"},
        {"data_residency": "global"},
        {"default_headers": {"X": {"secret": "s"}, "Authorization": "t", "Y": {"env": "NAME"}}},
        {"default_query": {"a": None, "b": ""}},
        {"default_query": {"api_key": "x", "trace": "sk-canary-0123"}},
    ],
)
def test_what_is_written_reads_as_the_same(client: dict[str, Any]) -> None:
    given = read(client=client)
    written = own.write(given)
    assert (written["client"], own.read("case", written)) == (client, given)


def test_a_public_document_has_no_secret_and_names_the_places_of_those_kept_elsewhere() -> None:
    given = read(
        credential={"api_key": "sk-canary", "organization": "o"},
        headers={"Authorization": "sk-canary", "X-Team": "a", "X-Kept": {"file": "/run/x"}},
        client={
            "default_headers": {"cookie": "sk-canary"},
            "default_query": {"key": "sk-canary", "trace": "1"},
            "webhook_secret": {"env": "HOOK"},
        },
    )
    written = own.write(given, public=True)
    assert "sk-canary" not in json.dumps(written)
    assert written == {
        "provider": "openai",
        "url": "https://api.openai.com/v1",
        "credential": {"kind": "api_key", "organization": "o"},
        "headers": {"X-Team": "a", "X-Kept": {"file": "/run/x"}},
        "client": {"default_query": {"trace": "1"}, "webhook_secret": {"env": "HOOK"}},
    }


def test_a_missing_key_beside_a_given_certificate_is_none() -> None:
    elsewhere = {"certificate": {"file": "/c"}, "private_key": {"env": "K"}}
    missing: dict[str, Any] = {"missing": True}
    document: dict[str, Any] = {"provider": "other", "url": "https://h", "credential": {"api_key": missing}}
    assert read(**document, tls=elsewhere).credential == NoCredential()
    assert read(**document, tls=dict.fromkeys(elsewhere, missing)).credential == ApiKey(api_key=Secret.missing())
    assert read(**document).credential == ApiKey(api_key=Secret.missing())
    known = {**document, "credential": {"api_key": missing, "organization": "o"}, "tls": elsewhere}
    assert read(**known).credential == ApiKey(api_key=Secret.missing(), organization="o")

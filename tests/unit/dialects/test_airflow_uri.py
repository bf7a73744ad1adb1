"""The URI of an Airflow connection, beyond what was recorded."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.dialects import airflow, own
from connectory.dialects.airflow_uri import for_uri, to_uri


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ({"conn_type": "openai"}, "openai://"),
        ({}, "//"),
        ({"conn_type": "open_ai", "password": ""}, "open-ai://:@"),
        ({"conn_type": "openai", "login": "", "password": "k"}, "openai://:k@"),
        ({"conn_type": "openai", "login": "a b", "host": "h"}, "openai://a%20b@h"),
        ({"conn_type": "openai", "port": 80}, "openai://@:80"),
        ({"conn_type": "openai", "password": "k", "port": 80}, "openai://:k@:80"),
        ({"conn_type": "openai", "host": "h", "port": 80, "schema": "v/1"}, "openai://h:80/v%2F1"),
        ({"conn_type": "http", "host": "http://h/v1"}, "http://http%3A%2F%2Fh%2Fv1"),
        ({"conn_type": "openai", "host": "http://h/v1"}, "openai://http://h%2Fv1"),
        ({"conn_type": "openai", "schema": "s", "extra": {"a": "b c"}}, "openai:///s?a=b+c"),
        ({"conn_type": "openai", "extra": '{"a":1}'}, "openai:///?__extra__=%7B%22a%22%3A1%7D"),
        ({"conn_type": "openai", "extra": {"a": "\ud800"}}, "openai:///?__extra__=%7B%22a%22%3A+%22%5Cud800%22%7D"),
        ({"conn_type": "openai", "extra": {}}, "openai://"),
    ],
)
def test_fields_are_written_as_airflow_writes_them(fields: dict[str, Any], uri: str) -> None:
    assert to_uri(fields) == uri


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"description": "What for."},
        {"url": "https://Api.Example.com"},
        {"url": "https://Api.Example.com:8443/v1?A=B"},
        {"url": "http://[::1]:8080/v1"},
        {"url": "https://h?A=B", "provider": "azure", "client": {"timeout": 3}},
        {"credential": {"api_key": "a/b+c@d:e #?%"}},
    ],
)
def test_it_reads_as_the_same_connection(document: dict[str, Any]) -> None:
    given = own.read("case", {"credential": {"api_key": "k"}, **document})
    assert airflow.read("case", to_uri(for_uri(airflow.write(given)))) == given


def test_what_it_cannot_say_stands_in_the_extra() -> None:
    fields = {"conn_type": "openai", "host": "https://H", "description": "d", "extra": {"model": "m"}}
    assert for_uri(fields) == {
        "conn_type": "openai",
        "extra": {"model": "m", "description": "d", "openai_client_kwargs": {"base_url": "https://H"}},
    }

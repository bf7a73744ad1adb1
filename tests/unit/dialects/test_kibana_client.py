"""Arguments of the SDK's client in Elastic's words: in `config`, and the secrets among them in `secrets`."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.connection import ClientSettings, Connection
from connectory.credentials.api_key import ApiKey
from connectory.dialects import kibana, own
from connectory.secret import Secret
from connectory.transport import Timeouts
from tests.unit.problems import problems

CONFIG = {"apiProvider": "OpenAI", "apiUrl": "https://h/v1", "defaultModel": "m"}
PLACE = "secrets.openai_client_kwargs"


def read(hidden: Any, shown: Any = None, **secrets: Any) -> Connection:
    config = {**CONFIG, "openai_client_kwargs": shown}
    entry = {"name": "n", "actionTypeId": ".gen-ai", "config": config}
    return kibana.read("case", {**entry, "secrets": {"apiKey": "k", **secrets, "openai_client_kwargs": hidden}})


def test_both_parts_are_one() -> None:
    hidden = {
        "admin_api_key": "a",
        "webhook_secret": {"env": "W"},
        "default_headers": {"X-Team": "b", "Y": {"file": "/y"}},
        "default_query": {"key": "c"},
    }
    given = read(hidden, {"timeout": 10, "default_headers": {"Z": "d"}, "default_query": {"v": 1}})
    assert given.client == ClientSettings(
        admin_api_key=Secret("a"),
        webhook_secret=Secret.env("W"),
        timeout=Timeouts.all(10.0),
        default_headers={"Z": "d", "X-Team": Secret("b"), "Y": Secret.file("/y")},
        default_query={"v": 1, "key": Secret("c")},
    )


def test_what_is_hidden_survives_our_own_document() -> None:
    given = read({"default_headers": {"X-Team": "b"}, "default_query": {"key": "c"}})
    assert own.read("case", own.write(given)) == given


def test_the_key_may_stand_there_and_wins() -> None:
    assert read({"api_key": "k2"}).credential == ApiKey(api_key=Secret("k2"))
    assert read({"api_key": "k2"}, apiKey=None).credential == ApiKey(api_key=Secret("k2"))


@pytest.mark.parametrize("nothing", [None, "", {}, {"admin_api_key": None, "default_headers": {"X": ""}}])
def test_nothing_there_is_nothing(nothing: Any) -> None:
    assert read(nothing, {"max_retries": 1}).client == ClientSettings(max_retries=1)


def test_what_stands_in_both_is_told() -> None:
    hidden = {"admin_api_key": "a", "default_headers": {"x-team": "b"}, "default_query": {"key": "c"}}
    shown = {"admin_api_key": "d", "default_headers": {"X-TEAM": "e"}, "default_query": {"key": "f"}}
    message = "stands in `config.openai_client_kwargs` too; leave one of the two out"
    assert problems(lambda: read(hidden, shown)) == [
        (f"{PLACE}.admin_api_key", message),
        (f"{PLACE}.default_headers.x-team", message),
        (f"{PLACE}.default_query.key", message),
    ]


def test_what_is_no_secret_is_sent_where_it_belongs() -> None:
    found = problems(lambda: read({"timeout": 1, "base_url": "https://h", "default_query": {"page": "2", "size": 3}}))
    assert found == [
        (f"{PLACE}.timeout", "belongs under `config`"),
        (f"{PLACE}.base_url", "belongs under `config`"),
        (f"{PLACE}.default_query.page", "is no key by its name or its looks, so it belongs under `config`"),
        (f"{PLACE}.default_query.size", "must be text, not a number"),
    ]


@pytest.mark.parametrize(
    ("hidden", "place"),
    [
        ("x", PLACE),
        ([], PLACE),
        ({"admin_api_key": 1}, f"{PLACE}.admin_api_key"),
        ({"api_key": "ü"}, f"{PLACE}.api_key"),
        ({"default_headers": "x"}, f"{PLACE}.default_headers"),
        ({"default_headers": {"X": 1}}, f"{PLACE}.default_headers.X"),
        ({"default_headers": {"X Y": "b"}}, f"{PLACE}.default_headers.X Y"),
        ({"default_query": ["x"]}, f"{PLACE}.default_query"),
        ({"adminn_api_key": "a"}, f"{PLACE}.adminn_api_key"),
    ],
)
def test_what_is_wrong_has_the_path_at_which_it_stands(hidden: Any, place: str) -> None:
    assert [path for path, _ in problems(lambda: read(hidden))] == [place]


def test_arguments_that_are_none_are_told_where_they_stand() -> None:
    assert [path for path, _ in problems(lambda: read({"admin_api_key": "a"}, "x"))] == ["config.openai_client_kwargs"]

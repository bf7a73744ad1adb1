"""A connection answers for itself: its address, its deployment, its headers, its limits, its secrets."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from connectory.connection import AzureSettings, ClientSettings, Connection, missing_secrets, secrets_of
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.errors import Problem
from connectory.provider import AZURE, OPENAI, OTHER
from connectory.secret import Secret
from connectory.transport import Timeouts

CLASSIC = "https://r.openai.azure.com/openai?api-version=V"
DEPLOYED = "https://r.openai.azure.com/openai/deployments/there/chat/completions?api-version=V"


def connection(**settings: Any) -> Connection:
    given = {
        "id": "case",
        "name": "case",
        "url": "https://api.openai.com/v1",
        "credential": ApiKey(api_key=Secret("k")),
    }
    return Connection(**{**given, **settings})


def azure(url: str, **deployments: str) -> Connection:
    return connection(provider=AZURE, url=url, azure=AzureSettings(deployments=deployments))


def test_connections_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        connection().url = "https://h"  # type: ignore[misc]


def test_where_it_was_found_and_what_was_warned_do_not_count_in_comparisons() -> None:
    assert connection(source="a file", warnings=(Problem("x", "y"),)) == connection()


@pytest.mark.parametrize("change", [{"space": "lab"}, {"id": "other"}, {"credential": ApiKey(api_key=Secret("l"))}])
def test_everything_else_does(change: dict[str, Any]) -> None:
    assert connection(**change) != connection()


def test_a_deep_copy_is_equal() -> None:
    given = connection(headers={"X": Secret("s")}, client=ClientSettings(timeout=Timeouts.all(3.0)))
    assert copy.deepcopy(given) == given


@pytest.mark.parametrize(
    ("given", "model", "endpoint"),
    [
        (connection(), "m", "https://api.openai.com/v1/chat/completions"),
        (connection(), None, "https://api.openai.com/v1/chat/completions"),
        (connection(endpoint="https://api.openai.com/v1/x"), "m", "https://api.openai.com/v1/x"),
        (azure(CLASSIC), None, None),
        (azure(CLASSIC), "m", "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=V"),
        (azure(CLASSIC, m="d"), "m", "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=V"),
        (azure(DEPLOYED, m="d"), "m", DEPLOYED),
    ],
)
def test_runs_are_posted_where_the_url_or_else_the_model_says(
    given: Connection, model: str | None, endpoint: str | None
) -> None:
    assert given.endpoint_url(model) == endpoint


@pytest.mark.parametrize(
    ("given", "model", "deployment"),
    [
        (azure(DEPLOYED, m="mapped"), "m", "mapped"),
        (azure(DEPLOYED, m="mapped"), "n", "there"),
        (azure(DEPLOYED), None, "there"),
        (azure(CLASSIC, m="mapped"), "n", "n"),
        (azure(CLASSIC), None, None),
    ],
)
def test_a_deployment_comes_from_the_map_then_the_url_then_the_model(
    given: Connection, model: str | None, deployment: str | None
) -> None:
    assert given.deployment(model) == deployment


def test_the_clients_organization_and_project_win_over_the_credentials() -> None:
    both = connection(
        credential=ApiKey(api_key=Secret("k"), organization="o1", project="p1"),
        client=ClientSettings(organization="o2"),
    )
    assert (both.organization, both.project) == ("o2", "p1")


def test_a_credential_without_them_names_neither() -> None:
    silent = connection(credential=NoCredential())
    assert (silent.organization, silent.project) == (None, None)


def test_a_header_of_the_credentials_name_gives_way_to_it() -> None:
    given = connection(headers={"authorization": Secret("x"), "api-key": Secret("y"), "X-Team": "a"})
    assert given.own_headers() == {"api-key": Secret("y"), "X-Team": "a"}


def test_for_azure_that_is_another_name() -> None:
    given = azure(DEPLOYED)
    headers = {"Authorization": Secret("x"), "API-Key": Secret("y")}
    assert dataclasses.replace(given, headers=headers).own_headers() == {"Authorization": Secret("x")}


def test_a_silent_credential_leaves_every_header() -> None:
    headers = {"Authorization": Secret("x")}
    assert connection(credential=NoCredential(), headers=headers).own_headers() == headers


@pytest.mark.parametrize(
    ("seconds", "timeouts"),
    [
        (600.0, Timeouts(connect=5.0, read=600.0, write=600.0, pool=600.0)),
        (2.0, Timeouts(connect=2.0, read=2.0, write=2.0, pool=2.0)),
    ],
)
def test_connecting_takes_at_most_five_seconds(seconds: float, timeouts: Timeouts) -> None:
    assert Timeouts.within(seconds) == timeouts


def test_every_secret_is_found_with_its_path() -> None:
    given = connection(
        headers={"Authorization": Secret("a"), "X-Team": "plain"},
        client=ClientSettings(
            admin_api_key=Secret("b"),
            default_headers={"api-key": Secret("c")},
            default_query={"key": Secret("d"), "trace": "1"},
        ),
    )
    assert dict(secrets_of(given)) == {
        "credential.api_key": Secret("k"),
        "headers.Authorization": Secret("a"),
        "client.admin_api_key": Secret("b"),
        "client.default_headers.api-key": Secret("c"),
        "client.default_query.key": Secret("d"),
    }


def test_secrets_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    given = connection(
        credential=ApiKey(api_key=Secret.file(str(tmp_path / "missing"))),
        headers={"Authorization": Secret("here")},
        client=ClientSettings(webhook_secret=Secret.env("CONNECTORY_TEST_NOT_SET")),
    )
    assert missing_secrets(given) == ["credential.api_key", "client.webhook_secret"]


@pytest.mark.parametrize("provider", [OPENAI, AZURE, OTHER])
def test_the_credentials_header_is_recognised_in_any_case(provider: Any) -> None:
    given = connection(provider=provider)
    assert given.is_credential_of([provider.key_header.upper()])
    assert not given.is_credential_of(["X-Team"])


def test_nothing_of_it_shows_a_secret() -> None:
    given = connection(
        credential=ApiKey(api_key=Secret("sk-canary")),
        headers={"Authorization": Secret("sk-canary")},
        client=ClientSettings(
            default_headers={"cookie": Secret("sk-canary")},
            default_query={"key": Secret("sk-canary")},
            webhook_secret=Secret("sk-canary"),
        ),
    )
    assert "sk-canary" not in f"{given} {given!r} {dataclasses.asdict(given)}"

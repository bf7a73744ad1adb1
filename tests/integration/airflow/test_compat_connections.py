"""Apache's provider by its own names: what connections mean, seen from a task and from the services that it calls.

The services stand on loopback under their own names. `recorded` and `why` stand in the cases where we do something
else on purpose; of a client `expect` says what is not the SDK's default.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectory.airflow.compat.hooks.openai import OpenAIHook
from tests.integration.airflow.far_places import Far
from tests.integration.airflow.hook_steps import acalled, called, told
from tests.integration.airflow.names import IS_AS_RECORDED
from tests.integration.airflow.recorded import CASES, ID, cases, variables

DEFAULTS = {
    "base_url": "https://api.openai.com/v1/",
    "admin_api_key": None,
    "timeout": {"connect": 5, "read": 600, "write": 600, "pool": 600},
    "max_retries": 2,
    "organization": None,
    "project": None,
    "headers": {},
    "query": {},
}


@pytest.mark.usefixtures("token_sources")
@cases("kwargs", "client", "resolve", "subject")
def test_connection_does_what_was_recorded(
    case: dict[str, Any], far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen(case["given"], far, tmp_path, monkeypatch) == in_folder(case["expect"], tmp_path)


_READ_OTHERWISE = ("PA-17", "PA-18", "PA-34")


@cases("parse", "roundtrip")
def test_value_makes_the_client_that_it_asks_for(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case["id"][:5] in _READ_OTHERWISE and not IS_AS_RECORDED:
        pytest.skip("older releases refuse an extra that is no object")
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    monkeypatch.setenv(f"AIRFLOW_CONN_{ID.upper()}", case["given"]["value"])
    assert made() == case["expect"]


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in CASES if ("recorded" in case) != ("why" in case)] == []


def seen(given: dict[str, Any], far: Far, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The client that the task gets, how its first call ends, and what came to whom."""
    with far(given) as places:
        for name, value in variables(given, places, folder).items():
            monkeypatch.setenv(name, value)
        told = asyncio.run(aused()) if given.get("async") else used()
        return {**told, **places.seen()}


def used() -> dict[str, Any]:
    try:
        client = OpenAIHook(ID).get_conn()
    except Exception as error:  # noqa: BLE001 (whatever it is, the case says which it has to be)
        return told(error)
    with client:
        return {"client": attributes(client), "result": called(client)}


async def aused() -> dict[str, Any]:
    try:
        client = await OpenAIHook(ID).aget_conn()
    except Exception as error:  # noqa: BLE001
        return told(error)
    async with client:
        return {"client": attributes(client), "result": await acalled(client)}


def made() -> dict[str, Any]:
    """The connection as Airflow reads it, and the client that is made of it."""
    try:
        found = OpenAIHook.get_connection(ID)
        read = {name: getattr(found, name) for name in ("conn_type", "host", "login", "password", "port", "schema")}
    except Exception as error:  # noqa: BLE001
        return told(error)
    try:
        with OpenAIHook(ID) as hook:
            return {"read": read, "client": attributes(hook.conn)}
    except Exception as error:  # noqa: BLE001
        return {"read": read, **told(error)}


def attributes(client: Any) -> dict[str, Any]:
    """What the case speaks of, where it is not the default."""
    everything = {
        "base_url": str(client.base_url),
        "api_key": client.api_key,
        "admin_api_key": client.admin_api_key,
        "timeout": by_phase(client.timeout),
        "max_retries": client.max_retries,
        "organization": client.organization,
        "project": client.project,
        "headers": dict(client._custom_headers),
        "query": dict(client._custom_query),
    }
    return {name: value for name, value in everything.items() if name not in DEFAULTS or value != DEFAULTS[name]}


def by_phase(timeout: Any) -> Any:
    if not isinstance(timeout, httpx2.Timeout):
        return timeout
    phases = {"connect": timeout.connect, "read": timeout.read, "write": timeout.write, "pool": timeout.pool}
    return phases if set(phases.values()) != {None} else None


def in_folder(expect: Any, folder: Path) -> Any:
    """The case writes `<tmp>` for the folder of its files."""
    match expect:
        case str():
            return expect.replace("<tmp>", str(folder))
        case list():
            return [in_folder(each, folder) for each in expect]
        case dict():
            return {name: in_folder(each, folder) for name, each in expect.items()}
    return expect

"""Apache's provider by its own names: what connections mean, seen from a task and from the services that it calls.

Cases as Apache's hook was recorded, in tests/golden/airflow_connections.json. The services stand on loopback under
their own names. `recorded` and `why` stand where we do something else on purpose.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from connectory.airflow.compat.hooks.openai import OpenAIHook
from tests.integration.airflow.far_places import FarPlaces, far_places, host_certificate
from tests.integration.airflow.hook_steps import done, done_async, told
from tests.upstream import Identity, Pki

IDENTITY = {"auth_type": "workload_identity", "identity_provider_id": "idp-123", "service_account_id": "sa-456"}


def connection_in(given: dict[str, Any], folder: Path) -> str:
    """The text of the variable."""
    if "value" in given:
        return str(given["value"])
    connection = dict(given["connection"]) if "connection" in given else {"extra": {**IDENTITY, **given["extra"]}}
    if given.get("file"):
        (folder / "token").write_text(given["file"])
    if "file" in given:
        connection["extra"]["token_file_path"] = str(folder / "token")
    return json.dumps({"conn_type": "openai", **connection})


def seen_of(case: dict[str, Any], *, pki: Pki, server: Identity, folder: Path, setenv: Callable[[str, str], None]) -> Any:
    given = case["given"]
    with far_places(given, pki=pki, server=server, folder=folder) as places:
        environment = {
            **places.environment,
            **given.get("env", {}),
            "AIRFLOW_CONN_CASE_CONN": connection_in(given, folder),
        }
        for name, value in environment.items():
            setenv(name, value)
        if "steps" in given:
            return stepped(given, places)
        return asyncio.run(attributes_async()) | places.seen() if given.get("async") else used() | places.seen()


def stepped(given: dict[str, Any], places: FarPlaces) -> Any:
    try:
        if given.get("async"):
            results = done_async(given["steps"], conn_id="case_conn")
        else:
            results = done(given["steps"], conn_id="case_conn", advance=lambda s: None)
    except Exception as error:  # noqa: BLE001
        return {"construct": told(error)}
    return {"results": results, "pauses": places.pauses, **places.seen()}


def used() -> dict[str, Any]:
    try:
        client = OpenAIHook("case_conn").get_conn()
    except Exception as error:  # noqa: BLE001
        return told(error)
    with client:
        try:
            client.models.list()
            result: Any = "ok"
        except Exception as error:  # noqa: BLE001
            result = told(error)
    return {"client": attributes(client), "result": result}


async def attributes_async() -> dict[str, Any]:
    try:
        client = await OpenAIHook("case_conn").aget_conn()
    except Exception as error:  # noqa: BLE001
        return told(error)
    async with client:
        try:
            await client.models.list()
            result: Any = "ok"
        except Exception as error:  # noqa: BLE001
            result = told(error)
    return {"client": attributes(client), "result": result}


def attributes(client: Any) -> dict[str, Any]:
    return {
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


def by_phase(timeout: Any) -> Any:
    if not isinstance(timeout, httpx2.Timeout):
        return timeout
    phases = {"connect": timeout.connect, "read": timeout.read, "write": timeout.write, "pool": timeout.pool}
    return phases if set(phases.values()) != {None} else None

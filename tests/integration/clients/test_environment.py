"""SDK clients send the same bytes whatever the environment says."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

from connectory import Connection, connect
from connectory.dialects import own
from tests.integration.connections import azure_at, azure_v1_at, openai_at
from tests.upstream import Received, Upstream

ROOT = Path(__file__).parents[3]
NOT_ABOUT_CLIENTS = {"OPENAI_LOG", "DEFER_PYDANTIC_BUILD"}
POISONED_HEADERS = "Authorization: Bearer poison\napi-key: poison\nX-Poison: poison\nUser-Agent: poison"


@functools.cache
def variables_of_the_sdk() -> frozenset[str]:
    """Every variable that the installed package reads, by name."""
    sources = (file.read_text(encoding="utf-8") for file in Path(openai.__file__).parent.rglob("*.py"))
    reads = re.compile(r"(?:environ\.get\(|environ\[|getenv\()\s*[\"'](\w+)")
    return frozenset(name for source in sources for name in reads.findall(source))


def poison() -> dict[str, str]:
    names = variables_of_the_sdk() - NOT_ABOUT_CLIENTS
    values = {"OPENAI_CUSTOM_HEADERS": POISONED_HEADERS, "OPENAI_API_TYPE": "azure"}
    return {name: values.get(name, "http://127.0.0.1:9/poison" if "URL" in name else "poison") for name in names}


def sent(connection: Connection, upstream: Upstream, environment: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Head and body of every request that the program in `sending.py` makes."""
    upstream.clear()
    clean = {name: value for name, value in os.environ.items() if name not in variables_of_the_sdk()}
    subprocess.run(
        [sys.executable, "-m", "tests.integration.clients.sending", json.dumps(own.write(connection))],
        cwd=ROOT,
        env={**clean, **environment},
        check=True,
        timeout=60,
    )
    return [without_boundary(request) for request in upstream.requests]


def without_boundary(request: Received) -> tuple[bytes, bytes]:
    """The boundary of a form is random; all else has to be the same."""
    found = re.search(rb"boundary=(\w+)", request.raw_head)
    boundary = found[1] if found else b"\x00"
    return request.raw_head.replace(boundary, b"BOUNDARY"), request.body.replace(boundary, b"BOUNDARY")


def test_sdk_reads_the_variables_that_we_know_of() -> None:
    assert {name for name in variables_of_the_sdk() if "OPENAI" in name} == {
        "OPENAI_ADMIN_KEY",
        "OPENAI_API_KEY",
        "OPENAI_API_TYPE",
        "OPENAI_API_VERSION",
        "OPENAI_BASE_URL",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_LOG",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_WEBHOOK_SECRET",
        "AZURE_OPENAI_AD_TOKEN",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
    }


def test_openai_clients_and_their_copies_heed_no_variable(service: Upstream) -> None:
    connection = openai_at(service)
    clean = sent(connection, service, {})
    assert len(clean) == 36
    assert sent(connection, service, poison()) == clean


def test_classic_azure_clients_and_their_copies_heed_no_variable(azure_service: Upstream) -> None:
    connection = azure_at(azure_service)
    clean = sent(connection, azure_service, {})
    assert len(clean) == 36
    assert sent(connection, azure_service, poison()) == clean


def test_clients_at_azure_v1_and_their_copies_heed_no_variable(azure_service: Upstream) -> None:
    connection = azure_v1_at(azure_service)
    clean = sent(connection, azure_service, {})
    assert len(clean) == 36
    assert sent(connection, azure_service, poison()) == clean


@pytest.mark.parametrize("kind", [openai_at, azure_at, azure_v1_at])
def test_client_keeps_nothing_of_the_environment(kind: Any, service: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in poison().items():
        monkeypatch.setenv(name, value)
    with connect(kind(service)) as client:
        for each in (client, client.copy(), client.with_options(timeout=1).copy()):
            assert "poison" not in repr(vars(each))

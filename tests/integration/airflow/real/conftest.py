"""One Airflow with LocalExecutor on PostgreSQL for all tests of this folder, and the services that its tasks call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.airflow.test_agents import TURN, Agents
from tests.real_airflow import RealAirflow, missing_postgres, postgres
from tests.upstream import BatchService, Upstream, running
from tests.upstream.answers.models import MODELS

KEYS = {
    way: f"sk-{way.replace('_', '-')}-0123456789" for way in ("default", "env_json", "env_uri", "file", "slow", "vain")
}


@dataclass(slots=True)
class Services:
    """What the connections of Airflow's environment lead to.

    Batches over `slow` are in progress until `slow_statuses` says otherwise, those over `vain` for ever. New keys may
    be added to `keys`.
    """

    keys: set[str] = field(default_factory=lambda: set(KEYS.values()))
    slow_statuses: list[str] = field(default_factory=lambda: ["in_progress"])
    agents: Agents = field(default_factory=lambda: Agents(None, TURN))


@dataclass(frozen=True, slots=True)
class Here:
    """The Airflow, and what it talks to."""

    airflow: RealAirflow
    services: Services
    service: Upstream
    slow: BatchService
    vain: BatchService


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    if reason := missing_postgres():
        pytest.skip(reason)
    home, services = tmp_path_factory.mktemp("airflow"), Services()
    models = [*MODELS, "gpt-4o-mini"]
    ordinary = BatchService(keys=services.keys, statuses=["in_progress", "completed"], models=models)
    slow = BatchService(keys=services.keys, statuses=services.slow_statuses)
    vain = BatchService(keys=services.keys, statuses=["in_progress"])
    with (
        running(ordinary) as service,
        running(services.agents) as agents,
        running(slow) as at_slow,
        running(vain) as at_vain,
        postgres() as database,
    ):
        more = _connections(service, agents, at_slow, at_vain) | _backend(home, service)
        with RealAirflow(home, database, more) as airflow:
            yield Here(airflow, services, service, slow, vain)


def _connections(service: Upstream, agents: Upstream, slow: Upstream, vain: Upstream) -> dict[str, str]:
    """Airflow's variables, as JSON and as a URI."""

    def as_json(way: str, upstream: Upstream) -> str:
        return json.dumps({"conn_type": "openai", "password": KEYS[way], "host": f"{upstream.url}/v1"})

    return {
        "AIRFLOW_CONN_OPENAI_DEFAULT": as_json("default", service),
        "AIRFLOW_CONN_ENV_JSON": as_json("env_json", service),
        "AIRFLOW_CONN_ENV_URI": f"openai://:{KEYS['env_uri']}@{quote(service.url + '/v1', safe='')}",
        "AIRFLOW_CONN_SLOW": as_json("slow", slow),
        "AIRFLOW_CONN_VAIN": as_json("vain", vain),
        "AIRFLOW_CONN_AGENTS": as_json("default", agents),
    }


def _backend(home: Path, service: Upstream) -> dict[str, str]:
    """Our secrets backend, with a connection `from_file` that nobody else knows."""
    file = home / "connectory.yml"
    file.write_text(
        f"connectory.connections:\n  from_file:\n    provider: other\n    url: {service.url}/v1\n"
        f"    credential: {{api_key: {KEYS['file']}}}\n"
    )
    return {
        "AIRFLOW__SECRETS__BACKEND": "connectory.airflow.ConnectoryBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"config": str(file)}),
        "CONNECTORY_HOME": str(home),
    }

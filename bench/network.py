"""What it costs to find a connection's way under the rules of a large organisation, when everything is warm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from connectory.catalog import Catalog
from connectory.connection import Connection
from connectory.network.limits import Use
from connectory.network.resolve import resolve

HOSTS = 1_000
CALLS = 10_000
BUDGET = 0.05


def figures(*, runs: int) -> Iterator[Figure]:
    """One resolution of a run, and of a client, at a host that stands last in every list."""
    with TemporaryDirectory() as folder:
        connection = _connection(Path(folder))
        for name, use in (("a way under 1,000 rules of hosts", Use.RUN), ("the same for a client", Use.SDK)):
            measured = [_measured(connection, use) for _ in range(runs + 1)][1:]
            cpu, wall = [cpu for cpu, _ in measured], [wall for _, wall in measured]
            yield Figure(name=name, cpu=cpu, wall=wall, budget=BUDGET)


def _measured(connection: Connection, use: Use) -> tuple[float, float]:
    url = connection.url
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(CALLS):
        resolve(connection, url, use)
    return (time.process_time() - cpu) / CALLS * 1000, (time.monotonic() - wall) / CALLS * 1000


def _connection(folder: Path) -> Connection:
    hosts = [f"llm-{number}.example.com" for number in range(HOSTS)]
    settings = "\n".join(
        f"    - {{url: 'https://{host}:8443', ssl: {{verificationMode: certificate}}}}" for host in hosts
    )
    listed = f"[{', '.join(hosts)}]"
    (folder / "connectory.yml").write_text(
        f"xpack.actions:\n  allowedHosts: {listed}\n  proxyUrl: http://proxy.example.com:3128\n"
        f"  proxyBypassHosts: {listed}\n  customHostSettings:\n{settings}\n"
        "connectory.connections.llm:\n  provider: other\n  credential: {api_key: k}\n"
        f"  url: https://{hosts[-1]}:8443/v1\n",
        encoding="utf-8",
    )
    return Catalog.open({"CONNECTORY_HOME": str(folder), "CONNECTORY_CONFIG": str(folder / "connectory.yml")}).find(
        "llm"
    )

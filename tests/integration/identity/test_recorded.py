"""What Apache's provider and the SDK were recorded to do with identities, and where we do otherwise on purpose.

The services are real, the broker's clock is put forward by hand. Every case says what we do; `recorded` and `why` stand
in those where the original does something else.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectory import Connection
from connectory.credential import IdentityEndpoints, Token
from connectory.dialects import airflow
from connectory.engine.auth import MARK, TokenAuth
from connectory.engine.clients import AsyncOpenAI, OpenAI
from connectory.engine.exchange import exchange
from connectory.engine.tokens import TokenBroker
from connectory.transport import EXCHANGE, Timeouts
from tests.integration.identity.script import Script
from tests.upstream import Pki, Upstream, running, tls_server

GOLDEN = Path(__file__).parents[2] / "golden" / "identity.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
SUBJECTS = "def subject_token(): return 'subject'\ndef empty_token(): return ''\nasync def async_token(): return 'x'\n"


class World:
    """One case under way."""

    def __init__(self, given: dict[str, Any], stack: ExitStack, pki: Pki) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []
        x509 = "subject_token" not in json.dumps(given["connection"]) and "x509" in json.dumps(given["connection"])
        prefix = "xt" if x509 else "at"
        self.exchange = Script(
            given["exchange"], lambda number: {"access_token": f"{prefix}-{number}", "expires_in": 3600}
        )
        self.api = Script(given.get("api") or [{"status": 200}], lambda number: {"object": "list", "data": []})
        tls = tls_server(pki.server) if x509 else None
        places: list[Upstream] = [
            stack.enter_context(running(app, host="localhost", tls=tls)) for app in (self.exchange, self.api)
        ]
        value = {"conn_type": "openai", **given["connection"]}
        read = airflow.read("case_conn", {**value, "host": f"{places[1].url}/v1"})
        endpoints = IdentityEndpoints(exchange_url=f"{places[0].url}/oauth/token")
        trusted = dataclasses.replace(read.tls, verification="none") if x509 else read.tls
        self.connection: Connection = dataclasses.replace(read, identity_endpoints=endpoints, tls=trusted)
        self.broker = TokenBroker(self._fetch, clock=lambda: time.monotonic() + self.now, jitter=0)

    def _fetch(self, connection: Connection) -> Token | None:
        quick = dataclasses.replace(EXCHANGE, timeouts=Timeouts.all(0.5))
        return exchange(connection, settings=quick, sleep=self.sleeps.append)

    def client(self, kind: Any, http: Any) -> Any:
        auth = TokenAuth(self.connection, MARK, broker=self.broker)
        retries = self.connection.client.max_retries
        return kind(
            connection=self.connection,
            placing=auth,
            api_key=MARK,
            base_url=self.connection.url,
            max_retries=2 if retries is None else retries,
            default_headers=dict(self.connection.client.default_headers) and _revealed(self.connection),
            http_client=http(auth=auth, trust_env=False, verify=False),
        )

    def settled(self) -> None:
        shared = self.broker.of(self.connection)
        deadline = time.monotonic() + 20
        while shared._running is not None and time.monotonic() < deadline:
            time.sleep(0.001)


def _revealed(connection: Connection) -> dict[str, str]:
    headers = connection.client.default_headers
    return {name: value if isinstance(value, str) else value.reveal() for name, value in headers.items()}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import sys

    (tmp_path / "case_tokens.py").write_text(SUBJECTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("case_tokens", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_identities_do_what_was_recorded(case: dict[str, Any], pki: Pki) -> None:
    with ExitStack() as stack:
        world = World(case["given"], stack, pki)
        run = _run_async if case["given"].get("async") else _run
        expected = case["expect"]["results"]
        told = run(world, case["given"]["steps"])
        results = [_in_recorded_words(ours, theirs) for ours, theirs in zip(told, expected, strict=True)]
        done = {
            "results": results,
            "exchange_calls": len(world.exchange.requests),
            "api_authorization": [request.header("Authorization") for request in world.api.requests],
        }
        if world.sleeps:
            done["exchange_sleeps"] = world.sleeps
    assert done == case["expect"]


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in CASES if ("recorded" in case) != ("why" in case)] == []


def _run(world: World, steps: list[Any]) -> list[Any]:
    results: list[Any] = []
    with ExitStack() as stack:
        client = stack.enter_context(world.client(OpenAI, httpx2.Client))
        for step in steps:
            call = partial(_result, client.models.list)
            match step:
                case "call":
                    results.append(call())
                case "new_client":
                    client = stack.enter_context(world.client(OpenAI, httpx2.Client))
                case {"advance": seconds}:
                    world.now += seconds
                case {"concurrent": count}:
                    with ThreadPoolExecutor(count) as pool:
                        results.append([ran.result() for ran in [pool.submit(call) for _ in range(count)]])
            world.settled()
    return results


def _run_async(world: World, steps: list[Any]) -> list[Any]:
    async def run() -> list[Any]:
        results: list[Any] = []
        async with world.client(AsyncOpenAI, httpx2.AsyncClient) as client:

            async def call() -> Any:
                try:
                    await client.models.list()
                except Exception as error:  # noqa: BLE001
                    return {"error": str(error)}
                return "ok"

            for step in steps:
                match step:
                    case "call":
                        results.append(await call())
                    case {"concurrent": count}:
                        results.append(list(await asyncio.gather(*(call() for _ in range(count)))))
        return results

    return asyncio.run(run())


def _result(call: Callable[[], object]) -> Any:
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return {"error": str(error)}
    return "ok"


def _in_recorded_words(ours: Any, recorded: Any) -> Any:
    """Ours say more: where, and how to mend it."""
    both = isinstance(ours, dict) and isinstance(recorded, dict)
    return recorded if both and recorded["error"] in ours["error"] else ours

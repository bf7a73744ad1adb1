"""One exchange per identity and process, whoever asks."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from connectory import Connection, aconnect, aexecute, connect, execute
from connectory.credential import FlowContext
from connectory.dialects import own
from connectory.engine.tokens import BROKER
from connectory.errors import CallerError, StrangeOrigin
from tests.integration.connections import HELLO
from tests.integration.identity.conftest import Place
from tests.upstream import OpenAIService, RotatingTokenFile, Upstream, running, scripted


def authorizations(service: Upstream) -> list[str | None]:
    return [request.header("Authorization") for request in service.requests]


def test_a_thousand_requests_of_fifty_clients_make_one_exchange(
    connection: Connection, place: Place, service: Upstream
) -> None:
    """25 sync clients in threads of their own, 25 async ones on five event loops, 20 requests each."""
    place.app.script = [scripted.slow(0.3)]  # all of them are there before the first token

    def sync() -> int:
        with connect(connection) as client:
            return sum(len(client.models.list().data) > 0 for _ in range(20))

    async def five() -> int:
        async def one() -> int:
            async with aconnect(connection) as client:
                return sum([len((await client.models.list()).data) > 0 for _ in range(20)])

        return sum(await asyncio.gather(*(one() for _ in range(5))))

    with ThreadPoolExecutor(30) as pool:
        calls = [pool.submit(sync) for _ in range(25)] + [pool.submit(asyncio.run, five()) for _ in range(5)]
        answered = sum(call.result() for call in calls)
    assert (answered, place.exchanges, set(authorizations(service))) == (1000, 1, {"Bearer at-1"})


def test_twenty_identities_make_twenty_exchanges(connection: Connection, place: Place) -> None:
    spaces = [dataclasses.replace(connection, space=f"space-{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: execute(one, HELLO).status, spaces * 3))
    assert (answers, place.exchanges) == ([200] * 60, 20)


def test_every_door_shares_the_token(connection: Connection, place: Place, service: Upstream) -> None:
    with connect(connection) as client:
        client.models.list()
        client.with_options(max_retries=0).models.list()
        client.copy(timeout=5).models.list()
    execute(connection, HELLO)
    with execute(connection, HELLO, stream=True) as answer:
        list(answer)
    asyncio.run(_async_doors(connection))
    assert (place.exchanges, authorizations(service)) == (1, ["Bearer at-1"] * 8)


async def _async_doors(connection: Connection) -> None:
    async with aconnect(connection) as client:
        await client.models.list()
        await client.with_options(max_retries=0).models.list()
    await aexecute(connection, HELLO)


def test_a_connection_read_again_shares_the_token(document: dict[str, Any], place: Place) -> None:
    for id in ("a", "b"):
        execute(own.read(id, document), HELLO)
    assert place.exchanges == 1


def test_making_a_client_exchanges_nothing(connection: Connection, place: Place) -> None:
    with connect(connection):
        pass
    assert place.exchanges == 0


def test_a_client_in_an_http_client_of_the_callers_own_has_tokens_too(
    connection: Connection, place: Place, service: Upstream
) -> None:
    with httpx2.Client(trust_env=False) as own_client, connect(connection, http_client=own_client) as client:
        client.models.list()
        client.with_options(max_retries=0).models.list()
    asyncio.run(_async_in_own_client(connection))
    assert (place.exchanges, authorizations(service)) == (1, ["Bearer at-1"] * 3)


def test_a_header_of_the_callers_own_in_an_http_client_of_their_own_exchanges_nothing(
    connection: Connection, place: Place, service: Upstream
) -> None:
    place.app.tokens.issue("by hand", lifetime=60)
    headers = {"Authorization": "Bearer at-1"}
    with (
        httpx2.Client(trust_env=False) as own_client,
        connect(connection, http_client=own_client, default_headers=headers) as client,
    ):
        client.models.list()
    assert (place.exchanges, authorizations(service)) == (0, ["Bearer at-1"])


def test_a_token_goes_to_its_origin_only_in_an_http_client_of_the_callers_own_too(
    connection: Connection, place: Place
) -> None:
    with running(OpenAIService(keys=place.app.tokens)) as strange:
        with httpx2.Client(trust_env=False) as own_client, connect(connection, http_client=own_client) as client:
            with pytest.raises(StrangeOrigin):
                client.with_options(base_url=f"{strange.url}/v1").models.list()
            with pytest.raises(StrangeOrigin):
                client.get(f"{strange.url}/v1/models", cast_to=object)
        assert strange.requests == []


def test_a_copy_takes_no_http_client_that_places_nothing(connection: Connection) -> None:
    with (
        httpx2.Client(trust_env=False) as own_client,
        connect(connection) as client,
        pytest.raises(CallerError, match="http_client"),
    ):
        client.with_options(http_client=own_client)


async def _async_in_own_client(connection: Connection) -> None:
    async with (
        httpx2.AsyncClient(trust_env=False) as own_client,
        aconnect(connection, http_client=own_client) as client,
    ):
        await client.models.list()


def test_a_callers_own_key_exchanges_nothing(connection: Connection, place: Place, service: Upstream) -> None:
    place.app.tokens.issue("by hand", lifetime=60)
    with connect(connection, api_key="at-1") as client:
        client.models.list()
    with connect(connection) as client:
        client.with_options(api_key="at-1").models.list()
    assert (place.exchanges, authorizations(service)) == (0, ["Bearer at-1"] * 2)


@pytest.mark.parametrize("place_of_header", ["document", "client", "call"])
def test_an_authorization_header_of_the_callers_own_switches_the_exchange_off(
    document: dict[str, Any], place: Place, service: Upstream, place_of_header: str
) -> None:
    place.app.tokens.issue("by hand", lifetime=60)
    headers = {"Authorization": "Bearer at-1"}
    if place_of_header == "document":
        document["client"] = {"default_headers": headers}
    of_client: dict[str, Any] = {"default_headers": headers} if place_of_header == "client" else {}
    of_call: dict[str, Any] = {"extra_headers": headers} if place_of_header == "call" else {}
    with connect(own.read("it", document), **of_client) as client:
        client.models.list(**of_call)
    assert (place.exchanges, authorizations(service)) == (0, ["Bearer at-1"])


def test_a_rotated_subject_token_is_read_at_the_next_exchange(
    connection: Connection, place: Place, token_file: RotatingTokenFile, subject_tokens: set[str]
) -> None:
    execute(connection, HELLO)
    token_file.rotate("subject-2")
    subject_tokens.clear()
    subject_tokens.add("subject-2")
    place.app.revoke_all()
    assert (execute(connection, HELLO).status, place.exchanges) == (200, 2)


def test_the_kept_token_is_a_secret(connection: Connection) -> None:
    execute(connection, HELLO)
    assert "at-1" not in repr(BROKER.of(connection)._held) + repr(FlowContext(classic=False, now=0))

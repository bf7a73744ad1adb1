"""The SDK opens WebSockets past our HTTP client; the credential arrives all the same, and go nowhere else."""

from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from connectory import CallerError, Connection, aconnect, connect
from tests.integration.connections import azure_at, azure_v1_at, openai_at
from tests.upstream import Answer, Received, Upstream, running

FROM_VARIABLE = {"api_key": {"env": "THE_KEY"}}
KINDS = [
    pytest.param(openai_at, {"authorization": "Bearer the-key"}, id="openai"),
    pytest.param(azure_at, {"api-key": "the-key"}, id="azure"),
    pytest.param(azure_v1_at, {"api-key": "the-key"}, id="azure v1"),
]


async def no_sockets(_: Received) -> Answer:
    return Answer(status=426)


@pytest.fixture
def service() -> Iterator[Upstream]:
    """Records the handshake of a WebSocket and refuses it."""
    with running(no_sockets) as upstream:
        yield upstream


@pytest.fixture
def stranger() -> Iterator[Upstream]:
    with running(no_sockets) as upstream:
        yield upstream


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "the-key")


def socket_url(upstream: Upstream) -> str:
    return upstream.url.replace("http", "ws", 1)


def made_for_sockets(made: Any, upstream: Upstream, **more: Any) -> Connection:
    """The SDK speaks to Azure in wss only, unless the document says where."""
    document = {"credential": FROM_VARIABLE, "client": {"websocket_base_url": socket_url(upstream)}, **more}
    connection: Connection = made(upstream, **document)
    return connection


def open_socket(client: Any) -> None:
    with pytest.raises(InvalidStatus):
        client.realtime.connect(model="gpt-test").enter()


def key_headers(upstream: Upstream) -> list[dict[str, str | None]]:
    names = ("authorization", "api-key")
    return [
        {name: value for name in names if (value := request.header(name)) is not None} for request in upstream.requests
    ]


@pytest.mark.parametrize(("made", "expected"), KINDS)
def test_key_of_a_variable_arrives(made: Any, expected: dict[str, str], service: Upstream) -> None:
    with connect(made_for_sockets(made, service)) as client:
        open_socket(client)
        open_socket(client.with_options(timeout=3))
    assert key_headers(service) == [expected, expected]


@pytest.mark.parametrize(("made", "expected"), KINDS)
def test_key_of_a_document_arrives(made: Any, expected: dict[str, str], service: Upstream) -> None:
    with connect(made_for_sockets(made, service, credential={"api_key": "the-key"})) as client:
        open_socket(client)
    assert key_headers(service) == [expected]


@pytest.mark.anyio
@pytest.mark.parametrize(("made", "expected"), KINDS)
async def test_key_arrives_from_async_clients_too(made: Any, expected: dict[str, str], service: Upstream) -> None:
    async with aconnect(made_for_sockets(made, service)) as client:
        with pytest.raises(InvalidStatus):
            await client.realtime.connect(model="gpt-test").enter()
    assert key_headers(service) == [expected]


@pytest.mark.parametrize(("made", "expected"), KINDS)
def test_sockets_of_responses_get_the_key_too(made: Any, expected: dict[str, str], service: Upstream) -> None:
    with (
        connect(made_for_sockets(made, service)) as client,
        pytest.raises(InvalidStatus),
    ):
        client.responses.connect().enter()
    assert key_headers(service) == [expected]


def test_azure_is_asked_for_the_deployment_of_the_model(service: Upstream) -> None:
    connection = made_for_sockets(azure_at, service, azure={"deployments": {"gpt-test": "prod"}})
    with connect(connection) as client:
        open_socket(client)
    assert "deployment=prod" in service.requests[0].target


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_callers_other_url_does_not_get_the_credential(made: Any, service: Upstream, stranger: Upstream) -> None:
    connection = made(service, credential=FROM_VARIABLE)
    with connect(connection, websocket_base_url=socket_url(stranger)) as client:
        copy = client.with_options(websocket_base_url=socket_url(stranger))
        for each in (client, copy):
            with pytest.raises(CallerError, match="go nowhere else"):
                each.realtime.connect(model="gpt-test").enter()
    assert stranger.requests == []


def test_url_of_sockets_is_no_home_for_requests(service: Upstream, stranger: Upstream) -> None:
    connection = openai_at(service, client={"websocket_base_url": socket_url(stranger)})
    with pytest.raises(CallerError, match="go nowhere else"):
        connect(connection, base_url=stranger.url)
    with connect(connection) as client, pytest.raises(CallerError, match="go nowhere else"):
        client.with_options(base_url=stranger.url).models.list()
    assert stranger.requests == []


def test_callers_other_url_with_a_key_of_its_own_is_fine(service: Upstream, stranger: Upstream) -> None:
    with connect(openai_at(service), websocket_base_url=socket_url(stranger), api_key="theirs") as client:
        open_socket(client)
    assert key_headers(stranger) == [{"authorization": "Bearer theirs"}]

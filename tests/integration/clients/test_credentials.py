"""Where an SDK client puts the credential, and where it never goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from connectory import CallerError, Connection, SecretUnavailable, aconnect, connect, execute
from connectory.dialects import own
from connectory.engine.auth import MARK
from tests.integration.connections import KEY, azure_at, azure_v1_at, openai_at, other_at
from tests.upstream import Answer, Received, Upstream, json_answer, running

MESSAGES: Any = [{"role": "user", "content": "Hello there"}]
FROM_VARIABLE = {"api_key": {"env": "THE_KEY"}}


def say(client: openai.OpenAI, **more: Any) -> None:
    client.chat.completions.create(model="gpt-test", messages=MESSAGES, **more)


def key_headers(upstream: Upstream) -> list[dict[str, str | None]]:
    """Of each request, the headers that could carry a credential."""
    names = ("authorization", "api-key")
    return [
        {name: value for name in names if (value := request.header(name)) is not None} for request in upstream.requests
    ]


def anything(_: Received) -> Any:
    async def answer() -> Any:
        return json_answer({"id": "1", "object": "chat.completion", "choices": [], "model": "m", "created": 1})

    return answer()


@pytest.fixture
def stranger() -> Iterator[Upstream]:
    """Another origin, which answers anything."""
    with running(anything) as upstream:
        yield upstream


@pytest.fixture
def open_service() -> Iterator[Upstream]:
    with running(anything) as upstream:
        yield upstream


# One place for each provider


def test_openai_gets_a_bearer(service: Upstream) -> None:
    with connect(openai_at(service)) as client:
        say(client)
    assert key_headers(service) == [{"authorization": f"Bearer {KEY}"}]


@pytest.mark.parametrize("made", [azure_at, azure_v1_at])
def test_azure_gets_an_api_key_and_nothing_else(made: Any, azure_service: Upstream) -> None:
    with connect(made(azure_service)) as client:
        say(client)
    assert key_headers(azure_service) == [{"api-key": "azure-key"}]


@pytest.mark.anyio
@pytest.mark.parametrize("made", [azure_at, azure_v1_at])
async def test_azure_gets_an_api_key_from_async_clients_too(made: Any, azure_service: Upstream) -> None:
    async with aconnect(made(azure_service)) as client:
        await client.chat.completions.create(model="gpt-test", messages=MESSAGES)
    assert key_headers(azure_service) == [{"api-key": "azure-key"}]


@pytest.mark.parametrize("made", [openai_at, other_at])
def test_connection_without_a_credential_sends_none(made: Any, open_service: Upstream) -> None:
    with connect(made(open_service, credential={"kind": "none"})) as client:
        say(client)
        say(client.with_options(timeout=3))
    assert key_headers(open_service) == [{}, {}]


# Secrets that are kept elsewhere


@pytest.mark.parametrize(
    ("made", "header", "scheme"),
    [(openai_at, "authorization", "Bearer "), (azure_at, "api-key", ""), (azure_v1_at, "api-key", "")],
)
def test_key_of_a_variable_is_read_anew_for_every_request(
    made: Any, header: str, scheme: str, open_service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "first")
    with connect(made(open_service, credential=FROM_VARIABLE)) as client:
        say(client)
        monkeypatch.setenv("THE_KEY", "second")
        say(client)
        say(client.with_options(timeout=3))
    assert key_headers(open_service) == [{header: scheme + key} for key in ("first", "second", "second")]
    assert not any(MARK.encode() in request.raw_head for request in open_service.requests)


@pytest.mark.anyio
async def test_key_of_a_file_is_read_anew_for_every_request(open_service: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first\n")
    async with aconnect(openai_at(open_service, credential={"api_key": {"file": str(file)}})) as client:
        await client.chat.completions.create(model="gpt-test", messages=MESSAGES)
        file.write_text("second\n")
        await client.chat.completions.create(model="gpt-test", messages=MESSAGES)
    assert key_headers(open_service) == [{"authorization": "Bearer first"}, {"authorization": "Bearer second"}]


def test_key_that_has_gone_is_an_error_of_ours_at_the_request(
    open_service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "first")
    with connect(openai_at(open_service, credential=FROM_VARIABLE)) as client:
        monkeypatch.delenv("THE_KEY")
        with pytest.raises(SecretUnavailable, match="env:THE_KEY"):
            say(client)
    assert open_service.requests == []


def test_websockets_are_told_the_key_and_not_the_mark(open_service: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "first")
    with connect(openai_at(open_service, credential=FROM_VARIABLE)) as client:
        assert client.auth_headers == {"Authorization": "Bearer first"}


@pytest.mark.parametrize("value", ["a\nb", "schlüssel", "a\x00b", "a\x1bb"])
def test_secret_header_that_cannot_be_sent_is_not_quoted_by_the_error(
    value: str, open_service: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "header"
    file.write_text(value)
    with pytest.raises(SecretUnavailable) as caught:
        connect(openai_at(open_service, headers={"X-Token": {"file": str(file)}}))
    assert value not in str(caught.value)


# What wins over the connection's credential


def test_authorization_among_default_headers_wins_over_the_credential(open_service: Upstream) -> None:
    told = {"default_headers": {"authorization": "Bearer mine"}}
    with connect(openai_at(open_service, client=told, credential=FROM_VARIABLE)) as client:
        say(client)
    assert key_headers(open_service) == [{"authorization": "Bearer mine"}]


@pytest.mark.parametrize("made", [azure_at, azure_v1_at])
def test_api_key_among_default_headers_wins_over_the_credential(made: Any, open_service: Upstream) -> None:
    with connect(made(open_service, client={"default_headers": {"Api-Key": "mine"}})) as client:
        say(client)
        say(client.with_options(timeout=3))
    assert key_headers(open_service) == [{"api-key": "mine"}] * 2


def test_authorization_among_the_connections_headers_loses_to_the_credential(open_service: Upstream) -> None:
    with connect(openai_at(open_service, headers={"authorization": "Bearer other", "X-Team": "a"})) as client:
        say(client)
    assert key_headers(open_service) == [{"authorization": f"Bearer {KEY}"}]
    assert open_service.requests[0].header("x-team") == "a"


def test_header_of_a_connection_without_a_credential_is_sent(open_service: Upstream) -> None:
    document = {"headers": {"Authorization": "Basic abc"}, "credential": {"kind": "none"}}
    with connect(other_at(open_service, **document)) as client:
        say(client)
    assert key_headers(open_service) == [{"authorization": "Basic abc"}]


def test_user_info_of_a_url_is_sent_as_a_header_and_not_in_the_url(open_service: Upstream) -> None:
    url = open_service.url.replace("://", "://us%40er:pass%2Fw@") + "/v1"
    plain = own.read("it", {"provider": "other", "url": url, "model": "m"}, source="a test")
    azure = own.read(
        "it", {"provider": "azure", "url": url.replace("/v1", "/openai/v1"), "credential": {"api_key": "k"}}, source="t"
    )
    for connection in (plain, azure):
        with connect(connection) as client:
            say(client)
        execute(connection, {"model": "m", "messages": MESSAGES})
    basic = "Basic dXNAZXI6cGFzcy93"
    assert key_headers(open_service) == [
        *[{"authorization": basic}] * 2,
        *[{"authorization": basic, "api-key": "k"}] * 2,
    ]
    sent = [(request.target, request.header("host")) for request in open_service.requests]
    host = open_service.url.removeprefix("http://")
    assert sent == [*[("/v1/chat/completions", host)] * 2, *[("/openai/v1/chat/completions", host)] * 2]


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_key_of_a_copy_wins_over_the_connections(made: Any, open_service: Upstream) -> None:
    connection: Connection = made(open_service)
    with connect(connection) as client:
        say(client.with_options(api_key="mine"))
        say(client)
    expected = {name.lower(): value for name, value in [connection.provider.credential_header("mine")]}
    assert key_headers(open_service)[0] == expected
    assert "mine" not in str(key_headers(open_service)[1])


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_key_given_to_connect_wins_over_the_connections(made: Any, open_service: Upstream) -> None:
    connection: Connection = made(open_service)
    with connect(connection, api_key="mine") as client:
        say(client)
    assert key_headers(open_service) == [
        {connection.provider.key_header.lower(): f"{connection.provider.key_scheme}mine"}
    ]


def test_header_of_one_call_wins_over_the_credential(open_service: Upstream) -> None:
    with connect(openai_at(open_service)) as client:
        say(client, extra_headers={"Authorization": "Bearer mine"})
    assert key_headers(open_service) == [{"authorization": "Bearer mine"}]


@pytest.mark.parametrize("made", [azure_at, azure_v1_at])
def test_header_of_a_copy_wins_over_the_credential_in_any_case(made: Any, open_service: Upstream) -> None:
    with connect(made(open_service)) as client:
        say(client.with_options(default_headers={"Api-Key": "mine"}))
    assert key_headers(open_service) == [{"api-key": "mine"}]


@pytest.mark.parametrize(
    ("made", "header"), [(openai_at, "Authorization"), (azure_at, "Api-Key"), (azure_v1_at, "api-key")]
)
def test_one_call_may_leave_the_credential_out(made: Any, header: str, open_service: Upstream) -> None:
    with connect(made(open_service)) as client:
        say(client, extra_headers={header: openai.Omit()})
    assert key_headers(open_service) == [{}]


def test_function_for_the_key_is_asked_for_every_request(open_service: Upstream) -> None:
    keys = iter(["one", "two"])
    with connect(openai_at(open_service), api_key=lambda: next(keys)) as client:
        say(client)
        say(client)
    assert key_headers(open_service) == [{"authorization": "Bearer one"}, {"authorization": "Bearer two"}]


def test_function_at_azure_v1_gives_tokens(azure_service: Upstream) -> None:
    with connect(azure_v1_at(azure_service), api_key=lambda: "entra-token") as client:
        say(client)
    assert key_headers(azure_service) == [{"authorization": "Bearer entra-token"}]


# A credential of another kind, given to connect


def test_entra_token_takes_the_place_of_the_key(open_service: Upstream) -> None:
    with connect(azure_at(open_service), azure_ad_token="mine") as client:
        say(client)
    assert key_headers(open_service) == [{"authorization": "Bearer mine"}]


def test_workload_identity_takes_the_place_of_the_key(open_service: Upstream) -> None:
    identity: Any = {
        "identity_provider_id": "idp",
        "service_account_id": "sa",
        "provider": {"token_type": "jwt", "get_token": lambda: "subject"},
    }
    with connect(openai_at(open_service), workload_identity=identity) as client:
        assert client.workload_identity == identity
        assert KEY not in client.api_key


def test_azure_endpoint_takes_the_place_of_the_url(open_service: Upstream, stranger: Upstream) -> None:
    with connect(azure_at(open_service), azure_endpoint=stranger.url, api_key="theirs") as client:
        say(client)
    assert key_headers(stranger) == [{"api-key": "theirs"}]
    with pytest.raises(CallerError, match="go nowhere else"):
        connect(azure_at(open_service), azure_endpoint=stranger.url)


def test_region_takes_the_place_of_the_url_and_is_another_origin(open_service: Upstream) -> None:
    with connect(openai_at(open_service), data_residency="eu", api_key="theirs") as client:
        assert str(client.base_url) == "https://eu.api.openai.com/v1/"
    with pytest.raises(CallerError, match="go nowhere else"):
        connect(openai_at(open_service), data_residency="eu")


# A client of one's own


def test_http_client_of_ones_own_is_used(service: Upstream) -> None:
    with httpx2.Client(headers={"X-Mine": "1"}) as own, connect(openai_at(service), http_client=own) as client:
        say(client)
    assert key_headers(service) == [{"authorization": f"Bearer {KEY}"}]


@pytest.mark.parametrize("made", [azure_at, azure_v1_at])
def test_azure_gets_an_api_key_through_a_client_of_ones_own(made: Any, azure_service: Upstream) -> None:
    with httpx2.Client() as own, connect(made(azure_service), http_client=own) as client:
        say(client)
    assert key_headers(azure_service) == [{"api-key": "azure-key"}]


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_http_client_of_ones_own_gets_the_key_as_it_is_when_the_client_is_made(
    made: Any, open_service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "first")
    connection: Connection = made(open_service, credential=FROM_VARIABLE)
    with httpx2.Client() as own, connect(connection, http_client=own) as client:
        say(client)
    name, value = connection.provider.credential_header("first")
    assert key_headers(open_service) == [{name.lower(): value}]


def test_key_given_later_to_a_client_without_a_credential_is_sent(open_service: Upstream) -> None:
    with connect(other_at(open_service, credential={"kind": "none"})) as client:
        say(client.with_options(api_key="later"))
        client.api_key = "set"
        say(client)
    assert key_headers(open_service) == [{"authorization": "Bearer later"}, {"authorization": "Bearer set"}]


def test_http_client_of_ones_own_sends_no_credential_where_there_is_none(open_service: Upstream) -> None:
    connection = other_at(open_service, credential={"kind": "none"})
    with httpx2.Client() as own, connect(connection, http_client=own) as client:
        say(client)
        say(client.with_options(timeout=3))
    assert key_headers(open_service) == [{}, {}]


def test_http_client_of_ones_own_goes_with_a_key_of_ones_own(service: Upstream) -> None:
    connection = openai_at(service, credential=FROM_VARIABLE)
    with httpx2.Client() as own, connect(connection, http_client=own, api_key=KEY) as client:
        say(client)
    assert key_headers(service) == [{"authorization": f"Bearer {KEY}"}]


# A credential stays at its origin


@pytest.mark.parametrize("given", [{}, {"api_key": None}, {"http_client": httpx2.Client()}])
def test_another_url_needs_a_key_of_its_own(given: dict[str, Any], service: Upstream, stranger: Upstream) -> None:
    with pytest.raises(CallerError, match="go nowhere else"):
        connect(openai_at(service), base_url=f"{stranger.url}/v1", **given)


def test_another_url_with_a_key_of_its_own_is_fine(service: Upstream, stranger: Upstream) -> None:
    with connect(openai_at(service), base_url=f"{stranger.url}/v1", api_key="theirs") as client:
        say(client)
    assert key_headers(stranger) == [{"authorization": "Bearer theirs"}]


def test_another_path_of_the_same_origin_needs_no_other_key(open_service: Upstream) -> None:
    with connect(openai_at(open_service), base_url=f"{open_service.url}/elsewhere") as client:
        say(client)
    assert open_service.requests[0].path == "/elsewhere/chat/completions"


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_copy_with_an_http_client_of_ones_own_does_not_take_the_credential_along_either(
    made: Any, open_service: Upstream, stranger: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "first")
    connection: Connection = made(open_service, credential=FROM_VARIABLE, headers={"x-api-key": "secret"})
    with httpx2.Client() as own, connect(connection, http_client=own) as client:
        for copy in (
            client.with_options(base_url=stranger.url),
            client.with_options(base_url=stranger.url, api_key="k"),
        ):
            with pytest.raises(CallerError, match="go nowhere else"):
                say(copy)
    assert stranger.requests == []


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_copy_for_another_url_does_not_take_the_credential_along(
    made: Any, open_service: Upstream, stranger: Upstream
) -> None:
    with connect(made(open_service)) as client, pytest.raises(CallerError, match="go nowhere else"):
        say(client.with_options(base_url=f"{stranger.url}/v1"))
    assert stranger.requests == []


@pytest.mark.parametrize(
    "document",
    [
        {"headers": {"X-Token": {"env": "THE_KEY"}}},
        {"headers": {"x-api-key": "secret"}},
        {"client": {"default_headers": {"cookie": "secret"}}},
    ],
)
def test_copy_for_another_url_does_not_take_other_secrets_along(
    document: dict[str, Any], open_service: Upstream, stranger: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "secret")
    with connect(openai_at(open_service, **document)) as client, pytest.raises(CallerError):
        say(client.with_options(base_url=f"{stranger.url}/v1", api_key="mine"))
    assert stranger.requests == []


def test_admin_key_stays_at_its_origin_too(open_service: Upstream, stranger: Upstream) -> None:
    with connect(openai_at(open_service, client={"admin_api_key": "admin"})) as client, pytest.raises(CallerError):
        client.with_options(base_url=f"{stranger.url}/v1").admin.organization.projects.list()
    assert stranger.requests == []


@pytest.mark.parametrize("change", [str.upper, lambda url: url.replace("localhost", "LocalHost")])
def test_origin_has_no_case(change: Any) -> None:
    with running(anything, host="localhost") as upstream:
        with connect(openai_at(change(upstream.url), credential=FROM_VARIABLE), api_key="k") as client:
            say(client)
        assert key_headers(upstream) == [{"authorization": "Bearer k"}]


@pytest.mark.parametrize("made", [openai_at, azure_at, azure_v1_at])
def test_redirect_is_not_followed_even_where_a_call_asks_for_it(made: Any, stranger: Upstream) -> None:
    async def elsewhere(_: Received) -> Answer:
        return Answer(status=307, headers=(("Location", f"{stranger.url}/v1/models"),))

    with (
        running(elsewhere) as upstream,
        connect(made(upstream, headers={"x-api-key": "secret"})) as client,
        pytest.raises(openai.APIStatusError),
    ):
        client.get("/models", cast_to=object, options={"follow_redirects": True})
    assert stranger.requests == []


def test_redirect_is_not_followed(service: Upstream) -> None:
    with connect(openai_at(service)) as client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="redirect", messages=MESSAGES)
    assert caught.value.status_code == 302
    assert len(service.requests) == 1

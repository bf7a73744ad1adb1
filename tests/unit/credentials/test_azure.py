"""The token of a managed identity, from Azure's metadata service."""

from __future__ import annotations

import pytest

from connectory.credential import TokenRequest, TokenResponse
from connectory.errors import ServiceUnreachable, SubjectTokenUnavailable, TimedOut
from connectory.secret import Secret
from connectory.subject_token import SubjectToken
from connectory.subject_tokens.azure import AzureToken
from tests.unit.credentials.driving import Driven, answer, context, shown

FAILED = "Failed to fetch Azure subject token from IMDS: "
ORIGIN = "http://169.254.169.254"


def asked(source: AzureToken, *, azure_metadata_url: str | None = None) -> TokenRequest:
    driven = Driven([answer({"access_token": "az"})])
    driven.run(source.flow(context(azure_metadata_url=azure_metadata_url)))
    [request] = driven.requests
    return request


def failure(response: TokenResponse | Exception) -> SubjectTokenUnavailable:
    with pytest.raises(SubjectTokenUnavailable) as caught:
        Driven([response]).run(AzureToken().flow(context()))
    return caught.value


def test_the_token_is_a_jwt() -> None:
    driven = Driven([answer({"access_token": "az"})])
    assert driven.run(AzureToken().flow(context())) == SubjectToken(value=Secret("az"), type="jwt")


def test_the_metadata_service_is_asked_past_every_proxy() -> None:
    assert asked(AzureToken()) == TokenRequest(
        method="GET",
        url="http://169.254.169.254/metadata/identity/oauth2/token"
        "?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F",
        headers={"Metadata": "true"},
        direct=True,
    )


def test_the_identity_is_named_after_the_resource() -> None:
    source = AzureToken(
        resource="https://cognitiveservices.azure.com/",
        client_id="c",
        object_id="o",
        msi_res_id="m",
        api_version="2019-08-01",
    )
    assert asked(source).url.partition("?")[2] == (
        "api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F&object_id=o&client_id=c&msi_res_id=m"
    )


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/metadata/identity/oauth2/token"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/metadata/identity/oauth2/token"),
        ("http://127.0.0.1:8000/msi/token", "http://127.0.0.1:8000/msi/token"),
    ],
)
def test_the_operator_may_say_where_the_service_is(given: str, place: str) -> None:
    assert asked(AzureToken(), azure_metadata_url=given).url.partition("?")[0] == place


def test_a_status_is_named() -> None:
    error = failure(answer({"error": "invalid_request", "error_description": "Identity not found"}, 400))
    assert str(error) == (
        f"{FAILED}HTTP 400 (Identity not found); check that the machine has the managed identity, and `resource`."
    )


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_every_status_is_named(status: int) -> None:
    assert str(failure(answer("", status))).startswith(f"{FAILED}HTTP {status}")


@pytest.mark.parametrize("body", ["<html>", "[]", "", b"\xff", "[" * 100_000])
def test_an_answer_that_is_no_object_is_named(body: str | bytes) -> None:
    assert str(failure(answer(body))) == f"{FAILED}its answer is no JSON object, so something else answers there."


@pytest.mark.parametrize("token", [None, "", " ", 7])
def test_an_answer_without_a_token_is_named(token: object) -> None:
    error = failure(answer({"access_token": token, "refresh_token": "canary"}))
    assert str(error) == f"{FAILED}Azure IMDS response did not include an access_token."
    assert "canary" not in shown(error)


def test_a_service_that_takes_too_long_is_named() -> None:
    error = failure(TimedOut(ORIGIN, "nothing was heard within 10 s"))
    assert str(error) == (f"{FAILED}timed out (nothing was heard within 10 s); it answers on machines in Azure only.")


def test_a_service_that_is_not_there_is_the_cause() -> None:
    unreachable = ServiceUnreachable(ORIGIN, "no route to host")
    assert failure(unreachable).__cause__ is unreachable

"""Workload identity: a source's token is exchanged for OpenAI's."""

from __future__ import annotations

import math

import pytest

from connectory.credential import Token, TokenRequest
from connectory.credentials.workload_identity import WorkloadIdentity
from connectory.errors import ServiceUnreachable, SubjectTokenUnavailable, TokenExchangeFailed
from connectory.secret import Secret
from connectory.subject_token import SubjectToken
from connectory.subject_tokens.custom import CustomToken
from connectory.subject_tokens.kubernetes import KubernetesToken
from tests.unit.credentials.driving import Driven, FixedToken, answer, context, document, shown

GOOD = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600}


def identity(token: str = "subject-1", *, type: str = "jwt", **settings: object) -> WorkloadIdentity:
    source = FixedToken(token=SubjectToken(value=Secret(token), type=type))
    ids = {"identity_provider_id": "idp-123", "service_account_id": "sa-456"}
    return WorkloadIdentity(**{"source": source, **ids, **settings})  # type: ignore[arg-type]


def asked(credential: WorkloadIdentity, *, exchange_url: str | None = None) -> TokenRequest:
    driven = Driven([answer(GOOD)])
    driven.run(credential.flow(context(exchange_url=exchange_url)))
    [request] = driven.requests
    return request


def test_the_subject_token_is_exchanged_as_the_sdk_does() -> None:
    request = asked(identity())
    assert (request.method, request.url, request.direct) == ("POST", "https://auth.openai.com/oauth/token", False)
    assert request.headers["Content-Type"] == "application/json"
    assert document(request) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "subject-1",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "identity_provider_id": "idp-123",
        "service_account_id": "sa-456",
    }


def test_an_identity_token_is_named_as_one() -> None:
    expected = "urn:ietf:params:oauth:token-type:id_token"
    assert document(asked(identity(type="id")))["subject_token_type"] == expected


def test_the_request_carries_no_credential_in_its_headers() -> None:
    assert set(asked(identity()).headers) == {"Content-Type", "Accept"}


def test_the_answer_is_the_token_and_its_life() -> None:
    driven = Driven([answer(GOOD)])
    assert driven.run(identity().flow(context())) == Token(value=Secret("at-1"), expires_in=3600.0)


def test_the_operators_exchange_is_asked() -> None:
    assert asked(identity(), exchange_url="https://op.example/t").url == "https://op.example/t"


@pytest.mark.parametrize("given", ["https://op.example", "https://op.example/"])
def test_an_exchange_without_a_path_has_openais(given: str) -> None:
    assert asked(identity(), exchange_url=given).url == "https://op.example/oauth/token"


def test_the_documents_exchange_goes_before_the_operators() -> None:
    credential = identity(exchange_url="https://own.example/t")
    assert asked(credential, exchange_url="https://op.example/t").url == "https://own.example/t"


@pytest.mark.parametrize("token", ["", " \n"])
def test_an_empty_subject_token_is_not_exchanged(token: str) -> None:
    driven = Driven([])
    with pytest.raises(SubjectTokenUnavailable) as caught:
        driven.run(identity(token).flow(context()))
    assert str(caught.value) == (
        "The workload identity provider returned an empty subject token; it came from the test."
    )
    assert driven.requests == []


def test_a_source_that_has_no_token_ends_the_conversation() -> None:
    credential = identity(source=KubernetesToken(token_file_path="/nowhere/token"))
    driven = Driven([])
    with pytest.raises(SubjectTokenUnavailable, match="Failed to read the token file at /nowhere/token: "):
        driven.run(credential.flow(context()))


def test_an_exchange_that_cannot_be_reached_is_an_error_of_the_network() -> None:
    driven = Driven([ServiceUnreachable("https://auth.openai.com", "connection refused")])
    with pytest.raises(ServiceUnreachable):
        driven.run(identity().flow(context()))


def test_no_error_repeats_the_subject_token() -> None:
    subject = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
    driven = Driven([answer({"error": "invalid_grant", "error_description": f"bad token: {subject}"}, 400)])
    with pytest.raises(TokenExchangeFailed) as caught:
        driven.run(identity(subject).flow(context()))
    assert "eyJzdWIi" not in shown(caught.value)


def test_neither_token_is_in_the_representations() -> None:
    credential = identity("very-secret-subject")
    driven = Driven([answer(GOOD | {"access_token": "very-secret-token"})])
    token = driven.run(credential.flow(context()))
    assert "very-secret" not in f"{credential!r} {token!r} {credential.source!r}"


def test_the_refresh_buffer_is_that_of_the_sdk() -> None:
    assert identity().refresh_buffer == 1200.0


def test_the_refresh_buffer_is_a_setting() -> None:
    assert identity(refresh_buffer_seconds=60.0).refresh_buffer == 60.0


def test_a_refresh_buffer_below_zero_is_allowed() -> None:
    assert list(identity(refresh_buffer_seconds=-100.0).problems()) == []


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
def test_a_refresh_buffer_that_is_no_number_is_a_problem(seconds: float) -> None:
    assert [problem.path for problem in identity(refresh_buffer_seconds=seconds).problems()] == [
        "refresh_buffer_seconds"
    ]


def test_an_exchange_that_is_no_url_is_a_problem() -> None:
    assert [str(problem) for problem in identity(exchange_url="auth.example.com").problems()] == [
        "exchange_url: must begin with `http://` or `https://`"
    ]


def test_it_reads_what_its_source_reads() -> None:
    assert identity().reads == "the test"


def test_it_prepares_its_source() -> None:
    with pytest.raises(SubjectTokenUnavailable, match="getcwd doesn't look like a module path"):
        identity(source=CustomToken(token_provider="getcwd")).prepare()


def test_its_token_is_asked_for_and_is_no_key() -> None:
    assert (identity().exchanged, identity().sockets, identity().fixed_key(), identity().silent) == (
        True,
        False,
        None,
        False,
    )

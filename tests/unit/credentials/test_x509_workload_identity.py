"""Workload identity by certificate: nothing is sent but the two ids, for TLS has shown the certificate."""

from __future__ import annotations

import math

import pytest

from connectory.credential import Token, TokenRequest
from connectory.credentials.x509_workload_identity import X509WorkloadIdentity
from connectory.errors import TokenExchangeFailed, TokenExchangeRefused
from connectory.secret import Secret
from tests.unit.credentials.driving import Driven, answer, context, document

GOOD = {"access_token": "xt-1", "token_type": "Bearer", "expires_in": 3600}


def identity(**settings: object) -> X509WorkloadIdentity:
    return X509WorkloadIdentity(**{"identity_provider_id": "idp", "service_account_id": "sa", **settings})  # type: ignore[arg-type]


def asked(credential: X509WorkloadIdentity, *, exchange_url: str | None = None) -> TokenRequest:
    driven = Driven([answer(GOOD)])
    driven.run(credential.flow(context(exchange_url=exchange_url)))
    [request] = driven.requests
    return request


def test_the_certificate_is_exchanged_as_the_sdk_does() -> None:
    request = asked(identity())
    assert (request.method, request.url) == ("POST", "https://mtls.auth.openai.com/oauth/token")
    assert document(request) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:openai:params:oauth:token-type:x509",
        "identity_provider_id": "idp",
        "service_account_id": "sa",
    }
    assert set(request.headers) == {"Content-Type", "Accept"}


def test_the_answer_is_the_token_and_its_life() -> None:
    driven = Driven([answer(GOOD)])
    assert driven.run(identity().flow(context())) == Token(value=Secret("xt-1"), expires_in=3600.0)


def test_the_documents_exchange_goes_before_the_operators() -> None:
    urls = [
        asked(each, exchange_url="https://op/t").url for each in (identity(), identity(exchange_url="https://me/t"))
    ]
    assert urls == ["https://op/t", "https://me/t"]


def test_a_refusal_names_the_certificate() -> None:
    driven = Driven([answer({"error": "invalid_client"}, 400)])
    with pytest.raises(TokenExchangeRefused) as caught:
        driven.run(identity().flow(context()))
    assert str(caught.value) == (
        "OAuth authentication error. (invalid_client); https://mtls.auth.openai.com gave no token: check "
        "`identity_provider_id`, `service_account_id`, and that the provider trusts the client certificate."
    )


def test_a_token_with_a_blank_is_none() -> None:
    driven = Driven([answer({"access_token": "a b", "expires_in": 60})])
    with pytest.raises(TokenExchangeFailed, match=r"^X\.509 token exchange response did not include a valid Bearer"):
        driven.run(identity().flow(context()))


def test_the_api_is_where_certificates_are_asked_for() -> None:
    assert X509WorkloadIdentity.default_urls == {
        "global": "https://mtls.api.openai.com/v1",
        "us": "https://mtls-us.api.openai.com/v1",
        "eu": "https://mtls-eu.api.openai.com/v1",
    }


@pytest.mark.parametrize("url", ["http://mtls.auth.openai.com/oauth/token", "http://127.0.0.1/oauth/token"])
def test_an_exchange_without_tls_is_a_problem(url: str) -> None:
    assert [str(problem) for problem in identity(exchange_url=url).problems()] == [
        "exchange_url: must begin with `https://`"
    ]


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
def test_the_refresh_buffer_is_finite_and_not_below_zero(seconds: float) -> None:
    assert [str(problem) for problem in identity(refresh_buffer_seconds=seconds).problems()] == [
        "refresh_buffer_seconds: X.509 workload identity requires a finite, non-negative refresh buffer"
    ]


def test_it_is_not_taken_for_sockets() -> None:
    assert (identity().sockets, identity().exchanged) == (False, True)


def test_its_defaults_have_no_problems() -> None:
    assert (list(identity().problems()), identity().refresh_buffer) == ([], 1200.0)

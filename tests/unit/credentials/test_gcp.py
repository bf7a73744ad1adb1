"""The identity token of a machine in Google Cloud, from its metadata server."""

from __future__ import annotations

import pytest

from connectory.credential import TokenRequest, TokenResponse
from connectory.errors import NameNotResolved, SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.subject_token import SubjectToken
from connectory.subject_tokens.gcp import GCPToken
from tests.unit.credentials.driving import Driven, answer, context

FAILED = "Failed to fetch GCP subject token from metadata server: "
PATH = "/computeMetadata/v1/instance/service-accounts/default/identity"


def asked(source: GCPToken, *, gcp_metadata_url: str | None = None) -> TokenRequest:
    driven = Driven([answer("gt")])
    driven.run(source.flow(context(gcp_metadata_url=gcp_metadata_url)))
    [request] = driven.requests
    return request


def failure(response: TokenResponse | Exception) -> SubjectTokenUnavailable:
    with pytest.raises(SubjectTokenUnavailable) as caught:
        Driven([response]).run(GCPToken().flow(context()))
    return caught.value


def test_the_token_is_an_identity_token_less_the_blanks_around_it() -> None:
    driven = Driven([answer(" gt\n")])
    assert driven.run(GCPToken().flow(context())) == SubjectToken(value=Secret("gt"), type="id")


def test_the_metadata_server_is_asked_past_every_proxy() -> None:
    assert asked(GCPToken()) == TokenRequest(
        method="GET",
        url=f"http://metadata.google.internal{PATH}?audience=https%3A%2F%2Fapi.openai.com%2Fv1",
        headers={"Metadata-Flavor": "Google"},
        direct=True,
    )


def test_the_audience_is_a_setting() -> None:
    assert asked(GCPToken(audience="a&b")).url.endswith("?audience=a%26b")


@pytest.mark.parametrize(
    ("given", "place"), [("http://h:1", f"http://h:1{PATH}"), ("http://h:1/own?x=1", "http://h:1/own?x=1&")]
)
def test_the_operator_may_say_where_the_server_is(given: str, place: str) -> None:
    assert asked(GCPToken(), gcp_metadata_url=given).url.startswith(place)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_status_is_named(status: int) -> None:
    assert str(failure(answer("", status))).startswith(f"{FAILED}HTTP {status}")


@pytest.mark.parametrize("body", ["", " \n"])
def test_an_empty_answer_is_named(body: str) -> None:
    assert str(failure(answer(body))) == f"{FAILED}GCP metadata server returned an empty token."


@pytest.mark.parametrize("body", ["<title>Sign in</title>", "a\nb", b"a\xff"])
def test_an_answer_that_is_no_token_is_named_and_not_shown(body: str | bytes) -> None:
    assert str(failure(answer(body))) == f"{FAILED}its answer is no token, so something else answers there."


def test_a_server_that_is_not_there_is_named() -> None:
    error = failure(NameNotResolved("http://metadata.google.internal", "unknown name"))
    assert str(error) == f"{FAILED}unknown name; it answers on machines in Google Cloud only."

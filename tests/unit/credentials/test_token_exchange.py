"""What the answer of a token exchange comes to: a token, or a sentence that never repeats what was sent."""

from __future__ import annotations

import pytest

from connectory.credential import Token, TokenResponse
from connectory.errors import TokenExchangeFailed, TokenExchangeRefused
from connectory.secret import Secret
from connectory.wire.token_exchange import OPENAI, OPENAI_X509, TokenService, token_of
from tests.unit.credentials.driving import answer, shown

URL = "https://auth.openai.com/oauth/token"
SUBJECT = "opaque-subject-token-0815"
GOOD = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600}


def read(response: TokenResponse, service: TokenService = OPENAI) -> Token:
    return token_of(response, url=URL, service=service, hidden=[Secret(SUBJECT)])


def failure(response: TokenResponse, service: TokenService = OPENAI) -> TokenExchangeFailed:
    with pytest.raises(TokenExchangeFailed) as caught:
        read(response, service)
    return caught.value


def refusal(body: object, status: int = 400, service: TokenService = OPENAI) -> TokenExchangeRefused:
    error = failure(answer(body, status), service)
    assert isinstance(error, TokenExchangeRefused)
    return error


each_service = pytest.mark.parametrize("service", [OPENAI, OPENAI_X509], ids=["subject token", "x509"])


@each_service
def test_a_good_answer_is_a_token_and_its_life(service: TokenService) -> None:
    assert read(answer(GOOD), service) == Token(value=Secret("at-1"), expires_in=3600.0)


@each_service
def test_the_token_type_may_be_left_out(service: TokenService) -> None:
    assert read(answer({"access_token": "at", "expires_in": 0.5}), service).expires_in == 0.5


@each_service
def test_the_token_type_has_no_case(service: TokenService) -> None:
    assert read(answer(GOOD | {"token_type": "BEARER"}), service).value == Secret("at-1")


def test_any_answer_of_2xx_may_hold_a_token() -> None:
    assert read(answer(GOOD, 201)).value == Secret("at-1")


@each_service
@pytest.mark.parametrize("status", [408, 409, 418, 429, 500, 503])
def test_other_statuses_are_named(status: int, service: TokenService) -> None:
    assert failure(answer(b"", status), service).message == f"Token exchange failed with status {status}"


def test_a_redirect_is_an_error() -> None:
    assert str(failure(answer("", 302))) == (
        "Token exchange failed with status 302; https://auth.openai.com gave no token: redirects are not followed, "
        "so the URL must be the one that they lead to."
    )


@pytest.mark.parametrize(
    "body",
    [{"error": {"message": "overloaded"}}, {"message": "overloaded"}, {"error_description": "overloaded"}],
)
def test_what_the_service_says_stands_behind_its_status(body: object) -> None:
    assert failure(answer(body, 503)).message == "Token exchange failed with status 503: overloaded"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_says_what_the_service_said(status: int) -> None:
    error = refusal({"error": "invalid_grant", "error_description": "subject token expired"}, status)
    assert (error.message, error.error_code, error.status, error.origin) == (
        "subject token expired",
        "invalid_grant",
        status,
        "https://auth.openai.com",
    )


def test_a_refusal_says_how_to_mend_it() -> None:
    assert str(refusal({"error": "invalid_grant", "error_description": "subject token expired"})) == (
        "subject token expired (invalid_grant); https://auth.openai.com gave no token: check `identity_provider_id`, "
        "`service_account_id`, and what that provider expects of the workload's token."
    )


@pytest.mark.parametrize(
    "body",
    [
        "denied",
        "",
        '"denied"',
        [1],
        {"error_description": None},
        {"error_description": " "},
        {"error_description": 7},
        b"\xff\xfe",
        "[" * 100_000,
        '{"a": NaN',
    ],
)
def test_a_refusal_without_words_has_those_of_the_sdk(body: object) -> None:
    assert refusal(body, 403).message == "OAuth authentication error. (status 403)"


@pytest.mark.parametrize("status", [200, 403, 502])
def test_what_a_web_page_says_is_told(status: int) -> None:
    page = answer("<html><head><title>Access blocked by the proxy</title></head></html>", status)
    with pytest.raises(TokenExchangeFailed, match="a web page says Access blocked by the proxy"):
        token_of(page, url=URL, service=OPENAI)


def test_what_a_refusal_says_in_other_words_than_oauths_is_told() -> None:
    message = refusal({"error": {"message": "Bad provider"}}, 400).message
    assert message == "OAuth authentication error. (status 400: Bad provider)"


def test_a_refusal_with_only_a_code_keeps_the_code() -> None:
    error = refusal({"error": "invalid_client"}, service=OPENAI_X509)
    assert (error.message, error.error_code) == ("OAuth authentication error.", "invalid_client")


@pytest.mark.parametrize("code", [7, None, {"message": "x"}, "", "two words", "x" * 101, "ä", "a\nb"])
def test_a_code_that_is_none_is_left_out(code: object) -> None:
    assert refusal({"error": code}).error_code is None


@each_service
@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_answer_is_named(body: bytes, service: TokenService) -> None:
    assert failure(answer(body), service).message == "Token exchange succeeded but response body was empty"


@each_service
@pytest.mark.parametrize(
    "body", ["<html>", "[]", '"text"', "null", "7", b"\xff\xfe\xfd", "[" * 100_000, '{"a":' * 9999]
)
def test_an_answer_that_is_no_object_is_named(body: str | bytes, service: TokenService) -> None:
    assert failure(answer(body), service).message == "Token exchange succeeded but response body was not a JSON object"


@each_service
@pytest.mark.parametrize("token", [None, "", 7, True, ["at"], {"at": 1}])
def test_an_answer_without_a_token_is_named(token: object, service: TokenService) -> None:
    error = failure(answer(GOOD | {"access_token": token}), service)
    assert error.message == "Token exchange response did not include a valid access_token"


def test_an_answer_with_a_life_only_is_named() -> None:
    error = failure(answer({"expires_in": 60}))
    assert error.message == "Token exchange response did not include a valid access_token"


UNSENDABLE = pytest.mark.parametrize("token", ["a b", " a", "a\n", "a\x00", "tökén", "\ud800", "a\x7f", "\u200b"])


@UNSENDABLE
def test_a_token_that_no_header_can_carry_is_none(token: str) -> None:
    error = failure(answer(GOOD | {"access_token": token}))
    assert error.message == "Token exchange response did not include a valid access_token"


@UNSENDABLE
def test_a_token_for_a_certificate_has_the_characters_of_a_bearer_token(token: str) -> None:
    error = failure(answer(GOOD | {"access_token": token}), OPENAI_X509)
    assert error.message == "X.509 token exchange response did not include a valid Bearer access_token"


def test_a_token_for_a_certificate_has_an_equals_sign_at_its_end_only() -> None:
    assert read(answer(GOOD | {"access_token": "a+/._~-9=="}), OPENAI_X509).value == Secret("a+/._~-9==")
    assert failure(answer(GOOD | {"access_token": "a=b"}), OPENAI_X509)


LIVES = pytest.mark.parametrize(
    "life", ["null", '"3600"', "true", "false", "[]", "NaN", "Infinity", "-Infinity", "1e999"]
)


@LIVES
def test_a_life_that_is_no_number_is_named(life: str) -> None:
    error = failure(answer(f'{{"access_token": "at", "expires_in": {life}}}'))
    assert error.message == "Token exchange response did not include a valid expires_in"


@LIVES
def test_a_life_that_is_no_number_is_named_for_a_certificate(life: str) -> None:
    error = failure(answer(f'{{"access_token": "at", "expires_in": {life}}}'), OPENAI_X509)
    assert error.message == "X.509 token exchange response did not include a positive, finite expires_in"


def test_a_life_of_ten_thousand_digits_is_no_number() -> None:
    error = failure(answer(b'{"access_token": "at", "expires_in": ' + b"9" * 10_000 + b"}"))
    assert error.message == "Token exchange response did not include a valid expires_in"


@pytest.mark.parametrize("life", [0, -1, -0.5])
def test_a_token_that_has_expired_already_is_unusable(life: float) -> None:
    assert failure(answer(GOOD | {"expires_in": life})).message == (
        "Token exchange response did not include a valid expires_in (Token is unusable after refresh completed)"
    )


def test_a_token_for_a_certificate_has_a_life() -> None:
    error = failure(answer(GOOD | {"expires_in": 0}), OPENAI_X509)
    assert error.message == "X.509 token exchange response did not include a positive, finite expires_in"


@pytest.mark.parametrize("kind", ["mac", "", None, 7, "Bearer "])
def test_another_type_of_token_is_named(kind: object) -> None:
    error = failure(answer(GOOD | {"token_type": kind}))
    assert error.message == "Token exchange response must use the Bearer token type"


def test_another_type_of_token_is_named_for_a_certificate() -> None:
    error = failure(answer(GOOD | {"token_type": "mac"}), OPENAI_X509)
    assert error.message == "X.509 token exchange response must use the Bearer token type"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
@pytest.mark.parametrize(
    "words", [SUBJECT, f"the token {SUBJECT} is bad", f"Bearer {SUBJECT}", f"?t={SUBJECT}&x", f"{'x' * 490}{SUBJECT}"]
)
def test_no_error_repeats_the_subject_token(words: str, status: int) -> None:
    body = {"error": words, "error_description": words, "message": words}
    assert SUBJECT[:12] not in shown(failure(answer(body, status)))


def test_no_error_has_the_subject_token_as_its_code() -> None:
    assert SUBJECT not in shown(refusal({"error": SUBJECT}))


def test_no_error_repeats_a_key() -> None:
    key = "sk-proj-Abc123Abc123Abc123"
    jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
    error = refusal({"error": jwt, "error_description": f"{key} and {jwt}"})
    assert error.message == "sk-*** and ***"
    assert jwt not in shown(error)


def test_no_error_holds_the_token_of_a_bad_answer() -> None:
    error = failure(answer({"access_token": "at-very-secret", "expires_in": None}))
    assert "at-very-secret" not in shown(error)


def test_a_short_subject_token_is_hidden_where_it_is_all_that_is_said() -> None:
    with pytest.raises(TokenExchangeRefused) as caught:
        token_of(answer({"error_description": "s3"}, 400), url=URL, service=OPENAI, hidden=[Secret("s3")])
    assert caught.value.message == "OAuth authentication error. (status 400)"


def test_the_words_of_a_service_are_one_line_of_300_characters() -> None:
    error = refusal({"error_description": f"\n{'a ' * 400}\nTrace ID: 1"})
    assert len(error.message) <= 300
    assert error.message.isprintable()

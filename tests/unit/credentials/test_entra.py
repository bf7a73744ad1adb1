"""Entra: an application signs in with a secret or a certificate, or a machine by its managed identity."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import traceback
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from connectory.credential import Token, TokenRequest, TokenResponse
from connectory.credentials.entra import Entra
from connectory.errors import (
    CertificateUnusable,
    SecretUnavailable,
    ServiceUnreachable,
    TokenExchangeFailed,
    TokenExchangeRefused,
)
from connectory.secret import Secret
from tests.unit.credentials.driving import Driven, answer, context, shown
from tests.upstream import certificates
from tests.upstream.certificates import Identity

TENANT = "5d929ae3-b37c-46aa-a3c8-c1558902f101"
URL = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
NOW = int(time.time()) + 0.5
"""The certificates here are good from today on."""
SECRET = "s3cr~et.with_/&="
GOOD = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "entra-1"}
WRONG_SECRET = {
    "error": "invalid_client",
    "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0\r\nCorrelation ID: 1",
    "error_codes": [7000215],
}


@pytest.fixture(scope="module")
def issuer() -> Identity:
    return certificates.authority("Test Root")


@pytest.fixture(scope="module")
def proof(issuer: Identity) -> Identity:
    return certificates.client("app", issuer=issuer, key=certificates.rsa_key())


def both(identity: Identity) -> str:
    return identity.pem + identity.key_pem


def application(**settings: Any) -> Entra:
    proof = {} if "client_certificate" in settings else {"client_secret": Secret(SECRET)}
    return Entra(**{"tenant_id": TENANT, "client_id": "app-1", **proof, **settings})


def asked(
    credential: Entra, *, classic: bool = False, now: float = NOW, azure_metadata_url: str | None = None
) -> TokenRequest:
    driven = Driven([answer(GOOD)])
    driven.run(credential.flow(context(classic=classic, now=now, azure_metadata_url=azure_metadata_url)))
    [request] = driven.requests
    return request


def form(request: TokenRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


def failure(response: TokenResponse | Exception, credential: Entra | None = None) -> TokenExchangeFailed:
    with pytest.raises(TokenExchangeFailed) as caught:
        Driven([response]).run((credential or application()).flow(context()))
    return caught.value


def problems(credential: Entra) -> list[str]:
    return [str(problem) for problem in credential.problems()]


def test_a_secret_is_sent_as_a_form() -> None:
    request = asked(application())
    assert (request.method, request.url, request.direct) == ("POST", URL, False)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form(request) == {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "scope": "https://ai.azure.com/.default",
        "client_secret": SECRET,
    }


def test_a_classic_url_has_a_scope_of_its_own() -> None:
    assert form(asked(application(), classic=True))["scope"] == "https://cognitiveservices.azure.com/.default"


def test_the_scope_is_a_setting() -> None:
    assert form(asked(application(scope="api://x/.default"), classic=True))["scope"] == "api://x/.default"


def test_the_authority_is_a_setting() -> None:
    request = asked(application(authority="https://login.microsoftonline.us/"))
    assert request.url == f"https://login.microsoftonline.us/{TENANT}/oauth2/v2.0/token"


def test_the_answer_is_the_token_and_its_life() -> None:
    driven = Driven([answer(GOOD)])
    assert driven.run(application().flow(context())) == Token(value=Secret("entra-1"), expires_in=3599.0)


def test_the_life_may_be_text() -> None:
    driven = Driven([answer(GOOD | {"expires_in": "3599"})])
    token = driven.run(application().flow(context()))
    assert token
    assert token.expires_in == 3599.0


@pytest.mark.parametrize("life", ["", "soon", "-1", "1e3", "9" * 5000, "\u0663", True, None])
def test_a_life_that_is_no_number_is_named(life: object) -> None:
    error = failure(answer(GOOD | {"expires_in": life}))
    assert error.message == "Entra's answer did not include a valid expires_in"


@pytest.mark.parametrize("life", [0, "0", -5])
def test_a_token_that_has_expired_already_is_named(life: object) -> None:
    assert failure(answer(GOOD | {"expires_in": life})).message == "Entra's token has expired already"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Entra's answer was empty"),
        ("<html>", "Entra's answer was not a JSON object"),
        (GOOD | {"access_token": ""}, "Entra's answer did not include a valid access_token"),
        (GOOD | {"access_token": "a b"}, "Entra's answer did not include a valid access_token"),
        (GOOD | {"token_type": "pop"}, "Entra's token is not of the type Bearer"),
    ],
)
def test_an_answer_without_a_token_is_named(body: object, message: str) -> None:
    assert failure(answer(body)).message == message


def test_a_refusal_has_the_first_line_and_says_how_to_mend_it() -> None:
    error = failure(answer(WRONG_SECRET, 401))
    assert isinstance(error, TokenExchangeRefused)
    assert (error.error_code, error.status) == ("invalid_client", 401)
    assert str(error) == (
        "AADSTS7000215: Invalid client secret provided. (invalid_client); https://login.microsoftonline.com gave no "
        "token: check `client_id`, and that the secret or certificate is its own and has not expired."
    )


def test_the_ids_of_the_request_on_the_same_line_are_left_out() -> None:
    text = "AADSTS90002: Tenant 'x' not found. Trace ID: 0 Correlation ID: 1 Timestamp: 2"
    error = failure(answer({"error": "invalid_request", "error_description": text}, 400))
    assert error.message == "AADSTS90002: Tenant 'x' not found."


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("unauthorized_client", "the application must be registered in that tenant"),
        ("invalid_scope", "check `scope`"),
        ("invalid_request", "check `tenant_id`, `client_id` and `authority`"),
        (None, "check `tenant_id`, `client_id` and `authority`"),
    ],
)
def test_what_to_mend_goes_with_the_code(code: str | None, fix: str) -> None:
    assert fix in str(failure(answer({"error": code}, 400)))


def test_another_status_is_no_refusal() -> None:
    error = failure(answer("busy", 503))
    assert (type(error), error.message) == (TokenExchangeFailed, "The sign-in at Entra failed with status 503")


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("spelled", [SECRET, "s3cr~et.with_%2F%26%3D"])
def test_no_error_repeats_the_secret(spelled: str, status: int) -> None:
    error = failure(answer({"error": spelled, "error_description": f"wrong: client_secret={spelled}"}, status))
    assert "s3cr" not in shown(error)


def test_no_secret_is_in_the_representation(proof: Identity) -> None:
    credential = application(client_certificate=Secret(both(proof)), client_secret=Secret(SECRET))
    assert [part for part in (SECRET, "BEGIN") if part in f"{credential!r} {credential}"] == []


def test_a_secret_that_is_kept_elsewhere_is_read_for_every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    credential = application(client_secret=Secret.env("ENTRA_SECRET"))
    monkeypatch.setenv("ENTRA_SECRET", "first")
    first = form(asked(credential))["client_secret"]
    monkeypatch.setenv("ENTRA_SECRET", "second")
    assert (first, form(asked(credential))["client_secret"]) == ("first", "second")


def test_a_secret_that_cannot_be_read_ends_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTRA_SECRET", raising=False)
    with pytest.raises(SecretUnavailable):
        asked(application(client_secret=Secret.env("ENTRA_SECRET")))


def parts(request: TokenRequest) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, what was signed, and the signature of the assertion in a request."""
    assertion = form(request)["client_assertion"]
    head, claims, signature = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in assertion.split(".")]
    return json.loads(head), json.loads(claims), assertion.rpartition(".")[0].encode(), signature


def test_a_certificate_is_proved_by_an_assertion_in_the_place_of_the_secret(proof: Identity) -> None:
    sent = form(asked(application(client_certificate=Secret(both(proof)))))
    assert sent.pop("client_assertion")
    assert sent == {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "scope": "https://ai.azure.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }


def test_the_header_names_the_certificate_by_its_digest(proof: Identity) -> None:
    header, *_ = parts(asked(application(client_certificate=Secret(both(proof)))))
    digest = hashlib.sha256(proof.certificate.public_bytes(Encoding.DER)).digest()
    assert header == {
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }


def test_the_claims_hold_for_ten_minutes_from_now_and_for_one_address(proof: Identity) -> None:
    _, claims, *_ = parts(asked(application(client_certificate=Secret(both(proof)))))
    del claims["jti"]
    assert claims == {"aud": URL, "iss": "app-1", "sub": "app-1", "nbf": int(NOW), "exp": int(NOW) + 600}


def test_every_assertion_has_an_id_of_its_own(proof: Identity) -> None:
    credential = application(client_certificate=Secret(both(proof)))
    assert len({parts(asked(credential))[1]["jti"] for _ in range(2)}) == 2


def test_the_assertion_is_signed_by_the_key_of_the_certificate(proof: Identity) -> None:
    _, _, signed, signature = parts(asked(application(client_certificate=Secret(both(proof)))))
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
    key = proof.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, signed, pss, SHA256())


def test_key_first_and_base64_of_it_are_read_as_well(proof: Identity) -> None:
    text = base64.b64encode((proof.key_pem + proof.pem).encode()).decode()
    assert "client_assertion" in form(asked(application(client_certificate=Secret(text))))


def unusable(pem: str, now: float = NOW) -> CertificateUnusable:
    with pytest.raises(CertificateUnusable) as caught:
        asked(application(client_certificate=Secret(pem)), now=now)
    return caught.value


def test_another_key_than_rsa_is_refused(issuer: Identity) -> None:
    pem = both(certificates.client("app", issuer=issuer))
    assert str(unusable(pem)) == (
        "`credential.client_certificate` cannot be used: it has another kind of key than RSA, and Entra takes no other."
    )


def test_a_certificate_without_its_key_is_refused(proof: Identity) -> None:
    assert "has no private key beside the certificate" in str(unusable(proof.pem))


def test_a_key_of_another_certificate_is_refused(proof: Identity) -> None:
    stranger = certificates.rsa_key()
    pem = proof.pem + Identity(certificate=proof.certificate, key=stranger).key_pem
    assert "does not belong to the certificate" in str(unusable(pem))


def test_an_expired_certificate_is_refused_with_its_date(issuer: Identity) -> None:
    expired = certificates.client("app", issuer=issuer, key=certificates.rsa_key(), days=-1)
    date = f"{expired.certificate.not_valid_after_utc:%Y-%m-%d}"
    assert unusable(both(expired)).reason == f"expired on {date}"


def test_no_error_holds_the_private_key(proof: Identity) -> None:
    error = unusable(proof.key_pem)
    assert proof.key_pem.splitlines()[1] not in shown(error)


def test_no_refusal_repeats_the_assertion(proof: Identity) -> None:
    flow = application(client_certificate=Secret(both(proof))).flow(context(now=NOW))
    request = next(flow)
    assert isinstance(request, TokenRequest)
    assertion = form(request)["client_assertion"]
    with pytest.raises(TokenExchangeRefused) as caught:
        flow.send(answer({"error": "invalid_client", "error_description": f"bad: {assertion}"}, 401))
    assert assertion[:40] not in "".join(traceback.format_exception(caught.value))


def machine(**settings: Any) -> Entra:
    return Entra(managed_identity=True, **settings)


def test_a_managed_identity_is_asked_of_the_metadata_service() -> None:
    request = asked(machine())
    assert request == TokenRequest(
        method="GET",
        url="http://169.254.169.254/metadata/identity/oauth2/token"
        "?api-version=2018-02-01&resource=https%3A%2F%2Fai.azure.com",
        headers={"Metadata": "true"},
        direct=True,
    )


def test_a_user_assigned_identity_is_named() -> None:
    query = parse_qs(asked(machine(client_id="uami"), classic=True).url.partition("?")[2])
    assert query == {
        "api-version": ["2018-02-01"],
        "resource": ["https://cognitiveservices.azure.com"],
        "client_id": ["uami"],
    }


def test_the_operator_may_say_where_the_metadata_service_is() -> None:
    request = asked(machine(), azure_metadata_url="http://127.0.0.1:9")
    assert request.url.startswith("http://127.0.0.1:9/metadata/identity/oauth2/token?")


def test_the_metadata_service_gives_lives_as_text() -> None:
    driven = Driven([answer({"access_token": "imds-1", "expires_in": "86399", "token_type": "Bearer"})])
    assert driven.run(machine().flow(context())) == Token(value=Secret("imds-1"), expires_in=86399.0)


def test_an_unknown_managed_identity_is_a_refusal() -> None:
    error = failure(answer({"error": "invalid_request", "error_description": "Identity not found"}, 400), machine())
    assert isinstance(error, TokenExchangeRefused)
    assert str(error) == (
        "Identity not found (invalid_request); http://169.254.169.254 gave no token: check that the machine has a "
        "managed identity, that `client_id` names it if there are several, and `scope`."
    )


def test_a_metadata_service_that_fails_is_named() -> None:
    assert failure(answer("", 500), machine()).message == "Azure's metadata service failed with status 500"


def test_a_machine_elsewhere_is_told_so() -> None:
    with pytest.raises(ServiceUnreachable) as caught:
        failure(ServiceUnreachable("http://169.254.169.254", "no route to host"), machine())
    assert str(caught.value) == (
        "http://169.254.169.254 could not be reached: no route to host; a managed identity is to be had on machines in "
        "Azure only."
    )


def test_it_says_what_it_reads() -> None:
    assert (machine().reads, application().reads) == ("Azure's metadata service", None)


def test_what_belongs_together_has_no_problems(proof: Identity) -> None:
    good = [
        application(),
        application(client_certificate=Secret(both(proof))),
        application(client_certificate=Secret.file("/elsewhere.pem")),
        application(tenant_id="contoso.onmicrosoft.com", authority="http://127.0.0.1:8000"),
        machine(),
        machine(client_id="uami"),
    ]
    assert [problems(credential) for credential in good] == [[]] * len(good)


def test_a_proof_is_needed() -> None:
    assert problems(Entra(tenant_id=TENANT, client_id="c")) == [
        "client_secret: is needed, or `credential.client_certificate`, or `credential.managed_identity`"
    ]


def test_one_proof_is_enough(proof: Identity) -> None:
    credential = application(
        client_secret=Secret(SECRET), client_certificate=Secret(both(proof)), managed_identity=True
    )
    assert problems(credential) == [
        "client_certificate: stands beside `credential.client_secret`; give one of them",
        "managed_identity: stands beside `credential.client_secret`; give one of them",
    ]


def test_an_application_has_a_tenant_and_an_id() -> None:
    assert problems(Entra(client_secret=Secret(SECRET))) == [
        "tenant_id: is needed for an application",
        "client_id: is needed for an application",
    ]


@pytest.mark.parametrize("tenant", ["{tenant}", "a/b", "a b", "https://x", "ü"])
def test_a_tenant_is_an_id_or_a_domain(tenant: str) -> None:
    assert problems(application(tenant_id=tenant)) == [
        "tenant_id: must be the id or a domain of a tenant, without `/` and braces"
    ]


@pytest.mark.parametrize(
    ("authority", "reason"),
    [
        ("login.microsoftonline.com", "must begin with `http://` or `https://`"),
        ("http://login.microsoftonline.com", "must begin with `https://`: a secret is sent there"),
        ("https://{cloud}", "still has a part of a template in braces; put in what belongs there"),
        ("https://h/?x=1", "has a part after `?`, where no address of a sign-in has one"),
        (f"https://h/{TENANT}/", "ends in the tenant, which `credential.tenant_id` says already"),
    ],
)
def test_an_authority_is_an_address(authority: str, reason: str) -> None:
    assert problems(application(authority=authority)) == [f"authority: {reason}"]


@pytest.mark.parametrize("scope", ["https://ai.azure.com", "User.Read", "a/.default b/.default"])
def test_a_scope_is_all_of_one_resource(scope: str) -> None:
    assert problems(application(scope=scope)) == [
        "scope: must be one scope that ends in `/.default`, as `https://ai.azure.com/.default`"
    ]


def test_a_certificate_that_cannot_be_used_is_a_problem() -> None:
    credential = application(client_certificate=Secret("canary"))
    assert problems(credential) == ["client_certificate: is no PEM: `-----BEGIN` is missing"]

"""Entra gives a token for a right proof, and says what is wrong with any other."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from openai import AuthenticationError, AzureOpenAI

from tests.integration.services.asserting import assertion, b64
from tests.integration.services.talking import V, ask, say
from tests.upstream import AzureService, EntraService, Pki, Upstream, running, scripted
from tests.upstream.entra_service import ASSERTION_TYPE

TOKEN = "/tenant-test/oauth2/v2.0/token"
SCOPE = "https://cognitiveservices.azure.com/.default"
BASE = {"grant_type": "client_credentials", "client_id": "client-test", "scope": SCOPE}
BY_SECRET = {**BASE, "client_secret": "s3cret"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def entra(pki: Pki) -> EntraService:
    return EntraService(secrets={"s3cret"}, certificate=pki.client_rsa.certificate, federated={"k8s-token"})


@pytest.fixture
def at(entra: EntraService) -> Iterator[Upstream]:
    with running(entra) as upstream:
        yield upstream


def post(at: Upstream, form: Any, *, path: str = TOKEN, **headers: str) -> tuple[int, Any]:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    response, answer = ask(at, "POST", path, body, headers=sent)
    return response.status, json.loads(answer)


def by_assertion(text: str, **change: str) -> dict[str, str]:
    return {**BASE, "client_assertion": text, "client_assertion_type": ASSERTION_TYPE, **change}


def code_of(answer: tuple[int, Any]) -> tuple[int, str, list[int]]:
    return answer[0], answer[1]["error"], answer[1]["error_codes"]


def test_right_secret_gets_a_token(at: Upstream, entra: EntraService) -> None:
    document = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "entra-1"}
    assert post(at, BY_SECRET) == (200, document)
    assert entra.tokens.purpose_of("entra-1") == SCOPE


def test_token_of_another_issuer_gets_a_token(at: Upstream) -> None:
    assert post(at, by_assertion("k8s-token"))[0] == 200


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_right_assertion_gets_a_token(at: Upstream, pki: Pki, algorithm: str) -> None:
    text = assertion(pki.client_rsa, at.url + TOKEN, signed_as=algorithm)
    assert post(at, by_assertion(text))[1]["access_token"] == "entra-1"


def test_certificate_may_be_named_by_its_sha1(at: Upstream, pki: Pki) -> None:
    sha1 = hashlib.sha1(pki.client_rsa.certificate.public_bytes(Encoding.DER)).digest()
    text = assertion(pki.client_rsa, at.url + TOKEN, header={"x5t#S256": None, "x5t": b64(sha1)})
    assert post(at, by_assertion(text))[0] == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none"}, 50027),
        ({"alg": "RS256"}, 700027),
        ({"alg": ["PS256"]}, 50027),
        ({"typ": None}, 50027),
        ({"x5t#S256": None}, 700027),
        ({"x5t#S256": "AAAA"}, 700027),
        ({"x5t#S256": 1}, 700027),
        ({"x5t": "AAAA"}, 700027),
    ],
)
def test_wrong_header_of_an_assertion(at: Upstream, pki: Pki, header: dict[str, Any], code: int) -> None:
    text = assertion(pki.client_rsa, at.url + TOKEN, header=header)
    assert code_of(post(at, by_assertion(text))) == (401, "invalid_client", [code])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "https://login.microsoftonline.com/tenant-test/oauth2/v2.0/token"}, 700023),
        ({"aud": None}, 700023),
        ({"aud": ["x"]}, 700023),
        ({"iss": "other"}, 700021),
        ({"sub": "other"}, 700021),
        ({"jti": None}, 50027),
        ({"jti": ""}, 50027),
        ({"nbf": None}, 50027),
        ({"exp": None}, 50027),
        ({"exp": "tomorrow"}, 50027),
        ({"exp": 1}, 700024),
        ({"exp": time.time() + 2 * 86400}, 700024),
        ({"nbf": time.time() + 3600}, 700024),
    ],
)
def test_wrong_claim_of_an_assertion(at: Upstream, pki: Pki, claims: dict[str, Any], code: int) -> None:
    text = assertion(pki.client_rsa, at.url + TOKEN, claims=claims)
    assert code_of(post(at, by_assertion(text))) == (401, "invalid_client", [code])


@pytest.mark.parametrize("text", ["x", "a.b.c", "e30.e30", "e30.W10.e30", "e30=.e30.e30"])
def test_assertion_that_is_no_token(at: Upstream, text: str) -> None:
    assert code_of(post(at, by_assertion(text))) == (401, "invalid_client", [50027])


def test_assertion_by_the_key_of_another_certificate(at: Upstream, pki: Pki) -> None:
    header = {"x5t#S256": b64(pki.client_rsa.sha256)}
    text = assertion(pki.server_rsa, at.url + TOKEN, header=header)
    assert code_of(post(at, by_assertion(text))) == (401, "invalid_client", [700027])


def test_certificate_can_be_exchanged_for_another(at: Upstream, entra: EntraService, pki: Pki) -> None:
    text = assertion(pki.server_rsa, at.url + TOKEN)
    before = post(at, by_assertion(text))[0]
    entra.certificate = pki.server_rsa.certificate
    assert (before, post(at, by_assertion(text))[0]) == (401, 200)


def test_wrong_secret_is_told_as_entra_does(at: Upstream) -> None:
    status, document = post(at, {**BY_SECRET, "client_secret": "other"})
    assert (status, document["error"], document["error_codes"]) == (401, "invalid_client", [7000215])
    assert document["error_description"].startswith("AADSTS7000215: Invalid client secret provided. Ensure ")
    assert set(document) == {
        *("error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri")
    }


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({**BY_SECRET, "grant_type": "password"}, (400, "unsupported_grant_type", [70003])),
        ({**BY_SECRET, "client_id": "other"}, (400, "unauthorized_client", [700016])),
        ({**BY_SECRET, "scope": ""}, (400, "invalid_request", [900144])),
        ({**BY_SECRET, "scope": "https://ai.azure.com"}, (400, "invalid_scope", [70011])),
        ({**BY_SECRET, "scope": f"openid {SCOPE}"}, (400, "invalid_scope", [70011])),
        (BASE, (401, "invalid_client", [7000218])),
        ({**BY_SECRET, "resource": "x"}, (400, "invalid_request", [9002313])),
        ({**by_assertion("k8s-token"), "client_secret": "s3cret"}, (400, "invalid_request", [9002313])),
        ({**BASE, "client_assertion": "k8s-token"}, (400, "invalid_request", [9002313])),
        (by_assertion("k8s-token", client_assertion_type="jwt"), (400, "invalid_request", [9002313])),
        ([*BY_SECRET.items(), ("scope", SCOPE)], (400, "invalid_request", [9002313])),
        (b"{}", (400, "invalid_request", [9002313])),
        (b"", (400, "invalid_request", [900144])),
    ],
)
def test_wrong_form(at: Upstream, form: Any, expected: Any) -> None:
    assert code_of(post(at, form)) == expected


def test_wrong_place_and_headers(at: Upstream) -> None:
    answers = [
        post(at, BY_SECRET, path="/other/oauth2/v2.0/token"),
        post(at, BY_SECRET, path="/tenant-test/oauth2/token"),
        post(at, BY_SECRET, path=f"{TOKEN}?x=1"),
        post(at, BY_SECRET, **{"Content-Type": "application/json"}),
        post(at, BY_SECRET, Authorization="Basic x"),
    ]
    assert [code_of(answer)[2] for answer in answers] == [[90002], *[[9002313]] * 4]


def test_scope_that_does_not_exist() -> None:
    with running(EntraService(secrets={"s3cret"}, scopes={SCOPE})) as at:
        answers = [post(at, {**BY_SECRET, "scope": scope}) for scope in (SCOPE, "https://ai.azure.com/.default")]
    assert [status for status, _ in answers] == [200, 400]


def test_entra_follows_its_script(at: Upstream, entra: EntraService) -> None:
    entra.script.append(scripted.refused("temporarily_unavailable", "later", status=503))
    assert [post(at, BY_SECRET)[0] for _ in range(2)] == [503, 200]


def test_azure_accepts_the_tokens_of_one_scope_only(at: Upstream, entra: EntraService) -> None:
    tokens = [post(at, {**BY_SECRET, "scope": s})[1]["access_token"] for s in (SCOPE, "https://other/.default")]
    with running(AzureService(keys=(), tokens=entra.tokens.issued_for(SCOPE))) as azure:
        right, wrong = [
            AzureOpenAI(azure_ad_token=token, azure_endpoint=azure.url, api_version=V, max_retries=0)
            for token in tokens
        ]
        with right, wrong:
            assert say(right).model == "gpt-test"
            with pytest.raises(AuthenticationError):
                say(wrong)
            entra.revoke_all()
            with pytest.raises(AuthenticationError):
                say(right)

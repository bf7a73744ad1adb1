"""Elastic's texts of failures, as recorded; those that need a failing service are in tests/integration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectory.dialects.kibana_failures import (
    connector_text,
    detail_of,
    message_of_answer,
    message_of_error,
    message_of_sdk,
    unexpected,
)
from connectory.errors import (
    AddressRefused,
    AnswerTooLarge,
    ClientCertificateRefused,
    ConnectionBroken,
    ConnectoryError,
    CredentialRefused,
    HostNotAllowed,
    NameNotResolved,
    ProxyFailed,
    SecretUnavailable,
    ServiceError,
    ServiceUnreachable,
    TimedOut,
    TLSFailed,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "kibana_failures.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
BY_ID = {case["id"]: case["expect"] for case in CASES}

ORIGIN = "https://llm.example"
NO_STATUS = "Status code: undefined. Message: Unexpected API Error:"


def text_of(request: dict[str, Any]) -> str:
    if "status" not in request:
        return unexpected("", request.get("message", ""))
    return connector_text(request["status"], request["statusText"], detail_of(json.dumps(request["data"]).encode()))


@pytest.mark.parametrize("case", [case for case in CASES if "request" in case], ids=lambda case: case["id"])
def test_an_answer_is_told_as_recorded(case: dict[str, Any]) -> None:
    assert {"connector_text": text_of(case["request"])} == case["expect"]


RECORDED: dict[str, ConnectoryError] = {
    "err-010": ServiceUnreachable(
        "http://127.0.0.1:1", "connection refused", os_error="ECONNREFUSED", dialled=("127.0.0.1", 1)
    ),
    "err-011": TimedOut(ORIGIN, "nothing was heard within 200 s", phase="read", seconds=200.0),
    "err-014": ConnectionBroken(ORIGIN, "the connection was closed"),
    "err-015": AnswerTooLarge(1 << 20),
    "err-017": NameNotResolved("https://nope.invalid", "unknown name"),
}


@pytest.mark.parametrize("id", RECORDED)
def test_an_answer_that_never_came_is_told_as_recorded(id: str) -> None:
    assert message_of_error(RECORDED[id]) == BY_ID[id]["service_message"]


@pytest.mark.parametrize(
    ("id", "error"),
    [("err-019", CredentialRefused("nope", status=401)), ("err-020", ServiceUnreachable(ORIGIN, "connection refused"))],
)
def test_the_sdks_words_are_told_as_recorded(id: str, error: ConnectoryError) -> None:
    assert message_of_sdk(error) == BY_ID[id]["service_message"]


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in CASES if ("recorded" in case) != ("why" in case)] == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ServiceUnreachable(ORIGIN, "no route to host", os_error="EHOSTUNREACH", dialled=("10.0.0.1", 443)),
            f"{NO_STATUS} EHOSTUNREACH - connect EHOSTUNREACH 10.0.0.1:443",
        ),
        (
            ServiceUnreachable(ORIGIN, "refused", os_error="ECONNREFUSED"),
            f"{NO_STATUS} ECONNREFUSED - connect ECONNREFUSED llm.example",
        ),
        (ServiceUnreachable(ORIGIN, "it is not known why"), f"{NO_STATUS}  - it is not known why"),
        (
            ServiceUnreachable(ORIGIN, "reset", os_error="ECONNRESET"),
            f"{NO_STATUS} ECONNRESET - socket hang up",
        ),
        (ConnectionBroken(ORIGIN, "reset", reset=True), f"{NO_STATUS} ECONNRESET - socket hang up"),
        (
            TimedOut(ORIGIN, "late", phase="connect", seconds=0.25),
            f"{NO_STATUS} ECONNABORTED - timeout of 250ms exceeded",
        ),
        (TimedOut(ORIGIN, "no connection"), f"{NO_STATUS} ETIMEDOUT - no connection"),
        (
            TLSFailed(ORIGIN, "self-signed certificate", verify_code=18),
            f"{NO_STATUS} DEPTH_ZERO_SELF_SIGNED_CERT - self-signed certificate",
        ),
        (
            TLSFailed(ORIGIN, "certificate has expired", verify_code=10),
            f"{NO_STATUS} CERT_HAS_EXPIRED - certificate has expired",
        ),
        (
            TLSFailed(ORIGIN, "Hostname mismatch, certificate is not valid for 'a'", verify_code=62),
            f"TLS handshake failed: {NO_STATUS} ERR_TLS_CERT_ALTNAME_INVALID - Hostname/IP does not match "
            "certificate's altnames: Hostname mismatch, certificate is not valid for 'a'. "
            "Verify server certificate hostname and CA configuration.",
        ),
        (
            TLSFailed(ORIGIN, "unable to get local issuer certificate", verify_code=20),
            f"Certificate error: {NO_STATUS} UNABLE_TO_VERIFY_LEAF_SIGNATURE - unable to verify the first certificate. "
            "Please check if your PKI certificates are valid or adjust SSL verification mode.",
        ),
        (
            ClientCertificateRefused(ORIGIN, "it demands one", openssl="TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            f"{NO_STATUS} ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED - tlsv13 alert certificate required",
        ),
        (
            TLSFailed(ORIGIN, "invalid CA", verify_code=99),
            f"{NO_STATUS} ERR_UPSTREAM_TLS - No trusted TLS connection to {ORIGIN}: invalid CA.",
        ),
    ],
)
def test_a_failure_of_the_network_has_nodes_name_and_words(error: ConnectoryError, message: str) -> None:
    assert message_of_error(error) == message


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (AddressRefused(ORIGIN, "is not public", address="10.0.0.1"), "ERR_HOST_NOT_ALLOWED"),
        (ProxyFailed(ORIGIN, "http://proxy answered 407"), "ERR_PROXY_FAILED"),
        (SecretUnavailable("env:KEY", "the variable is not set"), "ERR_SECRETS_MISSING"),
    ],
)
def test_what_kibana_does_not_know_is_told_in_the_same_form(error: ConnectoryError, name: str) -> None:
    assert message_of_error(error) == f"{NO_STATUS} {name} - {error}"


def test_a_host_that_is_not_allowed_is_told_as_kibana_tells_it() -> None:
    told = message_of_error(HostNotAllowed("llm.example", url=f"{ORIGIN}/v1"))
    assert told == f'target url "{ORIGIN}/v1" is not added to the Kibana config xpack.actions.allowedHosts'


# Answers


def answered(status: int, body: bytes = b"", **more: Any) -> str:
    return message_of_answer(status, headers=more.pop("headers", {}), body=body, **more)


def test_a_status_without_a_phrase_has_the_usual_one() -> None:
    assert answered(404) == "Status code: 404. Message: API Error: Not Found"
    assert answered(404, phrase="Nowhere") == "Status code: 404. Message: API Error: Nowhere"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b'{"error": ""}', b'{"error": null}', b"\xff"])
def test_a_body_that_says_nothing_adds_nothing(body: bytes) -> None:
    assert answered(500, body) == "Status code: 500. Message: API Error: Internal Server Error"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": {"a": 1}}, '{"a":1}'),
        ({"message": None, "code": "x"}, '{"message":null,"code":"x"}'),
        (["é"], '["é"]'),
        ("two\nlines", "two lines"),
        ("bad: sk-abcdefgh12345678", "bad: sk-***"),
    ],
)
def test_words_of_a_service_are_made_fit_to_show(error: Any, told: str) -> None:
    body = json.dumps({"error": error}).encode()
    assert answered(400, body) == f"Status code: 400. Message: API Error: Bad Request - {told}"


REDIRECT = {"location": "https://other.invalid/sign-in?to=x"}


def test_a_redirect_to_a_host_that_is_not_allowed_has_its_own_text() -> None:
    told = answered(302, headers=REDIRECT, allowed_hosts=frozenset({"llm.example"}))
    assert told == BY_ID["err-016"]["service_message"]


@pytest.mark.parametrize("allowed", [None, frozenset({"other.invalid"})])
def test_any_other_redirect_says_where_it_leads(allowed: frozenset[str] | None) -> None:
    assert answered(302, headers=REDIRECT, allowed_hosts=allowed) == (
        "Status code: 302. Message: API Error: Found - redirects are not followed (to https://other.invalid)"
    )


def test_a_redirect_within_the_host_is_allowed() -> None:
    assert answered(307, headers={"location": "/v2"}, allowed_hosts=frozenset()) == (
        "Status code: 307. Message: API Error: Temporary Redirect - redirects are not followed (to this host)"
    )


# Through the SDK


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TimedOut(ORIGIN, "late"), "Unexpected API Error:  - Request timed out."),
        (ServiceError("slow down", status=429), "Unexpected API Error:  - 429 slow down"),
        (ServiceError("cut off"), "Unexpected API Error:  - cut off"),
    ],
)
def test_the_sdks_words_are_passed_on(error: ConnectoryError, message: str) -> None:
    assert message_of_sdk(error) == message


def test_a_version_of_azure_that_knows_no_functions_is_told_with_the_version_that_does() -> None:
    told = message_of_sdk(ServiceError("Unrecognized request argument supplied: functions", status=404))
    assert told.startswith("API Error: 404 Unrecognized request argument supplied: functions")
    assert "Function support with Azure OpenAI API was added in 2023-07-01-preview." in told

"""What Elastic's connector says when real services fail, said of the same failures here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from connectory import Connection, execute
from connectory.dialects.kibana_failures import message_of_answer, message_of_error, message_of_sdk
from connectory.engine.auth import without_secrets
from connectory.errors import ConnectoryError
from tests.integration.connections import HELLO, KEY, other_at
from tests.upstream import Answer, Ending, OpenAIService, Pause, Pki, Received, json_answer, running, tls_server

GOLDEN = Path(__file__).parents[2] / "golden" / "kibana_failures.json"
MESSAGES = {case["id"]: case["expect"].get("service_message") for case in json.loads(GOLDEN.read_text("utf-8"))}
NO_STATUS = "Status code: undefined. Message: Unexpected API Error:"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def service_message(connection: Connection) -> str:
    try:
        answer = execute(connection, HELLO)
    except ConnectoryError as error:
        return message_of_error(error)
    return message_of_answer(
        answer.status,
        headers=answer.headers,
        body=without_secrets(connection, answer.body),
        phrase=answer.phrase,
        allowed_hosts=connection.network_policy.allowed_hosts,
    )


def ruled(connection: Connection, **rules: Any) -> Connection:
    policy = dataclasses.replace(connection.network_policy, **rules)
    return dataclasses.replace(connection, network_policy=policy)


def answering(answer: Answer) -> Any:
    async def app(_: Received) -> Answer:
        return answer

    return running(app)


def test_port_that_nobody_listens_at() -> None:
    assert service_message(other_at("http://127.0.0.1:1")) == MESSAGES["err-010"]


def test_service_that_never_answers() -> None:
    with answering(Answer(before=(Pause(2),))) as upstream:
        told = service_message(other_at(upstream, client={"timeout": 0.5}))
    assert told == MESSAGES["err-011"].replace("200000ms", "500ms")


@pytest.mark.parametrize(("id", "status"), [("err-012", 401), ("err-013", 429)])
def test_service_that_refuses(id: str, status: int) -> None:
    with answering(json_answer({"error": {"message": "m"}}, status=status)) as upstream:
        assert service_message(other_at(upstream)) == MESSAGES[id]


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_service_that_closes_the_socket(ending: Ending) -> None:
    with answering(Answer(before=(ending,))) as upstream:
        assert service_message(other_at(upstream)) == MESSAGES["err-014"]


def test_answer_that_is_longer_than_the_rules_allow() -> None:
    with answering(Answer(body=b"x" * (2 << 20))) as upstream:
        assert service_message(ruled(other_at(upstream), longest_answer=1 << 20)) == MESSAGES["err-015"]


def test_redirect_to_a_host_that_is_not_allowed() -> None:
    with answering(Answer(status=302, headers=(("location", "http://other.invalid/v1"),))) as upstream:
        connection = ruled(other_at(upstream), allowed_hosts=frozenset({"127.0.0.1"}))
        assert service_message(connection) == MESSAGES["err-016"]


def test_host_that_nobody_knows() -> None:
    assert service_message(other_at("http://nope.invalid")) == MESSAGES["err-017"]


def test_secret_that_the_service_repeats_is_not_repeated() -> None:
    with answering(json_answer({"error": {"message": f"bad: {KEY}-and-more"}}, status=401)) as upstream:
        connection = other_at(upstream, credential={"api_key": f"{KEY}-and-more"})
        assert service_message(connection) == "Status code: 401. Message: Unauthorized API Error - bad: ***"


@pytest.mark.parametrize(("id", "answer"), [("err-019", json_answer({"error": {"message": "nope"}}, status=401))])
def test_sdk_form_of_a_service_that_refuses(id: str, answer: Answer) -> None:
    with answering(answer) as upstream:
        error = execute(other_at(upstream), HELLO).error
    assert error
    assert message_of_sdk(error) == MESSAGES[id]


def test_sdk_form_of_a_port_that_nobody_listens_at() -> None:
    with pytest.raises(ConnectoryError) as caught:
        execute(other_at("http://127.0.0.1:1"), HELLO)
    assert message_of_sdk(caught.value) == MESSAGES["err-020"]


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("server_self_signed", f"{NO_STATUS} DEPTH_ZERO_SELF_SIGNED_CERT - self-signed certificate"),
        (
            "server_without_intermediate",
            f"Certificate error: {NO_STATUS} UNABLE_TO_VERIFY_LEAF_SIGNATURE - unable to verify the first certificate. "
            "Please check if your PKI certificates are valid or adjust SSL verification mode.",
        ),
        (
            "server_wrong_host",
            f"TLS handshake failed: {NO_STATUS} ERR_TLS_CERT_ALTNAME_INVALID - Hostname/IP does not match "
            "certificate's altnames: IP address mismatch, certificate is not valid for '127.0.0.1'. "
            "Verify server certificate hostname and CA configuration.",
        ),
    ],
)
def test_certificate_that_is_not_trusted(identity: str, told: str, pki: Pki) -> None:
    with running(OpenAIService(keys={KEY}), tls=tls_server(getattr(pki, identity))) as upstream:
        assert service_message(other_at(upstream, tls={"ca": pki.root.pem})) == told

"""What people are cautioned of: the list, `show` and the doctor all take it from here."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectory.cautions.of_connection import cautions_of
from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.model_table import ModelTable, shipped_table
from connectory.network_policy import HostRule, NetworkPolicy, ProxyRule
from tests.upstream import Pki

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def read(**document: Any) -> Connection:
    return own.read("case", {"url": "https://llm.example/v1", "credential": {"api_key": "k"}, **document})


def ruled(connection: Connection, **rules: Any) -> Connection:
    return dataclasses.replace(connection, network_policy=NetworkPolicy(**rules))


def told(connection: Connection, now: datetime = NOW, table: ModelTable | None = None) -> list[str]:
    return [str(caution) for caution in cautions_of(connection, now, table)]


def test_connection_that_is_well_has_none() -> None:
    assert told(read(model="gpt-5.5")) == []


def test_what_the_reading_warned_of_comes_first() -> None:
    connection = own.read("case", {"provider": "azure", "url": "http://h/openai", "credential": {"api_key": "k"}})
    assert told(connection)[0] == str(connection.warnings[0])


# Certificates


def with_client(pki: Pki, name: str) -> Connection:
    identity = getattr(pki, name)
    return read(provider="other", tls={"certificate": identity.chain_pem, "private_key": identity.key_pem})


def before_its_end(pki: Pki, left: timedelta) -> datetime:
    return pki.client_ec.certificate.not_valid_after_utc - left


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=30), "in 30 days"),
        (timedelta(days=29, hours=23), "in 29 days"),
        (timedelta(days=1, hours=5), "in 1 day"),
        (timedelta(hours=5), "in less than a day"),
    ],
)
def test_certificate_that_ends_within_thirty_days_says_when(left: timedelta, words: str, pki: Pki) -> None:
    end = pki.client_ec.certificate.not_valid_after_utc
    assert told(with_client(pki, "client_ec"), end - left) == [
        f"tls.certificate: expires on {end:%Y-%m-%d}, {words}: renew it"
    ]


def test_certificate_that_is_good_for_longer_says_nothing(pki: Pki) -> None:
    assert told(with_client(pki, "client_ec"), before_its_end(pki, timedelta(days=30, seconds=1))) == []


def test_certificate_that_has_ended_says_only_that(pki: Pki) -> None:
    now = before_its_end(pki, timedelta(seconds=-1))
    [caution] = told(with_client(pki, "client_ec"), now)
    assert caution.startswith("tls.certificate: expired on ")


def test_certificate_of_an_application_of_entras_ends_too(pki: Pki) -> None:
    identity = pki.client_rsa
    entra = {"tenant_id": "t", "client_id": "c", "client_certificate": identity.pem + identity.key_pem}
    connection = read(
        provider="azure", url="https://r.openai.azure.com/openai/v1", credential={"kind": "entra", **entra}
    )
    now = identity.certificate.not_valid_after_utc - timedelta(days=3)
    [caution] = told(connection, now)
    assert caution.startswith("credential.client_certificate: expires on ")
    assert caution.endswith("in 3 days: renew it")


# Certificates of others that nobody checks

UNCHECKED = "anybody on the way can read and change what is sent, secrets too"


def test_verification_that_the_connection_turns_off() -> None:
    assert told(read(tls={"verification": "none"})) == [f"tls.verification: is `none`: {UNCHECKED}"]


def test_verification_that_a_rule_turns_off_says_which() -> None:
    everywhere = ruled(read(), verification="none")
    rule = HostRule(place="xpack.actions.customHostSettings.0", verification="none")
    there = ruled(read(), host_rules={"https://llm.example:443": rule})
    assert told(everywhere) == [
        f"tls.verification: is `none`, as xpack.actions.ssl.verificationMode says: {UNCHECKED}",
    ]
    assert told(there) == [f"tls.verification: is `none`, as xpack.actions.customHostSettings.0 says: {UNCHECKED}"]


def test_rule_that_turns_verification_on_again_counts() -> None:
    rule = HostRule(place="xpack.actions.customHostSettings.0")
    assert told(ruled(read(tls={"verification": "none"}), host_rules={"https://llm.example:443": rule})) == []


def test_proxy_whose_certificate_nobody_checks() -> None:
    rule = ProxyRule(url="https://proxy.example:3128", verification="none")
    assert told(ruled(read(), proxy=rule)) == [
        "network.proxy: is not checked by its certificate, as xpack.actions.ssl.proxyVerificationMode says: anybody "
        "could stand in its place"
    ]
    assert told(ruled(read(), proxy=dataclasses.replace(rule, url="http://proxy.example:3128"))) == []


# Plain http

PLAIN = "url: begins with `http://`: anybody on the way can read"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({}, "the credential"),
        ({"credential": {"kind": "none"}, "headers": {"Authorization": "Bearer a"}}, "its secret headers"),
        ({"credential": {"kind": "none"}, "client": {"default_headers": {"Cookie": "a"}}}, "its secret headers"),
        ({"credential": {"kind": "none"}, "client": {"default_query": {"api_key": "a"}}}, "the secrets in its query"),
    ],
)
def test_secret_that_goes_over_plain_http(document: dict[str, Any], what: str) -> None:
    assert told(read(provider="other", url="http://llm.example/v1", **document)) == [f"{PLAIN} {what}"]


def test_plain_http_without_a_secret_says_nothing() -> None:
    document = {"credential": {"kind": "none"}, "headers": {"X-Team": "a"}}
    assert told(read(provider="other", url="http://llm.example/v1", **document)) == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "127.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_this_machine_may_be_spoken_to_plainly(host: str) -> None:
    assert told(read(provider="other", url=f"http://{host}:11434/v1")) == []


@pytest.mark.parametrize("host", ["128.0.0.1", "localhost.example", "[::2]", "10.0.0.1"])
def test_no_other_machine_may(host: str) -> None:
    assert told(read(provider="other", url=f"http://{host}:11434/v1")) == [f"{PLAIN} the credential"]


# Models


@pytest.mark.parametrize(
    ("day", "was"), [(date(2027, 1, 13), "is"), (date(2027, 1, 14), "was"), (date(2028, 1, 1), "was")]
)
def test_model_that_is_shut_down_says_when(day: date, was: str) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert told(read(model="gpt-4.1"), now) == [
        f"model: `gpt-4.1` {was} shut down on 2027-01-14: take another, `{shipped_table().default}` say"
    ]


def test_model_of_another_provider_is_somebody_elses() -> None:
    assert told(read(provider="other", model="gpt-4.1")) == []


def test_table_of_the_operator_counts_in_place_of_the_shipped_one() -> None:
    table = ModelTable(shutdowns={"ours": date(2026, 11, 24)})
    assert told(read(model="ours"), table=table) == ["model: `ours` was shut down on 2026-11-24"]
    assert told(read(model="gpt-4.1"), table=table) == []

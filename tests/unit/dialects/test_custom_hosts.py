"""`xpack.actions.customHostSettings`: rules for one host and port, and the warnings that Kibana's operators know."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectory.dialects import configuration
from connectory.dialects.configuration import Configuration
from connectory.network_policy import HostRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.unit.problems import problems
from tests.upstream.pki import Pki

Read = Callable[..., Configuration]
PLACE = "xpack.actions.customHostSettings"
PREFIX = "In configuration xpack.actions.customHosts, "


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_entries(*entries: Any) -> Configuration:
        file = tmp_path / "connectory.yml"
        file.write_text(json.dumps({PLACE: entries}), encoding="utf-8")
        return configuration.read(file)

    return read_entries


def rules(given: Configuration) -> dict[str, HostRule]:
    return dict(given.network_policy().host_rules)


def told(given: Configuration) -> list[tuple[str, str]]:
    return [(warning.path, warning.message.removeprefix(PREFIX)) for warning in given.warnings]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://h", "https://h:443"),
        ("https://H.corp:8443", "https://h.corp:8443"),
        ("HTTPS://h/", "https://h:443"),
        ("https://[::1]:1", "https://[::1]:1"),
        ("https://10.0.0.1", "https://10.0.0.1:443"),
    ],
)
def test_a_rule_is_found_by_host_and_port(read: Read, url: str, origin: str) -> None:
    given = read({"url": url, "ssl": {"verificationMode": "certificate"}})
    assert rules(given) == {origin: HostRule(place=f"{PLACE}.0", verification="certificate")}
    assert given.warnings == ()


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({}, {}),
        ({"ssl": None}, {}),
        ({"ssl": {}}, {"https://h:443": HostRule(place=f"{PLACE}.0", verification="full")}),
        ({"ssl.verificationMode": "none"}, {"https://h:443": HostRule(place=f"{PLACE}.0", verification="none")}),
    ],
)
def test_there_is_a_rule_where_something_is_said_of_tls(read: Read, entry: Any, found: Any) -> None:
    assert rules(read({"url": "https://h", **entry})) == found


def test_cas_stand_in_files_and_in_the_text(read: Read, pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "cas").mkdir()
    (tmp_path / "cas" / "a.pem").write_text(pki.intermediate.pem, encoding="utf-8")
    (tmp_path / "b.pem").write_text(pki.other_root.pem, encoding="utf-8")
    files = ["cas/a.pem", str(tmp_path / "b.pem")]
    ssl = {"certificateAuthoritiesData": pki.root.pem, "certificateAuthoritiesFiles": files}
    [rule] = rules(read({"url": "https://h", "ssl": ssl})).values()
    at = f"{PLACE}.0.ssl"
    assert rule.cas == (
        CA(text=Secret(pki.root.pem), place=f"{at}.certificateAuthoritiesData"),
        CA(text=Secret(pki.intermediate.pem), place=f"{at}.certificateAuthoritiesFiles.0"),
        CA(text=Secret(pki.other_root.pem), place=f"{at}.certificateAuthoritiesFiles.1"),
    )


def test_one_file_needs_no_list(read: Read, pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(pki.root.pem, encoding="utf-8")
    [rule] = rules(read({"url": "https://h", "ssl": {"certificateAuthoritiesFiles": "a.pem"}})).values()
    assert [ca.text.reveal() for ca in rule.cas] == [pki.root.pem]


@pytest.mark.parametrize(("name", "why"), [("gone.pem", "no such file or directory"), (".", "is a directory")])
def test_a_file_that_cannot_be_read_is_left_out_and_the_rule_stays(read: Read, name: str, why: str) -> None:
    given = read({"url": "https://h", "ssl": {"certificateAuthoritiesFiles": name}})
    assert rules(given) == {"https://h:443": HostRule(place=f"{PLACE}.0")}
    assert [(warning.path, warning.message) for warning in given.warnings] == [
        (
            f"{PLACE}.0.ssl.certificateAuthoritiesFiles.0",
            f'error reading file "{name}" specified in xpack.actions.customHosts, ignoring: {why}',
        )
    ]


def test_what_is_no_ca_is_a_problem(read: Read, pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pki.root.key_pem, encoding="utf-8")
    (tmp_path / "der").write_bytes(b"\x30\x82\xff\x00")
    ssl = {"certificateAuthoritiesData": "no PEM", "certificateAuthoritiesFiles": ["key.pem", "der"]}
    assert problems(lambda: read({"url": "https://h", "ssl": ssl})) == [
        (f"{PLACE}.0.ssl.certificateAuthoritiesData", "is no PEM: `-----BEGIN` is missing"),
        (
            f"{PLACE}.0.ssl.certificateAuthoritiesFiles.0",
            "holds a private key, where only certificates belong",
        ),
        (f"{PLACE}.0.ssl.certificateAuthoritiesFiles.1", "is no PEM: `-----BEGIN` is missing"),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"url": "h"}, 'invalid URL "h", ignoring; error: Invalid URL'),
        ({"url": "https://"}, 'invalid URL "https://", ignoring; error: Invalid URL'),
        ({"url": "https://u:pw@"}, 'invalid URL "https://***@", ignoring; error: Invalid URL'),
        ({"url": "https://h:99999"}, 'invalid URL "https://h:99999", ignoring; error: Invalid URL'),
        ({"url": "https://a b"}, 'invalid URL "https://a b", ignoring; error: Invalid URL'),
        ({"url": "http://h"}, 'unsupported protocol used in URL "http://h", ignoring'),
        ({"url": "http://u:pw@h"}, 'unsupported protocol used in URL "http://***@h", ignoring'),
        ({"url": "h:443"}, 'unsupported protocol used in URL "h:443", ignoring'),
        ({"url": "https://h:0"}, 'unable to determine port for URL "https://h:0", ignoring'),
        (
            {"url": "smtp://h", "smtp": {"ignoreTLS": True, "requireTLS": True}},
            'URL "smtp://h" cannot have both requireTLS and ignoreTLS set to true; using requireTLS: true and '
            "ignoreTLS: false",
        ),
        ({"url": "https://\u001b[31m"}, 'invalid URL "https://\\x1b[31m", ignoring; error: Invalid URL'),
        ({"url": "sk-proj-abcdefgh0123456789"}, 'invalid URL "***", ignoring; error: Invalid URL'),
    ],
)
def test_an_entry_that_is_of_no_use_is_ignored_with_a_warning(read: Read, entry: Any, message: str) -> None:
    given = read({**entry, "ssl": {"verificationMode": "none"}})
    assert rules(given) == {}
    assert told(given) == [(f"{PLACE}.0", message)]
    assert given.warnings[0].message.startswith(PREFIX)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"url": "https://u:pw@h"},
            'URL "https://***@h" contains authentication information which will be ignored, but should be removed from '
            "the configuration",
        ),
        ({"url": "https://h#x"}, 'URL "https://h#x" contains hash information which will be ignored'),
        ({"url": "https://h/x"}, 'URL "https://h/x" contains path information which will be ignored'),
        (
            {"url": "https://h", "smtp": {"ignoreTLS": False}},
            'URL "https://h" contains smtp properties but does not use smtp; ignoring smtp properties',
        ),
    ],
)
def test_what_is_too_much_in_one_is_ignored_with_a_warning(read: Read, entry: Any, message: str) -> None:
    given = read({**entry, "ssl": {"verificationMode": "none"}})
    assert list(rules(given)) == ["https://h:443"]
    assert told(given) == [(f"{PLACE}.0", message)]


def test_the_first_of_two_for_one_host_counts(read: Read) -> None:
    given = read(
        {"url": "https://h", "ssl": {"verificationMode": "certificate"}},
        {"url": "https://H:443", "ssl": {"verificationMode": "none"}},
        {"url": "https://h:444", "ssl": {"verificationMode": "none"}},
    )
    assert {origin: rule.verification for origin, rule in rules(given).items()} == {
        "https://h:443": "certificate",
        "https://h:444": "none",
    }
    assert told(given) == [
        (f"{PLACE}.1", 'multiple URLs match the canonical url "https://h:443"; only the first will be used')
    ]


def test_mail_is_nothing_to_us(read: Read) -> None:
    given = read({"url": "smtp://mail:587", "smtp": {"requireTLS": True}, "ssl": {"verificationMode": "none"}})
    assert (rules(given), given.warnings, given.network_policy().named_hosts) == ({}, (), frozenset())


@pytest.mark.parametrize(("verifies", "mode"), [(True, "full"), (False, "none")])
def test_old_names_mean_what_they_meant(read: Read, verifies: bool, mode: str) -> None:
    given = read({"url": "https://h", "tls": {"rejectUnauthorized": verifies}})
    assert rules(given) == {"https://h:443": HostRule(place=f"{PLACE}.0", verification=mode)}
    assert told(given) == [
        (f"{PLACE}.0.tls", "is an old name: write `ssl`"),
        (
            f"{PLACE}.0.tls.rejectUnauthorized",
            f"is an old name: write `{PLACE}.0.ssl.verificationMode: {mode}`",
        ),
    ]


def test_todays_names_win(read: Read) -> None:
    ssl = {"verificationMode": "certificate", "rejectUnauthorized": False}
    given = read({"url": "https://h", "ssl": ssl, "tls": {"rejectUnauthorized": False}})
    assert rules(given)["https://h:443"].verification == "certificate"
    assert [path for path, _ in told(given)] == [f"{PLACE}.0.tls", f"{PLACE}.0.ssl.rejectUnauthorized"]


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({}, "0.url"),
        ({"url": 1}, "0.url"),
        ("https://h", "0"),
        ({"url": "https://h", "ssl": {"verificationMode": "some"}}, "0.ssl.verificationMode"),
        ({"url": "https://h", "ssl": "full"}, "0.ssl"),
        ({"url": "https://h", "sssl": {}}, "0.sssl"),
        ({"url": "https://h", "ssl": {"certificateAuthoritiesFiles": [1]}}, "0.ssl.certificateAuthoritiesFiles.0"),
    ],
)
def test_an_entry_of_another_shape_is_a_problem(read: Read, entry: Any, path: str) -> None:
    assert [found for found, _ in problems(lambda: read(entry))] == [f"{PLACE}.{path}"]

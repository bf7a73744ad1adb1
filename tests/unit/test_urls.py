"""A URL that cannot be used is refused with the reason, and no other is."""

from __future__ import annotations

import pytest

from connectory.urls import SHOWN, origin_of, parts_of, secret_url_reason, url_reason

UNREADABLE = "is no URL: its host or port cannot be read"
BLANK = "has a blank, a line break or a control character in it"
SCHEME = "must begin with `http://` or `https://`"
BRACES = "still has a part of a template in braces; put in what belongs there"
NOT_ASCII = "has a character outside ASCII: write the host as `xn--...`, the rest percent-encoded"


@pytest.mark.parametrize(
    "url",
    [
        "https://auth.example.com/oauth/token",
        "http://127.0.0.1:8000/oauth/token",
        "HTTPS://[::1]:8443",
        "https://sk-production.example.com",
    ],
)
def test_a_url_that_can_be_used_has_no_reason_against_it(url: str) -> None:
    assert url_reason(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("auth.example.com", SCHEME),
        ("ftp://h/", SCHEME),
        ("https://", "has no host"),
        ("https://h:99999/", UNREADABLE),
        ("https://h:0/", UNREADABLE),
        ("https://[::1", UNREADABLE),
        ("https://{host}/x", BRACES),
        ("https://h/%7Bdeployment%7d", BRACES),
        ("https://h/a b", BLANK),
        ("https://h/a\n", BLANK),
        ("https://h/ä", NOT_ASCII),
        (f"https://h/{'a' * 16_000}", "is longer than 16,000 characters, the most that a URL has"),
        (
            "https://u:p%@h/",
            "holds a user name or password with a percent escape that is none; `%` itself is written `%25`",
        ),
        ("https://u:p@h/", "holds a user name or password, which is no place for a credential"),
        ("https://h,i/", "has a host with a character that no host has"),
        ("https://h/#x", "has a part after `#`, which is never sent"),
        ("https://h/sk-proj-Abc123Abc123", SHOWN),
        ("https://h/?api_key=canary", SHOWN),
    ],
)
def test_a_url_that_cannot_be_used_says_why(url: str, reason: str) -> None:
    assert url_reason(url) == reason


def test_schemes_are_those_that_its_user_can_speak() -> None:
    assert url_reason("http://h", schemes=("https",)) == "must begin with `https://`"
    assert url_reason("wss://h", schemes=("ws", "wss")) is None


def test_a_url_whose_port_is_no_number_has_no_parts() -> None:
    assert parts_of("https://h:x/") is None


def test_the_origin_of_a_url_has_no_user() -> None:
    assert origin_of("https://u:p@h.example:8443/x?y") == "https://h.example:8443"


@pytest.mark.parametrize("url", ["https://h/x", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:1/x"])
def test_secrets_go_over_tls_or_stay_on_this_machine(url: str) -> None:
    assert secret_url_reason(url) is None


@pytest.mark.parametrize("url", ["http://h/x", "http://10.0.0.1/x", "http://localhost.example/x", "ftp://h"])
def test_secrets_go_nowhere_in_clear(url: str) -> None:
    assert "must begin with" in (secret_url_reason(url) or "")

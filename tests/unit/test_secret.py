"""A secret is never printed, and is read where it is kept each time it is asked for."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from connectory.errors import SecretUnavailable
from connectory.secret import Secret, holds_a_key, is_credential_header, is_credential_parameter, unsendable

TEXT = "sk-never-to-be-seen"


@dataclasses.dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!s:>40}",
        lambda secret: f"{secret!r}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 (this way too)
        lambda secret: repr([secret]),
        lambda secret: repr({"key": secret}),
        lambda secret: repr(Holder(secret)),
        lambda secret: repr(dataclasses.asdict(Holder(secret))),
        lambda secret: repr(ValueError(secret)),
        lambda secret: json.dumps({"key": secret}, default=str),
        lambda secret: json.dumps({"key": secret}, default=repr),
    ],
)
def test_no_way_of_printing_shows_a_secret(shown: Any) -> None:
    assert TEXT not in shown(Secret(TEXT))


def test_a_secret_that_is_text_is_shown_as_stars() -> None:
    assert (repr(Secret(TEXT)), str(Secret(TEXT))) == ("Secret(***)", "***")


def test_a_reference_is_shown_as_the_place_it_names() -> None:
    shown = [repr(Secret.env("KEY")), str(Secret.file("/run/key"))]
    assert shown == ["Secret(env:KEY)", "file:/run/key"]


def test_json_refuses_a_secret() -> None:
    with pytest.raises(TypeError, match="Secret is not JSON serializable"):
        json.dumps({"key": Secret(TEXT)})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Holder(Secret(TEXT)), protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_same_secret(copied: Any) -> None:
    secret = Secret(TEXT)
    assert copied(secret) is secret


def test_a_deep_copy_of_its_holder_holds_the_same_secret() -> None:
    holder = Holder(Secret(TEXT))
    assert copy.deepcopy(holder).secret is holder.secret


def test_equal_secrets_have_equal_source_and_text() -> None:
    secrets = {Secret("a"), Secret("a"), Secret("b"), Secret.env("a"), Secret.file("a")}
    assert len(secrets) == 4


def test_a_secret_is_no_text() -> None:
    assert Secret("a") != "a"


def test_a_secret_has_no_attribute_but_its_own() -> None:
    with pytest.raises(AttributeError):
        Secret("a").note = "b"  # type: ignore[attr-defined]


def test_a_variable_is_read_at_every_reveal(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret.env("CONNECTORY_TEST_KEY")
    seen = []
    for value in ("first", "second"):
        monkeypatch.setenv("CONNECTORY_TEST_KEY", value)
        seen.append(secret.reveal())
    assert seen == ["first", "second"]


def test_a_changed_file_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "key"
    secret = Secret.file(str(file))
    seen = []
    for value in ("first\n", "second\r\n"):
        file.write_bytes(value.encode())
        seen.append(secret.reveal())
    assert seen == ["first", "second"]


@pytest.mark.parametrize(("value", "reason"), [(None, "the variable is not set"), ("", "the variable is empty")])
def test_a_variable_that_holds_nothing_is_named(
    value: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONNECTORY_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("CONNECTORY_TEST_KEY", value)
    assert refusal(Secret.env("CONNECTORY_TEST_KEY")) == ("env:CONNECTORY_TEST_KEY", reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file or directory"), (b"\n", "the file is empty"), (b"\xff\xfe", "it is no file of UTF-8 text")],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    assert refusal(Secret.file(str(file))) == (f"file:{file}", reason)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    assert refusal(Secret.file(str(tmp_path))) == (f"file:{tmp_path}", "is a directory")


def test_a_path_that_no_file_can_have_is_refused() -> None:
    assert refusal(Secret.file("a\0b")) == ("file:a\0b", "it is no file of UTF-8 text")


def test_fingerprints_tell_secrets_apart() -> None:
    assert (Secret("a").fingerprint(), Secret("b").fingerprint()) == ("sha256:ca97…", "sha256:3e23…")


def test_a_fingerprint_is_of_the_text_wherever_it_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a\n")
    assert Secret.file(str(file)).fingerprint() == Secret("a").fingerprint()


def test_a_header_carries_a_secret_without_the_blanks_around_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("  sk-1 \n\n")
    assert Secret.file(str(file)).header_text() == "sk-1"


def test_a_secret_that_no_header_can_carry_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-1\nsk-2")
    with pytest.raises(SecretUnavailable) as caught:
        Secret.file(str(file)).header_text()
    assert caught.value.reason == "no header can carry it: it has a line break in it"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sk-1", None),
        ("\t sk 1\n", None),
        ("a\tb", None),
        (" \n", "it is blank"),
        ("a\rb", "it has a line break in it"),
        ("é", "it has a character outside ASCII"),
        ("a\0b", "it has a control character in it"),
        ("a\x7fb", "it has a control character in it"),
    ],
)
def test_what_no_header_can_carry_is_known(text: str, reason: str | None) -> None:
    assert unsendable(text) == reason


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "x", True),
        ("API-Key", "x", True),
        ("x-api-key", "x", True),
        ("Proxy-Authorization", "x", True),
        ("Cookie", "x", True),
        ("X-Custom", "Bearer abc", True),
        ("X-Custom", "  basic YTpi", True),
        ("X-Custom", "ApiKey abc", True),
        ("X-Custom", "sk-abcdefgh", True),
        ("X-Custom", "my key is sk-proj-abcdefgh", True),
        ("X-Custom", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", True),
        ("X-Custom", "bearer", False),
        ("X-Custom", "sk-short", False),
        ("X-Custom", "risk-assessment", False),
        ("X-Api-Version", "2024-10-21", False),
    ],
)
def test_credential_headers_are_known_by_name_or_by_value(name: str, value: str, expected: bool) -> None:
    assert is_credential_header(name, value) is expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("key", "x", True),
        ("API-Key", "x", True),
        ("api_key", "x", True),
        ("apikey", "x", True),
        ("access_token", "x", True),
        ("Subscription-Key", "x", True),
        ("trace", "sk-abcdefgh", True),
        ("trace", "Bearer abc", True),
        ("api-version", "2024-10-21", False),
        ("keys", "x", False),
        ("max_tokens", "10", False),
    ],
)
def test_credential_parameters_are_known_by_name_or_by_value(name: str, value: str, expected: bool) -> None:
    assert is_credential_parameter(name, value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk-proj-abcdef0123456789", True),
        ("https://h/v1?x=sk-SECRET89", True),
        ("my key is sk-abcdefghijklmnopqrstuvwx", True),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", True),
        ("Bearer tokens are not for us", False),
        ("Basic models", False),
        ("sk-production", False),
        ("https://sk-bratislava.example.com/v1", False),
        ("risk-assessment-2024", False),
        ("sk-learn", False),
    ],
)
def test_keys_in_text_that_people_read_are_told_from_words(text: str, expected: bool) -> None:
    assert holds_a_key(text) is expected


def refusal(secret: Secret) -> tuple[str, str]:
    with pytest.raises(SecretUnavailable) as caught:
        secret.reveal()
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return caught.value.reference, caught.value.reason

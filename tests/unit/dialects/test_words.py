"""Words of messages: helpful where they are known, silent where they may be a secret."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from connectory.dialects.words import a_kind_of, choose, key_of, listed, nearest, refused
from connectory.secret import may_be_a_key

KNOWN = ["openai", "azure", "apiUrl"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "text"),
        ({}, "an object"),
        ([], "a list"),
        ((), "a list"),
        (datetime.date(2024, 10, 21), "a date"),
    ],
)
def test_values_are_named_by_their_kind(value: Any, kind: str) -> None:
    assert a_kind_of(value) == kind


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("azur", "`azur` is no provider; did you mean `azure`?"),
        ("APIURL", "`APIURL` is no provider; did you mean `apiUrl`?"),
        ("azure\n", "this is no provider; did you mean `azure`?"),
        ("gemini", "this is no provider; known: `openai`, `azure`, `apiUrl`"),
        (["azure"], "this is no provider; known: `openai`, `azure`, `apiUrl`"),
        (None, "this is no provider; known: `openai`, `azure`, `apiUrl`"),
    ],
)
def test_a_word_is_repeated_only_if_it_is_nearly_a_known_one(word: Any, sentence: str) -> None:
    assert refused(word, "no provider", KNOWN) == sentence


def test_with_nothing_known_nothing_is_offered() -> None:
    assert choose("x", []) == ""


def test_the_nearest_word_is_told_as_it_is_written() -> None:
    assert (nearest("apiurl", KNOWN), nearest("xyz", KNOWN), nearest(7, KNOWN)) == ("apiUrl", None, None)


def test_lists_are_in_backquotes() -> None:
    assert listed(["a", "b"]) == "`a`, `b`"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("max_retries", "max_retries"),
        ("X-Ms-Client-Request-Id", "X-Ms-Client-Request-Id"),
        ("2024-budget-team-alpha", "2024-budget-team-alpha"),
        (42, "42"),
        (True, "True"),
        ("", "(a key)"),
        ("a\nb", "(a key)"),
        ("`a`", "(a key)"),
        ("x" * 41, "(a key)"),
        (10**12, "(a key)"),
        (None, "(a key)"),
        (("a",), "(a key)"),
        ("sk-abcdefgh", "(a key)"),
        ("0c4a9a2e7b1d4f3c8e6d5b0a1f2e3d4c", "(a key)"),
    ],
)
def test_a_key_is_shown_unless_it_may_be_a_secret(key: Any, shown: str) -> None:
    assert key_of(key) == shown


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("Bearer abc", True),
        ("gsk_abcdefghij0123456789", True),
        ("AZURE_OPENAI_KEY_2024", False),
        ("openai_client_kwargs", False),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("0123456789012345678901234", False),
    ],
)
def test_what_may_be_a_key_is_long_and_mixed(text: str, may_be: bool) -> None:
    assert may_be_a_key(text) is may_be

"""What a web page says in one line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.wire.web_pages import is_web_page, page_text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><head><title>502 Bad Gateway</title></head><body><h1>Other</h1></body></html>", "502 Bad Gateway"),
        ("<TITLE class=x>Sign&nbsp;in &amp; go &lt;b&gt;</TITLE >", "Sign\u00a0in & go <b>"),
        ("<title> </title><h1>Access <b>denied</b></h1>", "Access denied"),
        ("<title>open <h2>Blocked</h2>", "Blocked"),
        ("<body><script>var x = '<p>';</script><style>p {}</style><p>Go away</p></body>", "Go away"),
        ("<p>Left<script>never closed", "Left"),
        ("<?xml version='1.0'?><Error><Code>Denied</Code><Message>No.</Message></Error>", "Denied No."),
        ("", ""),
    ],
)
def test_a_page_is_its_title_or_heading_or_words(page: str, text: str) -> None:
    assert " ".join(page_text(page).split(" ")).split() == text.split()


@pytest.mark.parametrize(
    ("text", "is_page"), [(" \n<!doctype html>", True), ("\ufeff<html>", True), ('{"a":"<"}', False)]
)
def test_a_page_is_known_by_its_first_character(text: str, is_page: bool) -> None:
    assert is_web_page(text) is is_page


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["<title", "</title", ">", "<", "<script>", "</script>", "&amp;", "&#", "x"])).map("".join)
)
def test_no_page_is_too_strange(page: str) -> None:
    page_text(page)


@pytest.mark.parametrize("piece", ["<", "<title", "<title>", "<script>", "</script>", "<h1 ", "&", "&#x"])
def test_a_hostile_page_takes_no_time(piece: str) -> None:
    page_text(piece * 1_000_000)

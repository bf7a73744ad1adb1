"""What a web page says in one line: its title, else its first heading, else its words.

Proxies and sign-in portals answer with pages where an API was asked. Every step goes over the page once, however it is
made.
"""

from __future__ import annotations

import re

_LOOKED_AT = 65536

_TAG = re.compile(r"<[^<>]*>")


def is_web_page(text: str) -> bool:
    """Whether a text is html or XML: no JSON begins with `<`."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def page_text(page: str) -> str:
    """The title of a page as plain text, its heading, or all of its words; spaces as they come."""
    page = page[:_LOOKED_AT]
    for name in ("title", "h1", "h2"):
        words = _plain(_content(page, name))
        if words.strip():
            return words
    for name in ("script", "style"):
        page = _without(page, name)
    return _plain(page)


def _content(page: str, name: str) -> str:
    """What stands in the first element `name`."""
    start = re.search(rf"(?i)<{name}\b[^<>]*>", page)
    if start is None:
        return ""
    end = re.compile(rf"(?i)</{name}\b").search(page, start.end())
    return page[start.end() : end.start()] if end else ""


def _without(page: str, name: str) -> str:
    """The page less its elements `name`; one that does not end takes the rest along."""
    start, end = re.compile(rf"(?i)<{name}\b"), re.compile(rf"(?i)</{name}\b")
    kept: list[str] = []
    at = 0
    while found := start.search(page, at):
        kept.append(page[at : found.start()])
        closed = end.search(page, found.end())
        at = closed.start() if closed else len(page)
    return "".join((*kept, page[at:]))


def _plain(markup: str) -> str:
    import html  # a table of 2231 entities, which no run without a web page needs

    return html.unescape(_TAG.sub(" ", markup))

"""What httpx2 logs of a request (2.16: at INFO its URL, and the status line of its answer), without secrets.

The secrets of a URL stand in its query, and a status line may send back whatever was sent.
"""

from __future__ import annotations

import logging

import httpx2

from connectory.secret import is_credential_parameter
from connectory.wire.reason_phrases import reason_phrase

_PARTS = 5  # method, URL, version, status, reason phrase

SECRET_NAMES: set[str] = set()
"""Names of parameters whose values some connection keeps secret, whatever they look like."""


class _Plain(logging.Filter):
    """Changes the record, and lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        args = record.args
        if isinstance(args, tuple) and len(args) == _PARTS and isinstance(url := args[1], httpx2.URL):
            status = args[3]
            record.args = (args[0], _shown(url), args[2], status, isinstance(status, int) and reason_phrase(status))
        return True


def _shown(url: httpx2.URL) -> httpx2.URL:
    pairs = [(name, "***" if _is_secret(name, value) else value) for name, value in url.params.multi_items()]
    return url.copy_with(params=pairs) if pairs else url


def _is_secret(name: str, value: str) -> bool:
    return name in SECRET_NAMES or is_credential_parameter(name, value)


logging.getLogger("httpx2").addFilter(_Plain())

"""The text of a header, judged before any HTTP client sees it."""

from __future__ import annotations

from connectory.errors import CallerError, SecretUnavailable
from connectory.secret import Secret


def sendable(name: str, value: str | Secret) -> str:
    """A header's text. What no header can carry would be quoted by the HTTP client's error, a secret too."""
    text = value.reveal().strip() if isinstance(value, Secret) else value
    if text.isascii() and text.replace("\t", " ").isprintable():
        return text
    reason = "it has a line break, a control character or one outside ASCII"
    if isinstance(value, Secret):
        raise SecretUnavailable(value.reference or name, f"no header can carry it: {reason}")
    raise CallerError(f"No header can carry the value of {name}: {reason}.")

"""Secrets and headers in documents: what is one, where it may be kept, and what a header can carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from connectory.connection import Headers
from connectory.dialects.plain_values import Wrong, a_text, an_object, each, is_given
from connectory.secret import Secret, SecretSource, is_credential_header, looks_like_a_key, may_be_a_key, unsendable

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = ("connection", "content-length", "transfer-encoding")
_PLACE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,4096}")


def read_secret(value: Any) -> Secret:
    """A secret: text, or the variable or file that holds it. Raises Wrong."""
    match value:
        case Secret():
            return value
        case str():
            return Secret(a_text(value))
        case {"env": str(name), **rest} if not rest:
            return Secret.env(_place(name, not may_be_a_key(name)))
        case {"file": str(path), **rest} if not rest:
            return Secret.file(_place(path, not looks_like_a_key(path)))
        case {"missing": True, **rest} if not rest:
            return Secret.missing()
    raise Wrong.because("must be text, `{env: NAME}` or `{file: PATH}`")


def is_missing(value: object) -> bool:
    """Whether a secret in a document is one that was not brought along."""
    return value == {"missing": True} or value == Secret.missing()


def write_secret(secret: Secret) -> Any:
    """One that is sealed with a key that is not at hand is missing wherever it is taken."""
    if secret.at_hand:
        return secret.reveal()
    if secret.reference is None:
        return {SecretSource.MISSING.value: True}
    return {secret.source.value: secret.reference.partition(":")[2]}


def read_headers(value: Any) -> dict[str, str | Secret]:
    """Headers by name. Raises Wrong."""
    names = Counter(str(name).lower() for name, given in an_object(value).items() if is_given(given))

    def read(name: str, given: Any) -> str | Secret:
        if names[name.lower()] > 1:
            raise Wrong.because("stands here twice: a header's name has no case")
        return _header(name, given)

    return each(value, read)


def write_headers(headers: Headers) -> Any:
    return {name: _write_header(name, value) for name, value in headers.items()}


def sendable(text: str) -> str:
    """Text as a header carries it, less the blanks around it. Raises Wrong if none can."""
    if reason := unsendable(text):
        raise Wrong.because(f"no header can carry this: {reason}")
    return text.strip()


def _place(name: str, harmless: bool) -> str:
    """Where a secret is kept is shown to people, so it must not be the secret itself."""
    if not _PLACE.fullmatch(name) or not harmless:
        raise Wrong.because("must name the variable or file that holds the secret, not hold it")
    return name


def _header(name: str, value: Any) -> str | Secret:
    """Text is a secret if it looks like one, or if `{secret: TEXT}` says so."""
    if not _NAME.fullmatch(name):
        raise Wrong.because("is no name that a header can have")
    if name.lower() in _FRAMING:
        raise Wrong.because("is set by whoever sends the request")
    match value:
        case {"secret": str(text), **rest} if not rest:
            return Secret(sendable(text))
        case Mapping() | Secret():
            return read_secret(value)
    text = sendable(a_text(value))
    return Secret(text) if is_credential_header(name, text) else text


def _write_header(name: str, value: str | Secret) -> Any:
    if not isinstance(value, Secret):
        return value
    written = write_secret(value)
    return {"secret": written} if isinstance(written, str) and not is_credential_header(name, written) else written

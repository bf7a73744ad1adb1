"""A secret: text that is never printed, and is revealed by name only."""

from __future__ import annotations

import hashlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from connectory.errors import SecretUnavailable


class SecretSource(StrEnum):
    """Where the text of a secret is: in the value itself, in a variable, or in a file; or why it cannot be had."""

    TEXT = "text"
    ENV = "env"
    FILE = "file"
    MISSING = "missing"
    SEALED = "sealed"


NOT_BROUGHT = (
    "it is missing; give it with `connectory connection update ID --secret-from SOURCE` (env:NAME, file:PATH, or -)"
)
_NO_KEY = (
    "; add it to CONNECTORY_MASTER_KEYS, or to the file master.key, after the newest (if it is there, the secret is "
    "damaged: give it again)"
)


class Secret:
    """Text that must not be seen, or the name of the place that holds it.

    `reveal()` gives the text. A reference (`env`, `file`) is read at every reveal, so a changed file or variable is
    seen at once, and nothing is kept. Equal secrets have equal source and text. A secret cannot be pickled, and copying
    gives the same secret.
    """

    __slots__ = ("_text", "source")

    def __init__(self, text: str, source: SecretSource = SecretSource.TEXT) -> None:
        self._text = text
        self.source = source

    @classmethod
    def env(cls, name: str) -> Secret:
        """The environment variable `name`, read when revealed."""
        return cls(name, SecretSource.ENV)

    @classmethod
    def file(cls, path: str) -> Secret:
        """The text of the file at `path` less a final line break, read when revealed."""
        return cls(path, SecretSource.FILE)

    @classmethod
    def missing(cls) -> Secret:
        """A secret that there is, and that was not brought along: it has to be given again."""
        return cls("", SecretSource.MISSING)

    @classmethod
    def sealed(cls, key_id: str) -> Secret:
        """A secret in a store, sealed with the master key `key_id`, which is not at hand."""
        return cls(key_id, SecretSource.SEALED)

    @property
    def reference(self) -> str | None:
        """`env:NAME` or `file:PATH`; None for a secret that is not kept elsewhere."""
        return f"{self.source}:{self._text}" if self.source in (SecretSource.ENV, SecretSource.FILE) else None

    @property
    def at_hand(self) -> bool:
        """Whether it holds its own text."""
        return self.source is SecretSource.TEXT

    @property
    def is_sealed(self) -> bool:
        """Whether it is in a store and cannot be opened."""
        return self.source is SecretSource.SEALED

    def reveal(self) -> str:
        """The text itself. Raises SecretUnavailable when a reference leads nowhere."""
        match self.source:
            case SecretSource.TEXT:
                return self._text
            case SecretSource.ENV:
                return self._from_variable()
            case SecretSource.FILE:
                return self._from_file()
            case SecretSource.MISSING:
                raise SecretUnavailable("of this connection", NOT_BROUGHT)
            case SecretSource.SEALED:
                raise SecretUnavailable("of this connection", f"it wants the master key {self._text}{_NO_KEY}")

    def header_text(self) -> str:
        """The text as a header carries it: less the blanks around it. Raises SecretUnavailable if no header can."""
        text = self.reveal().strip()
        if reason := unsendable(text):
            raise SecretUnavailable(self.reference or "of this connection", f"no header can carry it: {reason}")
        return text

    def fingerprint(self) -> str:
        """A short mark (`sha256:1a2b…`) by which people tell two secrets apart; it does not lead back to the text."""
        data = self.reveal().encode(errors="surrogatepass")
        return f"sha256:{hashlib.sha256(data).hexdigest()[:4]}…"

    def mark(self) -> str:
        """What people are told of it: where it stands, and its fingerprint, or why there is none."""
        kept = f"{self.reference}, " if self.reference else ""
        try:
            return f"{kept}set, {self.fingerprint()}"
        except SecretUnavailable as error:
            return f"{kept}{error.reason}"

    def _from_variable(self) -> str:
        value = os.environ.get(self._text)
        if value is None:
            raise SecretUnavailable(f"env:{self._text}", "the variable is not set")
        if not value:
            raise SecretUnavailable(f"env:{self._text}", "the variable is empty")
        return value

    def _from_file(self) -> str:
        try:
            value = Path(self._text).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
        except ValueError:  # other bytes than UTF-8, or a path with a NUL in it
            reason = "it is no file of UTF-8 text"
        else:
            if value:
                return value
            reason = "the file is empty"
        raise SecretUnavailable(f"file:{self._text}", reason)  # out here, for the errors above hold what was read

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.source, self._text) == (other.source, other._text)

    def __hash__(self) -> int:
        return hash((self.source, self._text))

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __str__(self) -> str:
        return self.reference or ("***" if self.at_hand else self.source.value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled: pass the connection's id and read the secret where it is used.")


_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "api-key", "x-api-key", "proxy-authorization", "cookie", "ocp-apim-subscription-key"}
)
_CREDENTIAL_PARAMETERS = frozenset(
    {"access-token", "api-key", "apikey", "client-secret", "key", "password", "secret", "subscription-key", "token"}
)
_JWT = r"(?<![\w-])(?=[\w-]*?\beyJ[\w-])[\w-]++\.[\w-]++\."
"""It begins where a word does, so that a long word is gone through once and not from each of its letters."""

_KEY_SHAPE = re.compile(rf"(?i)^\s*(bearer|basic|apikey)\s+\S|\bsk-[\w-]{{8,}}|{_JWT}")
_NO_WORD = re.compile(rf"\bsk-((?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{{8,}}|(?=[\w-]*\d)[\w-]{{16,}}|[\w-]{{20,}})|{_JWT}")


def is_credential_header(name: str, value: str) -> bool:
    """Whether a header carries a credential: by its name, or because its value looks like a key or a token."""
    return name.lower() in _CREDENTIAL_HEADERS or looks_like_a_key(value)


def is_credential_parameter(name: str, value: str) -> bool:
    """The same of a parameter in a URL's query, whose name may have `_` or `-` in it."""
    return name.lower().replace("_", "-") in _CREDENTIAL_PARAMETERS or looks_like_a_key(value)


def looks_like_a_key(text: str) -> bool:
    """Whether a text has the shape of a key or a token: `Bearer ...`, `sk-...`, a JWT."""
    return bool(_KEY_SHAPE.search(text))


def holds_a_key(text: str) -> bool:
    """Whether there is a key in a text for people, in which `Basic models` and `sk-production` are only words."""
    return bool(_NO_WORD.search(text))


_OPAQUE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}")


def may_be_a_key(text: str) -> bool:
    """Whether a word may be a key that stands in the wrong place: by its shape, or for a long run of letters and digits
    in it."""
    return looks_like_a_key(text) or bool(_OPAQUE.search(text))


def unsendable(text: str) -> str | None:
    """Why no header can carry a text, in a few words; None if one can. Blanks around it do not count."""
    text = text.strip()
    if not text:
        return "it is blank"
    if "\n" in text or "\r" in text:
        return "it has a line break in it"
    if not text.isascii():
        return "it has a character outside ASCII"
    if not text.replace("\t", " ").isprintable():
        return "it has a control character in it"
    return None

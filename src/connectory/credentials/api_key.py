"""An API key: a long-lived secret that the service gave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import Credential, Flow, Token
from connectory.errors import Problem, SecretUnavailable
from connectory.secret import Secret
from connectory.setting import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Credential):
    """The key goes out as `Authorization: Bearer KEY`, to Azure as `api-key: KEY`. It does not expire.

    `organization` and `project` are OpenAI's `OpenAI-Organization` and `OpenAI-Project` headers.
    Source: https://platform.openai.com/docs/api-reference/authentication
    """

    kind: ClassVar = "api_key"
    providers: ClassVar = frozenset({"openai", "azure", "other"})

    api_key: Secret | None = setting(None, help="The API key that the service gave you.", label="API key")
    organization: str | None = setting(None, help="OpenAI organization to bill, for keys that belong to several.")
    project: str | None = setting(None, help="OpenAI project to bill, for legacy user keys.")

    def flow(self) -> Flow:
        yield from ()
        return Token(value=self._clean(self.api_key)) if self.api_key else None

    @property
    def silent(self) -> bool:
        return self.api_key is None

    def fixed_key(self) -> Secret | None:
        return self._clean(self.api_key) if self.api_key and not self.api_key.reference else None

    def problems(self) -> Iterator[Problem]:
        if self.api_key is None:
            yield Problem(
                "api_key",
                "an API key is needed; give one, or ask for `credential: {kind: none}` if the service wants none",
            )
        elif not self.api_key.reference and (reason := _unsendable(self.api_key.reveal())):
            yield Problem("api_key", f"no header can carry this key: {reason}; copy it again from the service")

    @staticmethod
    def _clean(key: Secret) -> Secret:
        text = key.reveal().strip()
        if reason := _unsendable(text):
            raise SecretUnavailable(key.reference or "api_key", f"no header can carry it: {reason}")
        return Secret(text)


def _unsendable(key: str) -> str | None:
    key = key.strip()
    if not key:
        return "it is blank"
    if "\n" in key or "\r" in key:
        return "it has a line break in it"
    if not key.isascii():
        return "it has a character outside ASCII"
    if not key.isprintable():
        return "it has a control character in it"
    return None

"""An API key: a long-lived secret that the service gave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import Credential, Flow, FlowContext, Token
from connectory.errors import Problem
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

    api_key: Secret | None = setting(
        None, help="The API key that the service gave you.", label="API key", in_header=True
    )
    organization: str | None = setting(
        None, help="OpenAI organization to bill, for keys that belong to several.", in_header=True
    )
    project: str | None = setting(None, help="OpenAI project to bill, for legacy user keys.", in_header=True)

    def flow(self, context: FlowContext) -> Flow:
        yield from ()
        return Token(value=Secret(self.api_key.header_text())) if self.api_key else None

    @property
    def silent(self) -> bool:
        return self.api_key is None

    def fixed_key(self) -> Secret | None:
        return Secret(self.api_key.header_text()) if self.api_key and not self.api_key.reference else None

    def problems(self) -> Iterator[Problem]:
        if self.api_key is None:
            yield Problem(
                "api_key",
                "an API key is needed; give one, or ask for `credential: {kind: none}` if the service wants none",
            )

"""What every source of subject tokens is: where a workload's own identity token comes from."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar

from connectory.credential import FlowContext, Step
from connectory.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectToken:
    """The token that says which workload calls. `type` is `jwt` or `id`."""

    value: Secret
    type: str


SubjectFlow = Generator[Step, Any, SubjectToken]
"""A source's part of a credential's conversation. Raises SubjectTokenUnavailable."""


class SubjectTokenSource:
    """Base of all sources. A source is a frozen dataclass of settings in a file of its own in `subject_tokens/`."""

    __slots__ = ()

    kind: ClassVar[str]

    def flow(self, context: FlowContext) -> SubjectFlow:
        """Start a conversation that ends in a subject token; called anew for every exchange."""
        raise NotImplementedError

    @property
    def reads(self) -> str:
        """Where the token is read, for people."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Find out what can be known before a first token is asked for. Raises OperatorError."""

"""No credential: for services that ask for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import Credential, Flow, FlowContext


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCredential(Credential):
    """Nothing is sent. It has to be asked for by name, so that a forgotten key is an error and not an open door."""

    kind: ClassVar = "none"
    providers: ClassVar = frozenset({"openai", "other"})

    @property
    def silent(self) -> bool:
        return True

    def flow(self, context: FlowContext) -> Flow:
        yield from ()
        return None

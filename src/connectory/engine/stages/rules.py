"""The rules that applied in a stage, as text: only those that somebody has made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectory.network.reasons import Reason, Said
from connectory.network.resolve import Resolution


@dataclass(frozen=True, slots=True)
class Rules:
    """Says who said a value; `said` knows file and line, where there are such."""

    said: Callable[[Reason], str] = str

    def of(self, found: Resolution, *names: str) -> str:
        """What decides these values of a way, each rule once; empty where all are defaults."""
        reasons = (found.reasons[name] for name in names if name in found.reasons)
        return "; ".join(dict.fromkeys(self.said(reason) for reason in reasons if reason.said is not Said.DEFAULT))

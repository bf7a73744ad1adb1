"""What the doctor says: a report of stages, in order, and how each of them went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

STAGES = (
    *("configuration", "secrets", "name", "proxy", "tcp", "tls", "subject_token", "token_exchange"),
    *("authentication", "model"),
)


class State(StrEnum):
    """How a stage went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Stage:
    """One stage: `ms` milliseconds, what was `seen`, the `rule` that applied, and the `fix` in one sentence."""

    name: str
    state: State = State.SKIPPED
    ms: int | None = None
    seen: str = ""
    rule: str = ""
    fix: str = ""

    def warn(self, seen: str, fix: str) -> None:
        self.state, self.seen, self.fix = State.WARNING, seen, fix

    def fail(self, seen: str, fix: str) -> NoReturn:
        self.state, self.seen, self.fix = State.FAILED, seen, fix
        raise Ended


@dataclass(frozen=True, slots=True)
class Report:
    """The doctor's word on one connection. It holds no secret."""

    connection: str
    stages: tuple[Stage, ...]

    @property
    def failed(self) -> Stage | None:
        """The stage that ended the examination, if one did."""
        return next((stage for stage in self.stages if stage.state is State.FAILED), None)


class Ended(Exception):
    """A stage failed, and the later ones are skipped."""


def as_json(report: Report) -> dict[str, Any]:
    """The report as machines read it."""
    stages = [{name: getattr(stage, name) for name in Stage.__slots__} for stage in report.stages]
    return {"connection": report.connection, "ok": report.failed is None, "stages": stages}

"""The request made of a connection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What is asked for: the whole answer (`run`; `test` is a person's run), or the answer as it is made (`stream`)."""

    RUN = "run"
    TEST = "test"
    STREAM = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One JSON body for a connection's endpoint. `source` says which face asked: `library`, `test`, `airflow`, ...

    `timeout` are the seconds that its caller would wait; rules and the connection may make it longer, or decide.
    """

    body: bytes
    operation: Operation = Operation.RUN
    source: str = "library"
    timeout: float | None = None

    @property
    def streaming(self) -> bool:
        return self.operation is Operation.STREAM

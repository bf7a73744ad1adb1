"""What the doctor says: a report of stages, in order, and how each of them went."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

STAGES = (
    *("configuration", "secrets", "name", "address", "proxy", "tcp", "tls", "subject_token", "token_exchange"),
    *("authentication", "model", "answer", "stream"),
)


class State(StrEnum):
    """How a stage went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an examination is to include: `spend` an answer, `stream` one that comes piece by piece; both cost tokens.

    `without_proxy`: everything goes directly, whatever the rules say.
    """

    spend: bool = False
    stream: bool = False
    without_proxy: bool = False


@dataclass(slots=True)
class Stage:
    """One stage: `ms` milliseconds, what was `seen`, the `rule` that applied, and the `fix` in one sentence."""

    name: str
    state: State = State.SKIPPED
    ms: int | None = None
    seen: str = ""
    rule: str = ""
    fix: str = ""

    def passed(self, seen: str, *, ms: int | None = None) -> None:
        self.state, self.seen = State.OK, seen
        self.ms = self.ms if ms is None else ms

    def skipped(self, seen: str) -> None:
        self.state, self.seen = State.SKIPPED, seen

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


class Chart:
    """The stages of an examination under way. `told` hears of each as soon as it is as it will be, in their order.

    One thread fills it in; another may close it, and what comes after that counts no more.
    """

    def __init__(self, told: Callable[[Stage], None] | None = None) -> None:
        self._stages = {name: Stage(name) for name in STAGES}
        self._told = told or (lambda stage: None)
        self._untold = list(STAGES)
        self._as_told: dict[str, State] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._now: str | None = None
        self.not_told: Exception | None = None
        """What who is told raised, which is no fault of the connection."""

    def __getitem__(self, name: str) -> Stage:
        return self._stages[name]

    @contextmanager
    def at(self, name: str) -> Iterator[Stage]:
        """A stage under way: it goes well unless it says otherwise, takes the time that it takes, and is told of."""
        stage, started = self[name], time.monotonic()
        stage.state = State.OK
        self.under_way(name)
        try:
            yield stage
        finally:
            if stage.ms is None and stage.state is not State.SKIPPED:
                stage.ms = round((time.monotonic() - started) * 1000)
        self.ended(name)

    def under_way(self, name: str) -> None:
        """This is the stage that is to blame for what takes too long from here on."""
        self._now = name

    def ended(self, name: str) -> None:
        """This stage, and every one before it, is as it will be."""
        with self._lock:
            while not self._closed and self._untold and STAGES.index(self._untold[0]) <= STAGES.index(name):
                self._tell(self[self._untold.pop(0)])

    def skip_after(self, name: str) -> None:
        """A later stage has shown that this one fails: those between the two say nothing any more."""
        for later in STAGES[STAGES.index(name) + 1 :]:
            self._stages[later] = Stage(later)
            self._as_told[later] = State.SKIPPED

    def _tell(self, stage: Stage) -> None:
        self._as_told[stage.name] = stage.state
        try:
            self._told(stage)
        except Exception as error:
            self.not_told = error
            raise

    def closed(self, unfinished: str | None = None) -> tuple[Stage, ...]:
        """The stages as they are now; `unfinished` is what is said of the one that is still under way."""
        with self._lock:
            self._closed = True
            stages = {name: dataclasses.replace(stage) for name, stage in self._stages.items()}
            if unfinished and self._untold:
                now = self._now if self._now in self._untold else self._untold[0]
                stages[now] = Stage(now, State.FAILED, None, unfinished, fix=_UNFINISHED)
                stages |= {name: Stage(name) for name in STAGES[STAGES.index(now) + 1 :]}
            for name, stage in stages.items():
                if self._as_told.get(name) is not stage.state:  # what came later may have shown it otherwise
                    self._tell(stage)
            return tuple(stages.values())


_UNFINISHED = "see what holds it up, or give the connection a shorter `client.timeout` to hear sooner what is silent"


def as_json(report: Report) -> dict[str, Any]:
    """The report as machines read it."""
    return {
        "connection": report.connection,
        "ok": report.failed is None,
        "stages": [dataclasses.asdict(stage) for stage in report.stages],
    }

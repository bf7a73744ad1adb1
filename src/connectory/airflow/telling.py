"""What is told of a call to a service: a line in the task's log, and an event for the organisation's sink."""

from __future__ import annotations

import importlib
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from connectory.usage import Outcome, Usage, UsageEvent
from connectory.wire.usage import usage_of_answer

if TYPE_CHECKING:
    from connectory.connection import Connection

Sink = Callable[[UsageEvent], None]

ENDPOINTS: Mapping[str, str] = {
    "audio.speech.create": "speech",
    "audio.transcriptions.create": "transcriptions",
    "chat.completions.create": "chat",
    "embeddings.create": "embeddings",
    "images.generate": "image_generations",
    "moderations.create": "moderations",
    "responses.create": "responses",
    "responses.parse": "responses",
}
"""Calls of the SDK that a model answers, and their words in events; of all others only the log tells."""

_WRONG = "The setting `usage_sink` of [connectory] must be the path of a function, `package.module.function`"


@dataclass(slots=True)
class Call:
    """One call under way. It ends once: answered, with the end of its stream, or failed."""

    path: str
    log: Any
    connection: Connection | None
    sink: Sink | None
    model: str | None = None
    streaming: bool = False
    began: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.monotonic)
    first: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    is_over: bool = False

    def heard(self, piece: Any) -> None:
        """A piece of a stream, the last of which has the usage; a whole answer is a stream of one."""
        self.first = self.first or time.monotonic() - self.clock
        answer = getattr(piece, "response", None) or piece  # events of Responses hold theirs
        named = {name: getattr(answer, name, None) for name in ("model", "usage")}
        self.facts |= {name: value for name, value in named.items() if value is not None}

    def answered(self, answer: Any) -> None:
        self.heard(answer)
        self.ended(getattr(answer, "_request_id", None))

    def ended(self, request_id: str | None) -> None:
        if self.is_over:
            return
        self.is_over = True
        usage = usage_of(self.facts.get("usage"))
        told = {"model": self.facts.get("model"), "tokens": usage.total_tokens, "request": request_id}
        text = "".join(f", {name} {value}" for name, value in told.items() if value is not None)
        self.log.info("%s took %.2f s%s", self.path, time.monotonic() - self.clock, text)
        self._emit(usage, upstream_request_id=request_id)

    def failed(self, error: BaseException) -> None:
        if self.is_over:
            return
        self.is_over = True
        status, request_id = getattr(error, "status_code", None), getattr(error, "request_id", None)
        told = {"status": status, "request": request_id}
        text = "".join(f", {name} {value}" for name, value in told.items() if value is not None)
        took = time.monotonic() - self.clock
        why = self._why(error)
        self.log.warning("%s failed after %.2f s: %s%s%s", self.path, took, type(error).__name__, text, why)
        usage = usage_of(self.facts.get("usage"))
        self._emit(usage, error=code_of(error), status_code=status, upstream_request_id=request_id)

    def _why(self, error: BaseException) -> str:
        """What stood in the way, and who can say more."""
        from connectory.engine.told_failures import failure_of

        if not self.connection or not (found := failure_of(error, self.connection)):
            return ""
        return f". {found} `airflow connections test {self.connection.id}` says how to mend it"

    def _emit(self, usage: Usage, **more: Any) -> None:
        if self.sink and self.connection and (endpoint := ENDPOINTS.get(self.path)):
            event = usage_event(
                self.connection,
                endpoint,
                usage,
                started=self.began,
                latency=time.monotonic() - self.clock,
                first_token=self.first if self.streaming else None,
                streaming=self.streaming,
                model=self.model,
                response_model=self.facts.get("model"),
                **more,
            )
            emit(self.sink, event, self.log)


def usage_of(reported: Any) -> Usage:
    """The counts in a `usage` of the SDK's."""
    return usage_of_answer({"usage": reported.model_dump() if hasattr(reported, "model_dump") else reported})


def usage_event(
    connection: Connection, endpoint: str, usage: Usage, *, error: str | None = None, **more: Any
) -> UsageEvent:
    """An event of Airflow's, with who asked among its labels."""
    return UsageEvent(
        request_id=str(uuid.uuid4()),
        connection=connection.id,
        space=connection.space,
        source="airflow",
        provider=connection.provider.name,
        endpoint=endpoint,
        outcome=Outcome.FAILURE if error else Outcome.SUCCESS,
        usage=usage,
        error=error,
        labels={**connection.labels, **task_labels()},
        **more,
    )


def emit(sink: Sink, event: UsageEvent, log: Any) -> None:
    """What a sink raises is the log's: what the event tells of has happened, and been paid for."""
    try:
        sink(event)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (Airflow ends a task with other BaseExceptions)
        log.warning("The usage sink raised %s: %s. One event is lost.", type(error).__name__, error)


def task_labels() -> Mapping[str, str]:
    """The task that is running here: `dag_id`, `task_id`, `run_id`, `try_number`, and a mapped one's `map_index`."""
    from airflow.sdk import get_current_context

    try:
        task = get_current_context()["ti"]
    except (KeyError, RuntimeError):
        return {}
    named = {name: getattr(task, name, None) for name in ("dag_id", "task_id", "run_id", "try_number", "map_index")}
    return {name: str(value) for name, value in named.items() if value is not None and value != -1}


def configured_sink() -> Sink | None:
    """The function that `[connectory] usage_sink` names. Raises ValueError if there is none at that path."""
    from connectory.airflow.releases import conf

    path = conf.get("connectory", "usage_sink", fallback=None)
    return _loaded(path) if path else None


@cache
def _loaded(path: str) -> Sink:
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{_WRONG}, got {path!r}: {error}") from error
    if not callable(found):
        raise ValueError(f"{_WRONG}, got {path!r}, which cannot be called.")
    sink: Sink = found
    return sink


def code_of(error: BaseException) -> str:
    """The stable code of what an SDK's call raised; ours has it itself."""
    from connectory.errors import (
        ConnectionBroken,
        ConnectoryError,
        CredentialRefused,
        ServiceError,
        ServiceUnreachable,
        TimedOut,
        causes_of,
    )

    if ours := next((cause for cause in causes_of(error) if isinstance(cause, ConnectoryError)), None):
        return ours.code
    names = {kind.__name__ for kind in type(error).__mro__}
    if status := getattr(error, "status_code", None):
        return CredentialRefused.code if status in (401, 403) else ServiceError.code
    if "APITimeoutError" in names:
        return TimedOut.code
    if "APIConnectionError" in names:
        never = any(type(cause).__name__ == "ConnectError" for cause in causes_of(error))
        return ServiceUnreachable.code if never else ConnectionBroken.code
    return "interrupted"

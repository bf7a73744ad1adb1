"""What is seen in a stream while its bytes go by: its usage, its errors, and whether it is one at all."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

import httpx2

from connectory.engine.answer import headers_of_answer
from connectory.engine.auth import refusal, without_secrets
from connectory.engine.execution import Execution, code_of
from connectory.errors import CallerError, InvalidAnswer, NetworkError, ServiceError
from connectory.usage import Usage
from connectory.wire.endpoints import Streaming
from connectory.wire.error_bodies import answer_problem, stream_error
from connectory.wire.sse import EventSplitter, ServerSentEvent
from connectory.wire.usage import StreamUsage

_CHUNK = re.compile(r'"object"\s*:\s*"(?:chat\.completion\.chunk|text_completion)"')
_END = re.compile(r'"finish_reason"\s*:\s*"')

_KEPT = 1_000_000
"""Bytes kept of an answer that has shown no event yet, in case it is no stream at all."""


class Watched:
    """What both streamed answers share: everything but reading from the network.

    The body of an error status has been read, and the execution has ended; that of any other is still to come.
    """

    def __init__(self, execution: Execution, response: httpx2.Response) -> None:
        self._execution = execution
        self._response = response
        self.status = response.status_code
        self.phrase = response.reason_phrase
        self.headers: Mapping[str, str] = headers_of_answer(response)
        self.error: ServiceError | None = None
        """What is wrong so far: an error status from the start, or an error that came in the stream."""
        self._splitter = EventSplitter()
        self._usage = StreamUsage()
        self._unreadable: InvalidAnswer | None = None
        self._no_event_yet: bytearray | None = bytearray()
        self._begun = self._whole = False
        if not response.is_success:
            self.error = refusal(execution.connection, self.status, self.headers, response.content)
            execution.received(response.content)
            self._finish()

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong up to here: no error status, and no error in the stream so far."""
        return self.error is None

    @property
    def usage(self) -> Usage:
        """What the service has reported so far; complete once the stream has ended."""
        return self._usage.usage

    def _claim(self) -> None:
        """Raises CallerError for a stream that cannot be read any more."""
        if self._response.is_success and (self._response.is_stream_consumed or self._response.is_closed):
            raise CallerError("This stream has been read or closed already: it is read once, by one of the two ways.")

    def _seen(self, data: bytes) -> list[ServerSentEvent]:
        """Watch bytes go by; the events that they complete. One that is too large to look at is nobody's fault."""
        if not self._response.is_success:
            return []
        self._execution.received(data)
        try:
            return self._watched(data, self._splitter.feed(data))
        except InvalidAnswer as error:
            self._unreadable, self._no_event_yet = error, None
            return []

    def _check(self) -> None:
        """Raises what is wrong by now, for those who read events."""
        if error := self.error or self._unreadable:
            raise error

    def _watched(self, data: bytes, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        if events:
            self._no_event_yet = None
        elif self._no_event_yet is not None and len(self._no_event_yet) < _KEPT:
            self._no_event_yet += data
        for event in events:
            self._usage.feed(event.data)
            self.error = self.error or self._error_in(event)
            self._begun = self._begun or bool(_CHUNK.search(event.data))
            self._whole = self._whole or event.done or bool(_END.search(event.data))
        return events

    def _error_in(self, event: ServerSentEvent) -> ServiceError | None:
        return stream_error(event.data) and stream_error(self._cleaned(event.data.encode()).decode())

    def _cleaned(self, data: bytes) -> bytes:
        return without_secrets(self._execution.connection, data)

    def _ended(self) -> list[ServerSentEvent]:
        """The answer is whole; the event that it left unfinished, if any."""
        events: list[ServerSentEvent] = []
        if self._response.is_success:
            events = self._watched(b"", self._closed())
            if self._no_event_yet is not None:
                self.error = self.error or self._no_stream(bytes(self._no_event_yet))
            elif self._begun and not self._whole:
                self.error = self.error or InvalidAnswer("the stream ended before the answer did", status=self.status)
        self._finish()
        return events

    def _closed(self) -> list[ServerSentEvent]:
        try:
            return self._splitter.close()
        except InvalidAnswer as error:
            self._unreadable = error
            return []

    def _no_stream(self, body: bytes) -> ServiceError | None:
        """What is wrong when no event came: html, nothing, or a whole answer where a stream can be had."""
        self._usage.feed(body.decode("utf-8", "replace"))
        endpoint = self._execution.endpoint
        if not endpoint.promises_json or (endpoint.streaming is Streaming.NEVER and len(body) >= _KEPT):
            return None
        if not body.strip():
            return InvalidAnswer("an empty body where a stream was promised", status=self.status)
        problem = answer_problem(self.status, self.headers.get("content-type"), self._cleaned(body))
        if problem or endpoint.streaming is Streaming.NEVER:
            return problem
        return InvalidAnswer("in one piece, although a stream was asked for", status=self.status)

    def _finish(self, error: BaseException | None = None) -> None:
        """The execution has ended, with what is known by now; `error` is what else ended it."""
        error = self.error or error
        self._execution.finished(
            error=code_of(error) if error else None,
            usage=self.usage,
            response_model=self._usage.model,
            upstream_request_id=self.headers.get("x-request-id"),
        )

    def _broken(self, error: Exception) -> NetworkError:
        ours = self._execution.failure(error)
        self._finish(ours)
        return ours

    def _forgotten(self) -> bool:
        """Whether nobody has closed this; says so, as Python does for a file."""
        if self._execution.ended:
            return False
        warnings.warn(f"the stream of {self._execution.connection.id!r} was not closed", ResourceWarning, stacklevel=2)
        self._finish()
        return True

    def _parsed(self, event: ServerSentEvent) -> dict[str, Any] | None:
        """The JSON object of an event; None for the closing mark. Raises the stream's own error, or InvalidAnswer."""
        if event.done:
            return None
        if error := self._error_in(event):
            raise error
        try:
            parsed = json.loads(event.data)
        except (ValueError, RecursionError) as error:
            self.error = InvalidAnswer("an event of the stream is no JSON", status=self.status)
            raise self.error from error
        return parsed if isinstance(parsed, dict) else {"data": parsed}

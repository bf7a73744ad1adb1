"""A stream of bytes as server-sent events, however the bytes are cut.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. One difference: an event
at the end of the stream that no blank line follows is an event here, because some services stop so.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectory.errors import InvalidAnswer

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    """One event. `event` is its type, `message` where it names none; `id` the last id that the stream gave."""

    data: str
    event: str = "message"
    id: str = ""

    @property
    def done(self) -> bool:
        """Whether this is OpenAI's mark of the end, `[DONE]`."""
        return self.data.strip() == "[DONE]"


class EventSplitter:
    """Splits one stream. The same bytes give the same events, and the same error, in whatever pieces they come.

    `max_event_size` is in bytes. A larger event raises InvalidAnswer, after the events before it were handed out.
    """

    def __init__(self, *, max_event_size: int = 16 * 1024 * 1024) -> None:
        self._max_event_size = max_event_size
        self._too_large = False
        self._at_start = True
        self._after_return = False
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_size = 0
        self._type = b""
        self._id = b""
        self._events: list[ServerSentEvent] = []

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that end in these bytes."""
        data = self._from_start(data)
        if self._after_return and data:
            # The second half of a CR LF that was cut in two.
            data = data.removeprefix(b"\n")
            self._after_return = False
        if data:
            self._after_return = data.endswith(b"\r")
            self._take_lines(data)
        return self._handed_out()

    def close(self) -> list[ServerSentEvent]:
        """The last event, if the stream ended in the middle of it."""
        self._at_start = False
        if self._line:
            self._end_line()
        self._dispatch()
        return self._handed_out()

    def _from_start(self, data: bytes) -> bytes:
        """The data, less the byte order mark that a stream may begin with; held back until that can be told."""
        if not self._at_start:
            return data
        self._line += data
        head = bytes(self._line)
        if len(head) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(head):
            return b""
        self._at_start = False
        self._line.clear()
        return head.removeprefix(_BYTE_ORDER_MARK)

    def _take_lines(self, data: bytes) -> None:
        # Bytes, unlike text, are split at CR, LF and CR LF only.
        lines = data.splitlines()
        rest = b"" if data.endswith((b"\n", b"\r")) else lines.pop()
        for line in lines:
            self._grow(line)
            self._end_line()
        self._grow(rest)

    def _grow(self, piece: bytes) -> None:
        """Add to the line that is being read, unless its event has become too large."""
        if self._data_size + len(self._line) + len(piece) > self._max_event_size:
            self._too_large = True
        if not self._too_large:
            self._line += piece

    def _end_line(self) -> None:
        if self._too_large:
            return
        line = bytes(self._line)
        self._line.clear()
        if not line:
            self._dispatch()
            return
        name, _, value = line.partition(b":")
        self._take_field(name, value.removeprefix(b" "))

    def _take_field(self, name: bytes, value: bytes) -> None:
        """Comments are fields without a name; `retry` is not for us, who do not connect again."""
        if name == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
        elif name == b"event":
            self._type = value
        elif name == b"id" and b"\x00" not in value:
            self._id = value

    def _dispatch(self) -> None:
        if self._data and not self._too_large:
            self._events.append(
                ServerSentEvent(
                    data=b"\n".join(self._data).decode("utf-8", "replace"),
                    event=self._type.decode("utf-8", "replace") or "message",
                    id=self._id.decode("utf-8", "replace"),
                )
            )
        self._data.clear()
        self._data_size = 0
        self._type = b""

    def _handed_out(self) -> list[ServerSentEvent]:
        events, self._events = self._events, []
        if self._too_large and not events:
            raise InvalidAnswer(f"The stream holds an event of more than {self._max_event_size} bytes.")
        return events

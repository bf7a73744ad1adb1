"""What goes over the wire, as values: the request as it was received, the answer as it shall be written."""

import enum
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]
Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, exactly as it came: names, order and case of the headers, every byte of head and body.

    `raw_head` ends with the empty line; `body` is what was left after the chunks of a chunked request were joined;
    `path` and `query` are the two parts of `target`, still percent-encoded; `connection` numbers the accepted TCP
    connections from 1; `peer_certificate` is the common name of the client certificate, where one was asked for and
    presented.
    """

    method: str
    target: str
    path: str
    query: str
    headers: Headers
    raw_head: bytes
    body: bytes
    connection: int
    peer_certificate: str | None = None

    def values(self, name: str) -> list[str]:
        """Every value of a header, in the order received; the name in any case."""
        wanted = name.lower()
        return [value for header, value in self.headers if header.lower() == wanted]

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        values = self.values(name)
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Pause:
    """Write nothing for so many seconds."""

    seconds: float


class Ending(enum.Enum):
    """A way to end a connection before the answer is complete."""

    CLOSE = "a clean close (FIN), whatever was promised"
    CUT = "a clean close in the middle of an HTTP chunk"
    RESET = "a TCP reset (RST)"


Step: TypeAlias = bytes | Pause | Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    A body of bytes goes out in one write with its content-length. A body of steps is a stream: each `bytes` is one
    HTTP chunk and one TCP write of its own; unless the headers name a content-length, then the bytes go out bare.
    `before` is done before the first byte of the head.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes | tuple[Step, ...] = b""
    before: tuple[Pause | Ending, ...] = ()


App: TypeAlias = Callable[[Received], Awaitable[Answer]]


def encode(document: Any) -> bytes:
    """Compact JSON in UTF-8. Text that is not ASCII stays itself, so that split streams split real characters."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_answer(document: Mapping[str, Any], *, status: int = 200, headers: Headers = ()) -> Answer:
    return Answer(status=status, headers=(("content-type", "application/json"), *headers), body=encode(document))

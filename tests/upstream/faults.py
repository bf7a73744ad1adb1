"""Faults, chosen by the model name of a request, so that any client can ask for them.

A request for the model `status-429` is refused with 429; on Azure's classic paths the deployment is the model. Names
can be joined with `+` (`stream-crlf+stream-split-1`), and each can end in `-times-<k>`: then it happens to the first k
requests that name it, and the next one is answered well. Joined faults are applied in the order of the table below,
whatever the order in the name. A request that is refused for a reason of its own (no key, bad body) has no other fault.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.upstream import answer_faults as of_answers
from tests.upstream import stream_faults as of_streams
from tests.upstream.answer_faults import Case
from tests.upstream.messages import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. In its name `<...>` is a number and `[...]` may be left out; the numbers reach `change` by name."""

    name: str
    help: str
    change: Callable[[Case], Answer]

    def match(self, name: str) -> dict[str, float] | None:
        """The numbers in a name, or None when it is another fault's."""
        found = re.fullmatch(_pattern(self.name), name)
        if found is None:
            return None
        return {key: float(value) for key, value in found.groupdict().items() if value is not None}


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="status-<code>[-retry-after-<seconds>][-retry-after-ms-<ms>]",
        help="answers with an error of that status (400 to 599), with these headers",
        change=of_answers.status,
    ),
    Fault(name="retry-after-ms-<ms>", help="answers 429 with a retry-after-ms header", change=of_answers.too_many),
    Fault(name="redirect", help="answers 302 to /elsewhere on the same service", change=of_answers.redirect),
    Fault(name="html-200", help="answers 200 with an HTML page", change=of_answers.html_200),
    Fault(name="html-502", help="answers 502 with an HTML page, as a proxy does", change=of_answers.html_502),
    Fault(name="empty-200", help="answers 200 with no body", change=of_answers.empty),
    Fault(name="bad-json-200", help="answers 200 with JSON that stops in the middle", change=of_answers.bad_json),
    Fault(
        name="no-usage", help="leaves the usage out, also of streams that were asked for it", change=of_answers.no_usage
    ),
    Fault(
        name="large-<bytes>",
        help="pads the answer, or the first event of a stream, to that size with a member `padding`",
        change=of_answers.large,
    ),
    Fault(name="cut", help="ends a whole answer after half of the promised content-length", change=of_answers.cut),
    Fault(name="json-typed-sse", help="sends a stream as application/json", change=of_answers.json_typed),
    Fault(
        name="stream-error-after-<n>",
        help="ends a stream after n events with an event that holds an error",
        change=of_streams.error_after,
    ),
    Fault(
        name="stream-malformed",
        help="puts a data line that is not JSON behind the first event",
        change=of_streams.malformed,
    ),
    Fault(
        name="stream-eof",
        help="ends a stream cleanly without its last event: [DONE], or response.completed",
        change=of_streams.eof,
    ),
    Fault(
        name="stream-reset-after-<n>", help="resets the connection (RST) after n events", change=of_streams.reset_after
    ),
    Fault(
        name="stream-cut-after-<n>",
        help="closes the connection after n events, in the middle of an HTTP chunk",
        change=of_streams.cut_after,
    ),
    Fault(
        name="stream-stall-after-<n>-<seconds>",
        help="falls silent after n events for so long",
        change=of_streams.stall_after,
    ),
    Fault(
        name="stream-multiline",
        help="spreads the JSON of an event over several data lines",
        change=of_streams.multiline,
    ),
    Fault(
        name="stream-comments",
        help="gives each event a comment, an id:, a retry: and, where it has none, an event: field",
        change=of_streams.comments,
    ),
    Fault(
        name="stream-keep-alives",
        help="puts a comment of its own, `: keep-alive`, before each event",
        change=of_streams.keep_alives,
    ),
    Fault(name="stream-bom", help="begins a stream with a byte order mark", change=of_streams.bom),
    Fault(name="stream-crlf", help="ends the lines of a stream with CR LF", change=of_streams.crlf),
    Fault(name="stream-cr", help="ends the lines of a stream with CR", change=of_streams.cr),
    Fault(
        name="gzip",
        help="compresses the body, whatever the client accepts; a stream event by event",
        change=of_answers.gzip,
    ),
    Fault(name="stream-slow-<ms>", help="waits so long between the events of a stream", change=of_streams.slow),
    Fault(
        name="stream-split-<n>",
        help="writes a stream in pieces of n bytes, each a TCP write and an HTTP chunk of its own",
        change=of_streams.split,
    ),
    Fault(name="stall-<seconds>", help="falls silent before the answer for so long", change=of_answers.stall),
    Fault(name="close", help="closes the connection cleanly instead of answering", change=of_answers.close),
    Fault(name="reset", help="resets the connection (RST) instead of answering", change=of_answers.reset),
)

_WHOLE = r"\d+"
_NUMBERS = {"code": r"[45]\d\d", "seconds": r"\d+(?:\.\d+)?"}


@functools.cache
def _pattern(name: str) -> str:
    with_options = name.replace("[", "(?:").replace("]", ")?")
    return re.sub(r"<(\w+)>", lambda found: f"(?P<{found[1]}>{_NUMBERS.get(found[1], _WHOLE)})", with_options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One fault as a name asks for it: with its numbers, and for how many requests (None: for all)."""

    fault: Fault
    numbers: dict[str, float]
    times: int | None


@functools.cache
def asked(name: str) -> tuple[Asked, ...]:
    """The faults that a name asks for, in the order to apply them; none when it is no name of faults."""
    found = [_asked_one(part) for part in name.split("+")]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return ()
    return tuple(sorted(known, key=lambda each: FAULTS.index(each.fault)))


def _asked_one(part: str) -> Asked | None:
    found = re.fullmatch(r"(.+?)(?:-times-(\d+))?", part)
    if found is None:
        return None
    name, times = found.groups()
    for fault in FAULTS:
        numbers = fault.match(name)
        if numbers is not None:
            return Asked(fault=fault, numbers=numbers, times=int(times) if times else None)
    return None


class Faults:
    """The faults of one service: it knows how the service refuses, and counts the requests that named each fault."""

    def __init__(self, refusal: Callable[[int], Answer]) -> None:
        self._refusal = refusal
        self._requests: Counter[str] = Counter()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(asked(name))

    def applied(self, name: str, answer: Answer) -> Answer:
        self._requests[name] += 1
        for each in asked(name):
            if each.times is None or self._requests[name] <= each.times:
                answer = each.fault.change(Case(answer=answer, numbers=each.numbers, refusal=self._refusal))
        return answer

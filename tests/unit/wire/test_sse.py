"""Server-sent events out of bytes, however they are cut."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.errors import InvalidAnswer
from connectory.wire.sse import EventSplitter, ServerSentEvent


def split(stream: bytes, *cuts: int, max_event_size: int = 16 * 1024 * 1024) -> list[ServerSentEvent | str]:
    """The events of a stream fed in pieces; an error is the text of it at the end."""
    splitter = EventSplitter(max_event_size=max_event_size)
    events: list[ServerSentEvent | str] = []
    bounds = [0, *sorted(cuts), len(stream)]
    try:
        for start, end in itertools.pairwise(bounds):
            events += splitter.feed(stream[start:end])
        events += splitter.close()
        events += splitter.close()
    except InvalidAnswer as error:
        events.append(str(error))
    return events


def event(data: str, type: str = "message", id: str = "") -> ServerSentEvent:
    return ServerSentEvent(data=data, event=type, id=id)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [event("a"), event("b")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [event("a"), event("b"), event("c")]),
        (b"data:a\n\ndata:  b\n\n", [event("a"), event(" b")]),
        (b"data: a\ndata: b\ndata\n\n", [event("a\nb\n")]),
        (b"data:\n\n", [event("")]),
        (b"data: a: b\n\n", [event("a: b")]),
        (b"event: delta\ndata: a\n\ndata: b\n\n", [event("a", "delta"), event("b")]),
        (b"event: nothing\n\ndata: a\n\n", [event("a")]),
        (b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [event("a", id="1"), event("b", id="1"), event("c")]),
        (b"id: 1\x002\ndata: a\n\n", [event("a")]),
        (b": keep-alive\n\n:\n\ndata: a\n: more\n\n", [event("a")]),
        (b"retry: 10\nnonsense\n data: x\nDATA: y\ndata: a\n\n", [event("a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [event("a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [event("b")]),
        ("data: é😀\u2028\x85\x0b\n\n".encode(), [event("é😀\u2028\x85\x0b")]),
        (b"data: \xff\n\n", [event("\ufffd")]),
        (b"data: a", [event("a")]),
        (b"data: a\n\ndata: b\n", [event("a"), event("b")]),
        (b"event: end", []),
        (b"", []),
        (b"\xef\xbb", []),
        (b"\n\n\r\n\r", []),
    ],
)
def test_a_stream_is_split_as_the_standard_says(stream: bytes, events: list[ServerSentEvent]) -> None:
    assert split(stream) == events


STREAMS = st.lists(
    st.sampled_from(
        [b"data", b"event", b"id", b":", b" ", b"\n", b"\r", b"\r\n", b"a", b"\x00", b"\xef\xbb\xbf", "é".encode()]
    ),
    max_size=40,
).map(b"".join) | st.binary(max_size=60)


@settings(deadline=None, max_examples=500)
@given(STREAMS, st.data())
def test_every_split_of_the_same_bytes_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    limit = data.draw(st.sampled_from([4, 10, 1000]))
    whole = split(stream, max_event_size=limit)
    assert split(stream, *cuts, max_event_size=limit) == whole
    assert split(stream, *range(len(stream)), max_event_size=limit) == whole


def test_a_return_and_a_line_feed_in_two_pieces_end_one_line() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\r") == []
    assert splitter.feed(b"") == []
    assert splitter.feed(b"\ndata: b\r\n\r") == [event("a\nb")]
    assert splitter.feed(b"\n") == []


def test_an_event_is_handed_out_as_soon_as_its_blank_line_is_there() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\n") == []
    assert splitter.feed(b"\ndata: b") == [event("a")]


def test_an_event_that_is_too_large_is_an_invalid_answer() -> None:
    splitter = EventSplitter(max_event_size=20)
    assert splitter.feed(b"data: a\n\n" + b"data: " + b"b" * 20) == [event("a")]
    with pytest.raises(InvalidAnswer, match="more than 20 bytes"):
        splitter.feed(b"\n\n")


def test_many_small_lines_make_a_large_event_too() -> None:
    assert split(b"data\n" * 100, max_event_size=50) == ["The stream holds an event of more than 50 bytes."]


def test_comments_between_events_may_go_on_for_ever() -> None:
    assert split(b": waiting\n" * 100 + b"data: a\n\n", max_event_size=20) == [event("a")]


def test_a_long_line_fed_byte_by_byte_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        splitter = EventSplitter()
        start = time.perf_counter()
        for _ in range(size):
            splitter.feed(b"x")
        return time.perf_counter() - start

    seconds(1000)
    # Quadratic work would take 400 times as long.
    assert seconds(200_000) < 100 * max(seconds(10_000), 0.002)


@pytest.mark.parametrize(
    ("data", "done"), [("[DONE]", True), (" [DONE] ", True), ('{"a":"[DONE]"}', False), ("", False)]
)
def test_the_mark_of_the_end_is_known(data: str, done: bool) -> None:
    assert event(data).done is done

"""A round of calls, and the table that shows it."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Sequence

from rich.console import Console

from connectory.demo.definition import Definition
from connectory.demo.face import Call, Reply
from connectory.demo.round import Outcome, outcomes
from connectory.demo.table import Table

SMALL = Definition(
    id="small",
    embeddings_id="small-embeddings",
    provider="Other",
    dialect="our own words",
    place="connectory.yml",
    text="",
    model="m",
)


class Answering:
    name = "Answering"
    how = "by heart"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield Call("list", lambda: Reply("one"))
        for definition in definitions:
            for name in ("first", "second", "third", "fourth"):
                yield Call(name, lambda: Reply("An answer of\n  \x1b[31mmany words", "1+2"), definition)


class Failing:
    name = "Failing"
    how = "always"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield Call("raise", self._raise, definitions[0])
        yield Call("raise in silence", self._raise_in_silence, definitions[0])
        yield Call("say nothing", lambda: Reply("  "), definitions[0])

    def _raise(self) -> Reply:
        raise OSError("it is broken")

    def _raise_in_silence(self) -> Reply:
        raise OSError


def made(*faces: Answering | Failing) -> list[Outcome]:
    return list(outcomes(faces, [SMALL], lambda _: contextlib.nullcontext(), lambda: 0))


def printed(made: Sequence[Outcome], *, width: int) -> list[str]:
    file = io.StringIO()
    table = Table(Console(file=file, width=width), width=width)
    table.head()
    for outcome in made:
        table.add(outcome)
    table.foot()
    return [re.sub(r"\d\.\d\d s$", "TIME", line) for line in file.getvalue().splitlines()]


def test_failure_is_an_outcome_and_the_next_call_is_made() -> None:
    assert [outcome.error for outcome in made(Failing())] == ["it is broken", "OSError", "an empty answer"]
    assert not [outcome for outcome in made(Failing()) if outcome.reply]


def test_every_face_makes_its_calls() -> None:
    assert [outcome.face.name for outcome in made(Answering(), Failing())] == ["Answering"] * 5 + ["Failing"] * 3


def test_busy_says_what_goes_on() -> None:
    said: list[str] = []

    def busy(what: str) -> contextlib.AbstractContextManager[None]:
        said.append(what)
        return contextlib.nullcontext()

    list(outcomes([Failing()], [SMALL], busy, lambda: 0))
    assert said[:2] == ["Failing", "Failing: small: raise"]


class Exchanging:
    name = "Exchanging"
    how = "twice at first"

    def __init__(self) -> None:
        self.exchanges = 5

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield Call("first", self._first)
        yield Call("second", lambda: Reply("two"))

    def _first(self) -> Reply:
        self.exchanges += 2
        return Reply("one")


def test_exchanges_are_counted_for_the_call_that_made_them() -> None:
    face = Exchanging()
    made = outcomes([face], [SMALL], lambda _: contextlib.nullcontext(), lambda: face.exchanges)
    assert [outcome.exchanges for outcome in made] == [2, 0]


def test_table_shows_each_row_in_its_width() -> None:
    assert printed(made(Answering()), width=64) == [
        "  Connection       Call           Answer          Tokens    Time",
        "Answering  by heart",
        "  all              list           one                     TIME",
        "  small            first          An answer...       1+2  TIME",
        "  Other            second         An answer...       1+2  TIME",
        "  our own words    third          An answer...       1+2  TIME",
        "                   fourth         An answer...       1+2  TIME",
        "",
        "  Tokens are prompt+completion, or the dimensions of a vector;",
        "  unknown: the service reports none in a stream unless asked.",
    ]


def test_narrow_table_leaves_out_the_tokens() -> None:
    assert printed(made(Answering()), width=63)[::3] == [
        "  Connection       Call           Answer                   Time",
        "  small            first          An answer of [31mm...  TIME",
        "                   fourth         An answer of [31mm...  TIME",
    ]


def test_very_narrow_table_leaves_out_the_time_as_well() -> None:
    assert printed(made(Answering()), width=40)[::3] == [
        "  Connection       Call           Answer",
        "  small            first          An...",
        "                   fourth         An...",
    ]


def test_table_shows_answers_on_one_line_and_without_control_characters() -> None:
    assert "An answer of [31mmany words" in printed(made(Answering()), width=100)[3]


def test_table_shows_failures() -> None:
    assert "failed: it is broken" in printed(made(Failing()), width=100)[2]

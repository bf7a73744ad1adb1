"""What machines are told of a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectory.demo.definition import Definition
from connectory.demo.face import Call, Reply
from connectory.demo.report import as_json
from connectory.demo.round import Outcome
from connectory.demo.service import Service

SERVICE = Service(url="http://127.0.0.1:1/v1", model="small", about="A small one")


class Silent:
    name = "Silent"
    how = "never"

    def calls(self, definitions: Sequence[Definition]) -> Iterator[Call]:
        yield from ()


def outcome(reply: Reply | None, error: str = "", exchanges: int = 0) -> Outcome:
    call = Call("list", lambda: Reply(""))
    return Outcome(face=Silent(), call=call, seconds=0.12345, exchanges=exchanges, reply=reply, error=error)


def test_call_without_a_connection_or_tokens_has_none() -> None:
    told = as_json(SERVICE, [outcome(Reply("one"))])
    assert told == {
        "service": {"about": "A small one", "url": "http://127.0.0.1:1/v1", "model": "small"},
        "exchanges": 0,
        "answers": [
            {
                "face": "Silent",
                "connection": None,
                "provider": None,
                "dialect": None,
                "call": "list",
                "answer": "one",
                "exchanges": 0,
                "tokens": None,
                "seconds": 0.123,
                "error": None,
            }
        ],
        "ok": True,
    }


def test_call_that_failed_is_told_with_its_error() -> None:
    told = as_json(SERVICE, [outcome(Reply("one")), outcome(None, "it is broken")])
    assert (told["ok"], told["answers"][1]["answer"], told["answers"][1]["error"]) == (False, None, "it is broken")


def test_exchanges_are_told_of_each_call_and_of_all() -> None:
    told = as_json(SERVICE, [outcome(Reply("one"), exchanges=1), outcome(Reply("two"), exchanges=2)])
    assert (told["exchanges"], [answer["exchanges"] for answer in told["answers"]]) == (3, [1, 2])

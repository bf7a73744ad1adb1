"""What machines are told of a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectory.demo.definitions import Definition
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


def outcome(reply: Reply | None, error: str = "") -> Outcome:
    call = Call("list", lambda: Reply(""))
    return Outcome(face=Silent(), call=call, seconds=0.12345, reply=reply, error=error)


def test_call_without_a_connection_or_tokens_has_none() -> None:
    told = as_json(SERVICE, [outcome(Reply("one"))])
    assert told == {
        "service": {"about": "A small one", "url": "http://127.0.0.1:1/v1", "model": "small"},
        "answers": [
            {
                "face": "Silent",
                "connection": None,
                "provider": None,
                "dialect": None,
                "call": "list",
                "answer": "one",
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

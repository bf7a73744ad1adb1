"""The small frozen values: actions, tokens, usage and its events."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from connectory.action import Action, Operation
from connectory.credential import Credential, FlowContext, Token, TokenRequest, TokenResponse
from connectory.errors import Problem
from connectory.provider import OPENAI
from connectory.secret import Secret
from connectory.transport import RUN, SDK_CLIENT, STREAM, Timeouts, TransportSettings
from connectory.usage import Attempt, Outcome, Usage, UsageEvent, UsageSource

ATTEMPT = Attempt(connection="a", status_code=200, latency=0.5, error=None)
EVENT = UsageEvent(
    request_id="r",
    started=1.0,
    latency=0.5,
    connection="a",
    space="default",
    source="library",
    provider="openai",
    endpoint="chat",
    streaming=False,
    outcome=Outcome.SUCCESS,
    usage=Usage(prompt_tokens=0, source=UsageSource.REPORTED),
    attempts=(ATTEMPT,),
    labels={"team": "a"},
)
VALUES = [
    Action(body=b"{}"),
    ATTEMPT,
    EVENT,
    OPENAI.address("https://h/v1"),
    Problem("url", "has no host"),
    SDK_CLIENT,
    Timeouts.all(1.0),
    TokenRequest(method="POST", url="https://h", headers={}),
    TokenResponse(status=200, headers={}, body=b""),
    Usage(),
]
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


@each_value
def test_values_are_frozen(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, None)


@each_value
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_values_cross_from_process_to_process(value: Any, copied: Any) -> None:
    assert copied(value) == value


def test_a_token_stays_in_its_process() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Token(value=Secret("t")))


def test_a_token_is_not_printed() -> None:
    assert repr(Token(value=Secret("canary"), expires_in=60.0)) == "Token(value=Secret(***), expires_in=60.0)"


@pytest.mark.parametrize(
    ("operation", "streaming"), [(Operation.RUN, False), (Operation.TEST, False), (Operation.STREAM, True)]
)
def test_only_a_stream_streams(operation: Operation, streaming: bool) -> None:
    assert Action(body=b"", operation=operation).streaming is streaming


def test_usage_that_nobody_reported_is_missing_and_not_zero() -> None:
    assert Usage() == Usage(
        prompt_tokens=None,
        completion_tokens=None,
        total_tokens=None,
        cached_tokens=None,
        reasoning_tokens=None,
        seconds=None,
        source=UsageSource.MISSING,
    )


def test_an_event_says_everything_but_the_bodies() -> None:
    assert {field.name for field in dataclasses.fields(UsageEvent)} & {
        "body",
        "request",
        "response",
        "headers",
    } == set()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["reported", "estimated", "missing"], UsageSource),
        (["success", "failure", "unknown"], Outcome),
        (["run", "test", "stream"], Operation),
    ],
)
def test_choices_are_these_words(words: list[str], kind: Any) -> None:
    assert [str(choice) for choice in kind] == words


@pytest.mark.parametrize(
    ("use", "limits"),
    [
        (SDK_CLIENT, (5.0, 600.0, None, 2)),
        (RUN, (5.0, 200.0, None, 0)),
        (STREAM, (5.0, 600.0, 60.0, 0)),
    ],
)
def test_each_use_has_its_limits(use: TransportSettings, limits: tuple[float | None, ...]) -> None:
    assert (use.timeouts.connect, use.timeouts.read, use.first_byte, use.retries) == limits


def test_a_credential_must_say_how_it_is_proved() -> None:
    with pytest.raises(NotImplementedError):
        Credential().flow(FlowContext(classic=False, now=0.0))

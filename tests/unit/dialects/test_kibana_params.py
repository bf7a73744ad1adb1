"""What Elastic's connector can be asked to do, and with what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectory.dialects.kibana_params import SUB_ACTIONS, Call, read_call, read_params
from connectory.dialects.plain_values import Wrong
from tests.unit.dialects.documents import junk

GOLDEN = Path(__file__).parents[2] / "golden" / "kibana_params.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
MESSAGE = {"role": "user", "content": "Hello"}


def found(sub_action: str, params: Any) -> dict[str, Any]:
    try:
        return {"params": read_params(sub_action, params)}
    except Wrong as wrong:
        return {"problems": [[problem.path, problem.message] for problem in wrong.problems]}


def problems(sub_action: str, params: Any) -> list[list[str]]:
    return list(found(sub_action, params)["problems"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_parameters_are_read_as_recorded(case: dict[str, Any]) -> None:
    request = case["request"]
    assert found(request["subAction"], request["subActionParams"]) == case["expect"]


def test_a_call_names_its_sub_action() -> None:
    assert read_call({"subAction": "x", "subActionParams": {"a": 1}}) == Call(sub_action="x", params={"a": 1})
    assert read_call({"subAction": "x"}) == Call(sub_action="x", params={})


@pytest.mark.parametrize(
    ("params", "places"),
    [({}, ["subAction"]), ({"subAction": 1, "subActionParam": {}}, ["subAction", "subActionParam"]), ([], [""])],
)
def test_a_call_that_is_none_says_why(params: Any, places: list[str]) -> None:
    with pytest.raises(Wrong) as caught:
        read_call(params)
    assert [problem.path for problem in caught.value.problems] == places


def test_everything_wrong_is_said_at_its_place() -> None:
    params = {
        "messages": [{"role": "user"}, {**MESSAGE, "tool_calls": [{"id": 1, "type": "function"}]}, "x"],
        "tools": [{"type": "tool", "function": {"name": "f", "parameters": [], "strict": "yes"}}],
        "tool_choice": {"type": "function"},
        "temprature": 1,
        "n": "many",
        "stop": [1],
    }
    assert problems("invokeAI", params) == [
        ["messages.0.content", "is required"],
        ["messages.1.tool_calls.0.id", "must be text, not a number"],
        ["messages.1.tool_calls.0.function", "is required"],
        ["messages.2", "must be an object, not text"],
        ["tools.0.type", "must be one of `function`"],
        ["tools.0.function.parameters", "must be an object, not a list"],
        ["tools.0.function.strict", "must be true or false, not text"],
        ["tool_choice.function", "is required"],
        ["temprature", "is no key that is known here; did you mean `temperature`?"],
        ["n", "must be a number, not text"],
        ["stop.0", "must be text, not a number"],
    ]


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_number_that_is_left_out_is_none(nothing: Any) -> None:
    assert read_params("run", {"body": "{}", "timeout": nothing}) == {"body": "{}"}


@pytest.mark.parametrize("stop", [None, "END", ["a", "b"]])
@pytest.mark.parametrize("call", ["none", "auto", {"name": "f"}])
def test_older_words_are_taken_too(stop: Any, call: Any) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False, "$schema": "s", "required": []}
    functions = [{"name": "f", "description": "d", "parameters": schema, "more": 1}]
    params = {"messages": [MESSAGE], "stop": stop, "functions": functions, "function_call": call}
    assert read_params("invokeStream", params) == params


def test_tools_may_have_more_in_them() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}, "x": 1}, "y": 2}
    choice = {"type": "function", "function": {"name": "f", "z": 3}}
    params = {"messages": [], "tools": [tool], "tool_choice": choice, "response_format": {"type": "json_object"}}
    assert read_params("invokeAsyncIterator", params) == params


def test_what_is_not_sent_on_is_strict_too() -> None:
    params = {"body": "{}", "telemetryMetadata": {"pluginId": "p", "useCase": 1, "user": "u"}, "signal": object()}
    assert [path for path, _ in problems("test", params)] == ["telemetryMetadata.useCase", "telemetryMetadata.user"]


@pytest.mark.parametrize("sub_action", SUB_ACTIONS)
@given(params=junk(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)))
def test_junk_is_read_or_refused_and_nothing_else(sub_action: str, params: Any) -> None:
    answer = found(sub_action, params)
    assert "params" in answer or all(message for _, message in answer["problems"])

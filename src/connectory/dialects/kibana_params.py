"""What is asked of a connector in Elastic's words: `subAction`, and the `subActionParams` that go with it.

Objects are strict but where it says `open_object`. Source: Kibana's connector `.gen-ai` (schemas of its sub-actions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectory.dialects.kibana_words import a_count
from connectory.dialects.plain_values import Gathering, Wrong, a_text, an_object, is_given
from connectory.dialects.words import a_kind_of, choose, key_of, listed

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A sub-action by its name, which may be any text, and what it is called with, not yet read."""

    sub_action: str
    params: Mapping[str, Any]


def read_call(params: object) -> Call:
    """The call that the `params` of an execution ask for. Raises Wrong."""
    read = object_of(required={"subAction": a_text}, optional={"subActionParams": an_object})(params)
    return Call(sub_action=read["subAction"], params=read.get("subActionParams", {}))


def read_params(sub_action: str, params: object) -> dict[str, Any]:
    """The parameters of one of SUB_ACTIONS, as plain values in their order; text of a number is one. Raises Wrong."""
    values: dict[str, Any] = SUB_ACTIONS[sub_action](params)
    return values


def object_of(*, required: Mapping[str, Read] | None = None, optional: Mapping[str, Read] | None = None) -> Read:
    """An object with these keys and no others."""
    return lambda value: _object(value, required or {}, optional or {}, strict=True)


def open_object(*, required: Mapping[str, Read] | None = None, optional: Mapping[str, Read] | None = None) -> Read:
    """An object with these keys, in which others are left as they are."""
    return lambda value: _object(value, required or {}, optional or {}, strict=False)


def _object(value: Any, required: Mapping[str, Read], optional: Mapping[str, Read], *, strict: bool) -> dict[str, Any]:
    """What is left out of numbers (null, "") is left out."""
    kept, known = Gathering(), {**required, **optional}
    values = {}
    for key, given in an_object(value).items():
        if key in known and not (known[key] is a_count and not is_given(given)):
            values[key] = kept.read(key_of(key), known[key], given)
        elif key not in known and strict:
            kept.problem(key_of(key), f"is no key that is known here{choose(key, known)}")
        elif key not in known:
            values[key] = given
    for key in required:
        if key not in value:
            kept.problem(key, "is required")
    if kept.problems:
        raise Wrong(*kept.problems)
    return values


def _list_of(read: Read) -> Read:
    def read_list(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Wrong.because(f"must be a list, not {a_kind_of(value)}")
        kept = Gathering()
        values = [kept.read(str(index), read, given) for index, given in enumerate(value)]
        if kept.problems:
            raise Wrong(*kept.problems)
        return values

    return read_list


def _one_of(*words: str, otherwise: Read | None = None) -> Read:
    """One of these words, or what else there is."""

    def read(value: Any) -> Any:
        if isinstance(value, str) and value in words:
            return value
        if otherwise and isinstance(value, Mapping):
            return otherwise(value)
        raise Wrong.because(f"must be one of {listed(words)}{' or an object' if otherwise else ''}")

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong.because(f"must be true or false, not {a_kind_of(value)}")
    return value


def _anything(value: Any) -> Any:
    return value


def _stop(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return _list_of(a_text)(value)


_AROUND = {
    "signal": _anything,
    "timeout": a_count,
    "telemetryMetadata": object_of(optional=dict.fromkeys(("pluginId", "aggregateBy", "useCase"), a_text)),
}
"""What is not sent to the service. `timeout` is in milliseconds."""

_FUNCTION_CALL = object_of(required={"name": a_text, "arguments": a_text})
_MESSAGE = object_of(
    required={"role": a_text, "content": a_text},
    optional={
        "name": a_text,
        "function_call": _FUNCTION_CALL,
        "tool_calls": _list_of(object_of(required={"id": a_text, "type": a_text, "function": _FUNCTION_CALL})),
        "tool_call_id": a_text,
    },
)
_TOOL = open_object(
    required={
        "type": _one_of("function"),
        "function": open_object(
            required={"name": a_text, "parameters": an_object}, optional={"description": a_text, "strict": _flag}
        ),
    }
)
_TOOL_CHOICE = object_of(required={"type": _one_of("function"), "function": open_object(required={"name": a_text})})
_FUNCTION = open_object(
    required={
        "name": a_text,
        "description": a_text,
        "parameters": open_object(
            required={"type": a_text, "properties": an_object, "additionalProperties": _flag, "$schema": a_text}
        ),
    }
)

_RUN = object_of(required={"body": a_text}, optional=_AROUND)
_STREAM = object_of(required={"body": a_text}, optional={"stream": _flag, **_AROUND})
_INVOKE = object_of(
    required={"messages": _list_of(_MESSAGE)},
    optional={
        "model": a_text,
        "tools": _list_of(_TOOL),
        "tool_choice": _one_of("none", "auto", "required", otherwise=_TOOL_CHOICE),
        "functions": _list_of(_FUNCTION),
        "function_call": _one_of("none", "auto", otherwise=object_of(required={"name": a_text})),
        "n": a_count,
        "temperature": a_count,
        "stop": _stop,
        "response_format": _anything,
        **_AROUND,
    },
)

SUB_ACTIONS: Mapping[str, Read] = {
    "run": _RUN,
    "test": _RUN,
    "stream": lambda params: {"stream": False, **_STREAM(params)},
    "getDashboard": object_of(required={"dashboardId": a_text}),
    "invokeAI": _INVOKE,
    "invokeStream": _INVOKE,
    "invokeAsyncIterator": _INVOKE,
}
"""How the parameters of each are read."""
